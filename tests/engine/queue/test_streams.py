"""What the broker's store has room for, what it counts, and what becomes of jobs that it loses."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import nats
import nats.js.errors
import pytest
from nats.js.api import PubAck

from engine.broker.private import PrivateBroker
from engine.errors import BrokerUnreachable, Busy, Expired, Lost, PhotoTooManyBytes, RecedeError
from engine.protocol import EngineStatus, Rendered, Result
from engine.queue import FileLedger, chunks, open_queue
from engine.queue.connection import Connection
from engine.queue.consumer import Claim, Consumer
from engine.queue.streams import Quotas, prepare_streams
from engine.queue.subjects import Subjects
from tests.support.faults.harness import PATIENCE_S, Installation, Receiver, receiving, until
from tests.support.faults.shared_broker import TOKEN, SharedBroker
from tests.support.faults.small_disk import small_disk_at

MIB = 2**20
BLOCK_BYTES = 65536
ROOM = "max_jobs = 2000\nmax_jobs_per_user = 1500\nsweep_s = 0.05\n"


@pytest.fixture
def installation(tmp_path: Path, shared_broker: SharedBroker) -> Iterator[Installation]:
    """With the smallest store."""
    made = Installation(tmp_path, ROOM + "store_mib = 16\n" + shared_broker.lines())
    yield made
    made.end()


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Installation]:
    """With a broker of its own."""
    made = Installation(tmp_path, ROOM + "store_mib = 64\n")
    yield made
    made.end()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB."""
    with small_disk_at(tmp_path / "disk") as folder:
        yield folder


def fill_disk(disk: Path, but_bytes: int = 0) -> Path:
    """Take what is free there, but for so much; returns the file to delete."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb") as file:
        while shutil.disk_usage(disk).free > but_bytes:
            file.write(b"\0" * BLOCK_BYTES)
    return filler


@asynccontextmanager
async def working(installation: Installation) -> AsyncIterator[Consumer]:
    """An engine's view of the queue, without an engine."""
    config = installation.config.queue
    subjects = Subjects(config.name)
    connection = Connection(config, installation.state, "engine")
    connection.prepare.append(lambda js: prepare_streams(js, subjects, connection))
    await connection.open()
    consumer = Consumer(
        connection, subjects, lambda: EngineStatus("e", "h", 1, "cpu", "ready", "", 1, (), 0, 0, 1.0, 0, 1.0)
    )
    try:
        await consumer.open()
        yield consumer
    finally:
        await connection.tasks.end("link")
        await connection.close()


async def taken(consumer: Consumer, within_s: float = PATIENCE_S) -> Claim:
    """The next job."""
    deadline_s = time.monotonic() + within_s
    while (claim := await consumer.next(0.05)) is None:
        assert time.monotonic() < deadline_s, "no job came"
    return claim


def answer(claim: Claim, size: int = 10) -> Result:
    """A result of that size."""
    rendered = Rendered(os.urandom(size), "gif", 8, 8, 2, "")
    return Result(claim.ticket.job_id, rendered, tries=max(1, claim.tries))


async def look_on(consumer: Consumer) -> None:
    """Look for jobs until cancelled."""
    while True:
        with suppress(RecedeError, nats.js.errors.Error):
            await consumer.next(0.05)


async def check_serves(installation: Installation, receiver: Receiver) -> None:
    """That a job handed in now is done."""
    async with working(installation) as consumer:
        after = await receiver.submit()
        claim = await taken(consumer)
        await consumer.finish(claim, answer(claim))
        assert (await receiver.result(after)).rendered is not None


async def fill(receiver: Receiver) -> list[str]:
    """Hand photos of a megabyte in until there is no room."""
    accepted: list[str] = []
    while len(accepted) < 1000:
        try:
            accepted.append(await receiver.submit(pad="x" * MIB))
        except Busy as error:
            if "full of photos" in error.sentence:
                return accepted
            raise
    raise AssertionError("the store is never full")


def test_photos_that_fill_the_store_are_refused_and_those_accepted_have_room_for_their_results(
    installation: Installation,
) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver, working(installation) as consumer:
            accepted = await fill(receiver)
            assert 4 <= len(accepted) <= 8
            for _ in accepted:
                claim = await taken(consumer)
                await consumer.finish(claim, answer(claim, MIB))
            for job_id in accepted:
                assert (await receiver.result(job_id)).rendered is not None
            await receiver.submit(pad="x" * MIB)

    asyncio.run(scenario())


def test_a_small_disk_is_never_filled(tmp_path: Path, small_disk: Path) -> None:
    installation = Installation(tmp_path, ROOM, state=small_disk / "state")

    async def scenario() -> None:
        async with receiving(installation) as receiver, working(installation) as consumer:
            accepted = await fill(receiver)
            assert len(accepted) >= 5
            for job_id in accepted:
                claim = await taken(consumer)
                await consumer.finish(claim, answer(claim, 2 * MIB))
                assert shutil.disk_usage(small_disk).free > 8 * MIB
                assert (await receiver.result(job_id)).rendered is not None

    installation.run(scenario())


@pytest.mark.slow
def test_jobs_that_were_accepted_are_done_once_others_have_left_the_disk_that_they_had_filled(
    tmp_path: Path, small_disk: Path
) -> None:
    installation = Installation(tmp_path, ROOM, state=small_disk / "state")

    async def scenario() -> None:
        async with receiving(installation) as receiver, working(installation) as consumer:
            accepted = [await receiver.submit() for _ in range(3)]
            claims = [await taken(consumer) for _ in accepted]
            # As every engine does: what the broker still answers must not hide what it no longer stores.
            looking = asyncio.ensure_future(look_on(consumer))
            filler = fill_disk(small_disk)
            assert shutil.disk_usage(small_disk).free == 0
            finishing = [asyncio.ensure_future(consumer.finish(claim, answer(claim, MIB))) for claim in claims]
            await asyncio.sleep(1.0)
            assert not receiver.results
            filler.unlink()
            await asyncio.gather(*finishing)
            looking.cancel()
            for job_id in accepted:
                assert (await receiver.result(job_id)).rendered is not None
        async with receiving(installation) as receiver:
            await check_serves(installation, receiver)

    installation.run(scenario())


@pytest.mark.slow
def test_a_broker_that_started_while_the_disk_was_full_has_room_again_once_the_disk_has(
    tmp_path: Path, small_disk: Path
) -> None:
    installation = Installation(tmp_path, ROOM, state=small_disk / "state")

    async def accepted(receiver: Receiver) -> str:
        """A photo's id, once there is room for it."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                return await receiver.submit(pad="x" * MIB)
            except (Busy, BrokerUnreachable):
                assert time.monotonic() < deadline_s
                await asyncio.sleep(0.2)

    async def scenario() -> None:
        async with receiving(installation) as receiver, working(installation) as consumer:
            pid = installation.broker_pid()
            assert pid is not None
            filler = fill_disk(small_disk, MIB)
            os.kill(pid, signal.SIGKILL)
            await until(lambda: installation.broker_pid() not in (None, pid), PATIENCE_S, "another broker")
            with pytest.raises(Busy):
                await receiver.submit(pad="x" * MIB)
            filler.unlink()
            job_id = await accepted(receiver)
            claim = await taken(consumer)
            await consumer.finish(claim, answer(claim, 2 * MIB))
            assert (await receiver.result(job_id)).rendered is not None

    installation.run(scenario())


def test_a_broker_that_dies_on_a_disk_without_any_room_is_started_again_once_there_is_some(
    tmp_path: Path, small_disk: Path
) -> None:
    installation = Installation(tmp_path, ROOM, state=small_disk / "state")

    async def scenario() -> None:
        async with receiving(installation) as receiver, working(installation) as consumer:
            job_id = await receiver.submit()
            pid = installation.broker_pid()
            assert pid is not None
            filler = fill_disk(small_disk)
            os.kill(pid, signal.SIGKILL)
            draft = installation.state / "broker" / "token.new"
            await until(draft.exists, PATIENCE_S, "a start that fails")
            filler.unlink()
            claim = await taken(consumer)
            await consumer.finish(claim, answer(claim))
            assert (await receiver.result(job_id)).rendered is not None

    installation.run(scenario())


def test_results_that_nobody_fetches_make_the_queue_busy_before_they_take_all_the_room(
    installation: Installation,
) -> None:
    async def scenario() -> None:
        async with working(installation) as consumer:
            async with receiving(installation, "gone") as gone:
                for _ in range(5):
                    await gone.submit()
                await gone.queue.tasks.end("link")
                for _ in range(5):
                    claim = await taken(consumer)
                    await consumer.finish(claim, answer(claim, MIB))
            async with receiving(installation) as receiver:
                with pytest.raises(Busy, match="nobody has fetched"):
                    await receiver.submit()

    asyncio.run(scenario())


def test_a_photo_that_the_store_could_never_take_is_told_so(installation: Installation) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver:
            with pytest.raises(PhotoTooManyBytes, match="store_mib"):
                await receiver.submit(pad="x" * (12 * MIB))

    asyncio.run(scenario())


@pytest.mark.parametrize("piece_bytes", [10**6, 24 * MIB])
@pytest.mark.parametrize("store_mib", [16, 128, 4096])
def test_the_rooms_together_are_the_store(store_mib: int, piece_bytes: int) -> None:
    quotas = Quotas.of(store_mib * MIB, 200, piece_bytes)
    assert quotas.jobs + quotas.parts + quotas.results + quotas.tries == store_mib * MIB
    assert quotas.results >= 0.49 * store_mib * MIB
    assert store_mib < 128 or quotas.largest_job > 25 * MIB


def test_tries_are_counted_on_disk_so_that_a_broker_that_dies_too_forgets_none(private: Installation) -> None:
    async def scenario() -> None:
        async with receiving(private) as receiver:
            job_id = await receiver.submit()
            for begun in range(3):
                async with working(private) as consumer:
                    claim = await taken(consumer)
                    assert (claim.tries, claim.again) == (begun, begun > 0)
                    assert (await consumer.begin(claim)).tries == begun + 1
                    pid = private.broker_pid()
                    assert pid is not None
                    os.kill(pid, signal.SIGKILL)
            async with working(private) as consumer:
                claim = await taken(consumer)
                assert claim.tries == 3
                await consumer.uncount(claim)
                await consumer.give_back(claim)
                claim = await taken(consumer)
                assert claim.tries == 2
                await consumer.finish(claim, answer(claim))
            assert (await receiver.result(job_id)).rendered is not None

    asyncio.run(scenario())


def test_a_job_that_the_broker_has_lost_is_told_as_lost(
    installation: Installation, shared_broker: SharedBroker
) -> None:
    async def scenario() -> None:
        client = await nats.connect(shared_broker.url, token=TOKEN)
        async with receiving(installation) as receiver:
            lost, kept = await receiver.submit(), await receiver.submit()
            await client.jetstream().delete_msg(f"{installation.config.queue.name}-jobs", 1)
            with pytest.raises(Lost, match="store has lost"):
                (await receiver.result(lost)).unwrap()
            assert kept not in receiver.results
            # All of the queue, as after a damage that left the broker nothing: the streams are made again.
            for stream in ("jobs", "results"):
                await client.jetstream().delete_stream(f"{installation.config.queue.name}-{stream}")
            with pytest.raises(Lost):
                (await receiver.result(kept)).unwrap()
            await check_serves(installation, receiver)
        await client.close()

    asyncio.run(scenario())


def test_a_job_that_was_damaged_in_the_store_is_told_as_lost(
    installation: Installation, shared_broker: SharedBroker
) -> None:
    async def scenario() -> None:
        name = installation.config.queue.name
        client = await nats.connect(shared_broker.url, token=TOKEN)
        js = client.jetstream()
        async with receiving(installation) as receiver:
            job_id = await receiver.submit(user="someone")
            stored = await js.get_msg(f"{name}-jobs", 1)
            damaged = bytearray(stored.data or b"")
            damaged[-3] ^= 1
            await js.delete_stream(f"{name}-jobs")  # it would know the job's name
            async with working(installation) as consumer:
                await js.publish(f"{name}.job.low.someone", bytes(damaged), headers=stored.headers)
                assert await consumer.next(0.05) is None
                with pytest.raises(Lost):
                    (await receiver.result(job_id)).unwrap()
        await client.close()

    asyncio.run(scenario())


def test_the_ledger_has_its_place_on_the_disk_before_a_result_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "delivered.txt"
    ledger = FileLedger(path, 100.0)
    ledger.add("first")
    ledger.reserve("second")
    size = path.stat().st_size

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="space"):
            ledger.reserve("third")
    assert path.stat().st_size == size
    assert "second" not in FileLedger(path, 100.0)
    ledger = FileLedger(path, 100.0)
    ledger.reserve("second")
    size = path.stat().st_size
    ledger.add("second")
    assert path.stat().st_size == size
    again = FileLedger(path, 100.0)
    assert ("first" in again, "second" in again, "third" in again) == (True, True, False)


def test_a_result_is_not_shown_while_the_ledger_has_no_room(installation: Installation) -> None:
    class Full(FileLedger):
        full = True

        def reserve(self, job_id: str) -> None:
            if self.full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            super().reserve(job_id)

    ledger = Full(installation.state / "ledger.txt", 100.0)
    config = installation.config.queue

    async def scenario() -> None:
        queue = await open_queue(replace(config, lease_s=1.0), "bot", installation.state, ledger)
        receiver = Receiver(queue)
        await receiver.listen()
        async with working(installation) as consumer:
            job_id = await receiver.submit()
            claim = await taken(consumer)
            await consumer.finish(claim, answer(claim))
            await asyncio.sleep(0.2)
            assert job_id not in receiver.results
            ledger.full = False
            assert (await receiver.result(job_id)).rendered is not None
            await until(lambda: job_id in ledger, PATIENCE_S, "the ledger's entry")
        await queue.close()

    asyncio.run(scenario())


def test_a_store_that_was_larger_before_goes_on_serving_when_it_has_to_be_smaller(tmp_path: Path) -> None:
    state = tmp_path / "state"
    for store_mib in (64, 16, 32):
        broker = PrivateBroker(state, store_mib=store_mib)
        address = broker.join()
        assert address.store_bytes == store_mib * MIB
        assert f"max_file: {64 * MIB}" in (state / "broker" / "nats.conf").read_text()
        broker.leave()


def test_a_photo_in_chunks_whose_acknowledgement_was_lost_keeps_its_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_broker: SharedBroker
) -> None:
    installation = Installation(tmp_path, ROOM + shared_broker.lines())
    monkeypatch.setattr(chunks, "piece_bytes", lambda max_payload_bytes: 10_000)
    stored: list[str] = []
    store = Connection.store

    async def store_twice(self: Connection, subject: str, *rest: Any) -> PubAck:
        """Every message is sent again, as after a lost acknowledgement."""
        stored.append(subject)
        await store(self, subject, *rest)
        return await store(self, subject, *rest)

    async def scenario() -> None:
        async with receiving(installation) as receiver, working(installation) as consumer:
            monkeypatch.setattr(Connection, "store", store_twice)
            job_id = await receiver.submit(pad="x" * 35_000)
            claim = await taken(consumer)
            assert len(claim.job.photo) > 35_000
            result = answer(claim, 45_000)
            await consumer.finish(claim, result)
            assert (await receiver.result(job_id)) == result
            assert sum("part" in subject for subject in stored) >= 7

    asyncio.run(scenario())


def test_what_outlives_keep_s_is_overwritten_while_newer_jobs_share_its_file_and_told_as_expired(
    tmp_path: Path,
) -> None:
    installation = Installation(tmp_path, "sweep_s = 0.1\ndeadline_s = 1.0\nkeep_s = 1.5\n")

    async def scenario() -> None:
        async with receiving(installation) as receiver:
            old = await receiver.submit(expires_in_s=1.4, pad="old-photo " * 1000)
            store = installation.state / "broker" / "store"

            def readable() -> bool:
                files = [path for path in store.rglob("*.blk") if path.is_file()]
                return any(b"old-photo " in path.read_bytes() for path in files)

            assert readable()
            await asyncio.sleep(1.0)
            submitted_s = time.monotonic()
            newer = await receiver.submit(expires_in_s=1.4)
            with pytest.raises(Expired):
                (await receiver.result(old)).unwrap()
            assert not readable()
            # On a busy machine the newer one's own time may be over, too.
            assert newer not in receiver.results or time.monotonic() - submitted_s > 1.4

    installation.run(scenario())


def test_a_clock_that_jumps_by_an_hour_ends_every_job_with_a_word(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = time.time

    async def scenario() -> None:
        async with receiving(installation) as receiver:
            job_id = await receiver.submit()
            with monkeypatch.context() as patched:
                patched.setattr(time, "time", lambda: now_s() - 3600.0)
                await asyncio.sleep(0.2)
                assert job_id not in receiver.results
                patched.setattr(time, "time", lambda: now_s() + 3600.0)
                with pytest.raises(Expired):
                    (await receiver.result(job_id)).unwrap()
            await check_serves(installation, receiver)

    asyncio.run(scenario())
