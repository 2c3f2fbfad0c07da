"""The queue itself: what is stored, what is refused, who is next, and what malformed messages do (nothing)."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import nats
import nats.js.errors
import pytest

from engine.broker.private import PrivateBroker
from engine.broker.program import find_program
from engine.config import QueueConfig
from engine.errors import BadOption, BrokerMissing, BrokerUnreachable, Expired
from engine.protocol import AnimationOptions, BaldOptions, Failure, Job, Lane, Result
from engine.protocol.codec import pack
from engine.queue import FileLedger, Ticket, open_queue
from engine.queue.connection import Connection
from engine.queue.dial import is_full, is_too_large, is_transient
from engine.queue.fairness import Turn, expected_order, order_users
from engine.queue.tasks import end_tasks, start
from tests.support.faults.harness import PATIENCE_S, Installation, Receiver, receiving, until, until_ready
from tests.support.faults.shared_broker import SharedBroker, free_port
from tests.support.operator_keys import write_operator

ROOM = "max_jobs = 2000\nmax_jobs_per_user = 1500\n"


@pytest.fixture
def installation(tmp_path: Path, shared_broker: SharedBroker) -> Iterator[Installation]:
    """One of its own for each test, under a name of its own at the broker."""
    made = Installation(tmp_path, ROOM + shared_broker.lines())
    yield made
    made.end()


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Installation]:
    """With a private broker, for tests that look into its store, speak to it, or stop it."""
    made = Installation(tmp_path, ROOM)
    yield made
    made.end()


@contextmanager
def running_broker(folder: Path, port: int, more: str) -> Iterator[None]:
    """A broker as an operator runs one, on this port; more: of its configuration."""
    path = folder / "operator.conf"
    path.write_text(f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{folder}/operator" }}\n{more}\n')
    server = subprocess.Popen([find_program(), "-c", str(path)], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def operators_broker(tmp_path: Path) -> Iterator[str]:
    """Lines of [queue] that lead to a nats-server as an operator may run it: a password, and small messages."""
    port = free_port()
    small = 'max_payload: 128KB\nauthorization { user: "recede", password: "secret" }'
    with running_broker(tmp_path, port, small):
        yield f'url = "nats://127.0.0.1:{port}"\nuser = "recede"\npassword = "secret"\n'


@pytest.mark.slow
def test_an_operators_broker_with_small_messages_carries_large_photos_and_results(
    tmp_path: Path, operators_broker: str
) -> None:
    installation = Installation(tmp_path, operators_broker)

    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            job_id = await receiver.submit("echo", bytes=3_000_000, pad="x" * 2_000_000)
            rendered = (await receiver.result(job_id)).unwrap()
            assert len(rendered.animation) > 3_000_000
            assert rendered.animation.startswith(f"ANSWER{job_id}".encode())
            await _until_empty(receiver)
        assert installation.broker_pid() is None

    installation.run(scenario())


@pytest.mark.slow
def test_a_photo_and_an_animation_of_25_mib_pass(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            pad = "x" * (25 * 2**20 - 1000)
            rendered = (await receiver.result(await receiver.submit("echo", bytes=25 * 2**20, pad=pad))).unwrap()
            assert len(rendered.animation) >= 25 * 2**20

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_result_that_is_longer_than_jetstream_stores_in_one_piece_arrives_and_the_broker_stays(
    installation: Installation,
) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            pid = None
            for size in (33, 60):
                rendered = (await receiver.result(await receiver.submit("echo", bytes=size * 2**20), 60.0)).unwrap()
                assert len(rendered.animation) >= size * 2**20
                pid = pid or installation.broker_pid()
            await _until_empty(receiver)
            assert installation.broker_pid() == pid
            assert installation.leftovers() == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("code", "number", "says", "means"),
    [
        (503, 10077, "message too large", "too large"),
        (503, 10077, "maximum bytes exceeded", "full"),
        (503, 10023, "insufficient resources", "full"),
        (500, 10047, "insufficient storage resources available", "full"),
        (400, 10054, "message size exceeds maximum allowed", "too large"),
        (503, 10077, "error writing to disk: no space left on device", "passes"),
        (503, 10008, "JetStream system temporarily unavailable", "passes"),
        (500, 10043, "no message found", "answer"),
    ],
)
def test_a_refusal_is_trouble_that_passes_a_full_store_a_message_too_large_or_an_answer(
    code: int, number: int, says: str, means: str
) -> None:
    error = nats.js.errors.APIError(code=code, err_code=number, description=says)
    meant = [
        name
        for name, holds in (("passes", is_transient), ("full", is_full), ("too large", is_too_large))
        if holds(error)
    ]
    assert (meant or ["answer"]) == [means]


@pytest.mark.parametrize("greeting", [b'INFO {"max_payload": 1000000}\r\n', b'INFO {"tls_available": true}\r\n'])
def test_a_server_that_does_not_encrypt_gets_no_token_where_tls_was_asked_for(tmp_path: Path, greeting: bytes) -> None:
    heard = bytearray()

    async def lie(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while data := await reader.read(4096):
            heard.extend(data)
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(lie, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        config = QueueConfig(url=f"tls://127.0.0.1:{port}", token="operators-secret")
        connection = Connection(config, tmp_path, "bot")
        opening = start(connection.open(PATIENCE_S))
        await until(lambda: "does not encrypt" in connection._unreachable().sentence, PATIENCE_S, "its refusal")
        await end_tasks([opening])
        server.close()

    asyncio.run(scenario())
    assert bytes(heard) == b""


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=broker"]
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_an_operators_broker_is_reached_over_tls_and_only_with_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    (certificate, key), port = self_signed(tmp_path), free_port()
    tls = f'authorization {{ token: "operator" }}\ntls {{ cert_file: "{certificate}", key_file: "{key}" }}'
    where = f'url = "tls://127.0.0.1:{port}"\ntoken = "operator"\n'
    installation = Installation(tmp_path, f'{where}tls_ca = "{certificate}"')

    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            assert (await receiver.result(await receiver.submit("echo"))).rendered is not None
        with pytest.raises(BrokerUnreachable, match="(?i)certificate"):
            await open_queue(
                QueueConfig(url=f"tls://127.0.0.1:{port}", token="operator"), "x", tmp_path, patience_s=2.0
            )

    with running_broker(tmp_path, port, tls):
        installation.run(scenario())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_broker_that_wants_a_certificate_from_us_gets_it_and_refuses_who_has_none(tmp_path: Path) -> None:
    (certificate, key), port = self_signed(tmp_path), free_port()
    tls = f'tls {{ cert_file: "{certificate}", key_file: "{key}", ca_file: "{certificate}", verify: true }}'
    without = QueueConfig(url=f"tls://127.0.0.1:{port}", tls_ca=str(certificate))
    known = replace(without, tls_certificate=str(certificate), tls_key=str(key))

    async def scenario() -> None:
        queue = await open_queue(known, "bot", tmp_path)
        await Receiver(queue).submit("echo")
        assert len(await queue.tickets()) == 1
        await queue.close()
        with pytest.raises(BrokerUnreachable):
            await open_queue(without, "x", tmp_path, patience_s=2.0)

    with running_broker(tmp_path, port, tls):
        asyncio.run(scenario())


def test_where_streams_may_not_be_made_those_of_somebody_else_are_used(tmp_path: Path) -> None:
    port = free_port()
    users = (
        'authorization { users: [ { user: "admin", password: "a" }, { user: "bot", password: "b", permissions: '
        '{ publish: { deny: ["$JS.API.STREAM.CREATE.>", "$JS.API.STREAM.UPDATE.>", "$JS.API.STREAM.DELETE.>"] } } } '
        "] }"
    )
    admin = QueueConfig(url=f"nats://127.0.0.1:{port}", user="admin", password="a")
    bot = replace(admin, user="bot", password="b")

    async def scenario() -> None:
        await (await open_queue(admin, "admin", tmp_path)).close()
        with pytest.raises(BrokerUnreachable):
            await open_queue(bot, "bot", tmp_path, patience_s=2.0)
        queue = await open_queue(replace(bot, make_streams=False), "bot", tmp_path)
        await Receiver(queue).submit("echo")
        assert len(await queue.tickets()) == 1
        await queue.close()

    with running_broker(tmp_path, port, users):
        asyncio.run(scenario())


@pytest.mark.slow
def test_a_credentials_file_opens_an_operators_broker_and_a_strangers_does_not(tmp_path: Path) -> None:
    port = free_port()
    configuration, member, stranger = write_operator(tmp_path, port)
    server = subprocess.Popen([find_program(), "-c", str(configuration)], stderr=subprocess.DEVNULL)
    where = f'url = "nats://127.0.0.1:{port}"\n'
    installation = Installation(tmp_path, f'{where}credentials = "{member}"')

    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation) as receiver:
            assert (await receiver.result(await receiver.submit("echo"))).rendered is not None
        refused = QueueConfig(url=f"nats://127.0.0.1:{port}", credentials=str(stranger))
        with pytest.raises(BrokerUnreachable):
            await open_queue(refused, "x", tmp_path, patience_s=2.0)

    try:
        installation.run(scenario())
    finally:
        server.kill()
        server.wait()


def test_a_wrong_password_is_told_as_a_broker_that_cannot_be_reached(tmp_path: Path, operators_broker: str) -> None:
    config = Installation(tmp_path, operators_broker.replace("secret", "guess")).config.queue

    async def scenario() -> None:
        with pytest.raises(BrokerUnreachable, match="(?i)authorization"):
            await open_queue(config, "bot", tmp_path, patience_s=2.0)

    asyncio.run(scenario())


def test_no_broker_at_the_url_is_told_and_no_password_with_it(tmp_path: Path) -> None:
    config = QueueConfig(url=f"nats://name:secret@127.0.0.1:{free_port()}")

    async def scenario() -> None:
        with pytest.raises(BrokerUnreachable) as told:
            await open_queue(config, "bot", tmp_path, patience_s=1.0)
        assert "secret" not in told.value.sentence

    asyncio.run(scenario())


def test_a_missing_program_is_told_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        with pytest.raises(BrokerMissing):
            await open_queue(QueueConfig(nats_server="/no/such/program"), "bot", tmp_path)

    asyncio.run(scenario())


def test_a_result_waits_for_its_receiver_and_is_deleted_once_it_has_it(private: Installation) -> None:
    async def scenario() -> None:
        async with receiving(private) as receiver:
            job_id = await receiver.submit("echo")
        private.start_engine()
        looker = await open_queue(private.config.queue, "looker", private.state)
        try:
            for _ in range(9000):
                stored = await looker.stored()
                if (stored["recede-jobs"], stored["recede-results"]) == (0, 1):
                    break
                await asyncio.sleep(0.02)
            assert (stored["recede-jobs"], stored["recede-results"]) == (0, 1)
        finally:
            await looker.close()
        async with receiving(private) as receiver:
            assert (await receiver.result(job_id)).rendered is not None
            await _until_empty(receiver)
            assert private.leftovers() == []

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_result_whose_callback_fails_comes_again_and_then_never_more(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        queue = await open_queue(installation.config.queue, "bot", installation.state)
        seen: list[Result] = []

        async def refuse_once(result: Result) -> None:
            seen.append(result)
            if len(seen) == 1:
                raise OSError("the network was down")

        try:
            receiver = Receiver(queue)
            await queue.results(refuse_once)
            await receiver.submit("echo")
            await until(lambda: len(seen) == 2, PATIENCE_S, "the second delivery")
            await _until_empty(receiver)
            assert len(seen) == 2
        finally:
            await queue.close()

    asyncio.run(scenario())


def test_a_result_goes_to_its_own_receiver(installation: Installation) -> None:
    async def scenario() -> None:
        installation.start_engine()
        async with receiving(installation, "one") as one, receiving(installation, "two") as two:
            jobs = [await one.submit("echo"), await two.submit("echo")]
            await one.result(jobs[0])
            await two.result(jobs[1])
            assert (list(one.results), list(two.results)) == ([jobs[0]], [jobs[1]])

    asyncio.run(scenario())


@pytest.mark.slow
def test_leaving_while_a_result_arrives_never_hangs_and_the_next_receiver_gets_it(installation: Installation) -> None:
    rng = random.Random(5)

    async def scenario() -> None:
        installation.start_engine()
        ended: list[str] = []
        submitted = []

        async def note(result: Result) -> None:
            ended.append(result.job_id)

        keeper = await open_queue(installation.config.queue, "keeper", installation.state)
        await until_ready(keeper)
        for _ in range(30):
            queue = await open_queue(installation.config.queue, "bot", installation.state)
            await queue.results(note)
            submitted.append(await Receiver(queue).submit("echo"))
            await asyncio.sleep(rng.uniform(0.0, 0.03))
            async with asyncio.timeout(PATIENCE_S):
                await queue.close()
        queue = await open_queue(installation.config.queue, "bot", installation.state)
        await queue.results(note)
        await until(lambda: set(submitted) <= set(ended), PATIENCE_S, "every result")
        await queue.close()
        await keeper.close()

    asyncio.run(scenario())


def test_a_late_or_too_early_deadline_is_refused(installation: Installation) -> None:
    async def scenario() -> None:
        async with receiving(installation) as receiver:
            with pytest.raises(Expired):
                await receiver.submit("echo", expires_in_s=-1.0)
            with pytest.raises(BadOption, match="keep_s"):
                await receiver.submit("echo", expires_in_s=1e6)

    asyncio.run(scenario())


def test_a_ledger_remembers_across_restarts_and_forgets_what_is_old(tmp_path: Path) -> None:
    path = tmp_path / "delivered.txt"
    FileLedger(path, 100.0).add("job-1")
    assert "job-1" in FileLedger(path, 100.0)
    assert "job-2" not in FileLedger(path, 100.0)
    path.write_text(f"{int(time.time()) - 200} old\nnonsense\n{int(time.time())} new\n{int(time.time())}")
    ledger = FileLedger(path, 100.0)
    assert ("old" in ledger, "new" in ledger, "nonsense" in ledger) == (False, True, False)
    assert "old" not in path.read_text()


def test_first_come_is_first_served_and_every_high_lane_before() -> None:
    waiting: dict[tuple[Lane, str], int] = {("low", "z"): 3, ("low", "a"): 8, ("high", "b"): 9, ("low", "m"): 5}
    assert order_users(waiting, {}) == [("high", "b"), ("low", "z"), ("low", "m"), ("low", "a")]


def test_who_had_a_turn_comes_behind_all_who_waited_then_and_before_who_came_later() -> None:
    waiting: dict[tuple[Lane, str], int] = {("low", user): seq for user, seq in (("a", 2), ("b", 7), ("c", 12))}
    assert [user for _, user in order_users(waiting, {"a": Turn(1, 10)})] == ["b", "a", "c"]
    # Of two who had theirs while the same jobs waited, the one whose turn is longer ago is next.
    both = {"a": Turn(2, 20), "b": Turn(1, 20)}
    assert [user for _, user in order_users(waiting, both)] == ["c", "b", "a"]


def test_jobs_of_many_users_begin_in_the_order_in_which_they_came(installation: Installation) -> None:
    async def scenario() -> None:
        users = random.Random(0).sample(range(1000), 12)
        async with receiving(installation) as receiver:
            came = [await receiver.submit(user=f"user{user}") for user in users]
            came.append(await receiver.submit(user=f"user{users[0]}"))
            installation.start_engine()
            for job_id in came:
                await receiver.result(job_id)
            assert sorted(came, key=lambda job_id: receiver.arrived_s[job_id]) == came

    asyncio.run(scenario())


def test_the_expected_order_takes_one_job_of_each_user_in_turn() -> None:
    users = ("a", "a", "a", "b", "c", "b")
    tickets = [Ticket(seq, f"job{seq}", "low", user, "bot", 0.0) for seq, user in enumerate(users)]
    tickets.append(Ticket(9, "job9", "high", "a", "bot", 0.0))
    assert [ticket.seq for ticket in expected_order(iter(tickets))] == [9, 0, 3, 4, 1, 5, 2]
    # While something of one user's is being worked on, others' first ones go before the next of theirs.
    assert [ticket.seq for ticket in expected_order(tickets, {("low", "a")})] == [9, 3, 4, 0, 5, 1, 2]


@pytest.mark.slow
def test_a_thousand_malformed_messages_on_every_subject_are_each_logged_once_and_dropped(
    private: Installation,
) -> None:
    count = 1000
    rng = random.Random(3)

    async def scenario() -> None:
        engine = private.start_engine()
        async with receiving(private) as receiver:
            await until_ready(receiver.queue)
            address = PrivateBroker(private.state).address()
            assert address is not None
            client = await nats.connect(address.url, token=address.token)
            js = client.jetstream(timeout=10)
            names = {"Nats-Msg-Id": "job", "Recede-Receiver": "nobody", "Recede-Expires": "9e9"}
            for number in range(count):
                bad = _malformed(rng)
                own = {**names, "Nats-Msg-Id": f"bad-{number}"}
                headers = rng.choice([None, own, {**own, "Recede-Expires": "soon"}, {**own, "Recede-Parts": "1,x"}])
                await js.publish("recede.job.low.mallory", bad, headers=headers)
                await js.publish(f"recede.result.bot.bad-{number}", bad)
                await client.publish("recede.progress.bot.bad", bad)
                await client.publish("recede.cancel", bad)
                await client.publish("recede.engines", bad, reply=client.new_inbox())
                if number % 100 == 0:
                    await receiver.result(await receiver.submit("echo"))
            for subject in ("recede.job.middle.user", "recede.job.low.us/er", "recede.job.low.ü"):
                await js.publish(subject, b"")
            await client.flush()
            await receiver.result(await receiver.submit("echo"))
            await until(lambda: _bad_lines(private, "job.low.mallory") >= count, PATIENCE_S, "the jobs' log lines")
            await until(lambda: _bad_lines(private, "recede.engines") >= count, PATIENCE_S, "the queries' log lines")
            for subject in ("recede.job.low.mallory", "recede.cancel", "recede.engines"):
                assert _bad_lines(private, subject) == count
            for _ in range(1800):
                stored = await receiver.queue.stored()
                if stored["recede-jobs"] == 0:
                    break
                await asyncio.sleep(0.1)
            # What named a job and its receiver was answered; nobody has fetched those answers.
            assert stored["recede-jobs"] == 0
            assert engine.poll() is None
            assert all(len(results) == 1 and results[0].rendered for results in receiver.results.values())
            await client.close()

    asyncio.run(scenario())


@pytest.mark.slow
def test_malformed_results_and_progress_are_logged_once_each_and_dropped(
    private: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    count = 1000
    rng = random.Random(4)

    async def scenario() -> None:
        private.start_engine()
        async with receiving(private) as receiver:
            address = PrivateBroker(private.state).address()
            assert address is not None
            client = await nats.connect(address.url, token=address.token)
            js = client.jetstream(timeout=10)
            for number in range(count):
                await js.publish(f"recede.result.bot.bad-{number}", _malformed(rng))
                await client.publish(f"recede.progress.bot.bad-{number}", _malformed(rng))
            await client.flush()
            await receiver.result(await receiver.submit("echo"))
            await _until_empty(receiver)
            assert len(receiver.results) == 1
            await client.close()

    asyncio.run(scenario())
    bad = [record.__dict__["subject"] for record in caplog.records if getattr(record, "event", "") == "bad_message"]
    for kind in ("result", "progress"):
        told = [subject for subject in bad if subject.startswith(f"recede.{kind}.")]
        assert len(told) == len(set(told)) == count


def test_a_stopped_broker_holds_a_job_up_and_loses_nothing(private: Installation) -> None:
    async def scenario() -> None:
        private.start_engine()
        async with receiving(private) as receiver:
            await receiver.result(await receiver.submit("echo"))
            pid = private.broker_pid()
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)
            try:
                await until(lambda: _stopped(pid), PATIENCE_S, "the broker's stop")
                submitting = asyncio.ensure_future(receiver.submit("echo"))
                await asyncio.sleep(1.0)
                assert not submitting.done()
            finally:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
            assert (await receiver.result(await submitting)).rendered is not None

    asyncio.run(scenario())


def _stopped(pid: int) -> bool:
    """Whether every thread of the process stands still; a stop reaches them one by one."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return all((thread / "stat").read_text().rpartition(")")[2].split()[0] == "T" for thread in threads)


def _malformed(rng: random.Random) -> bytes:
    """A message that is none: noise, another class, another version, cut short, or a nonsensical value."""
    good = pack(Job("job", "user", "bot", b"photo", BaldOptions(), AnimationOptions(), 9e9))
    return rng.choice(
        [
            rng.randbytes(rng.randrange(200)),
            b"",
            good[:3] + b"\x63" + good[4:],
            good[: rng.randrange(len(good))],
            good.replace(b'"stage": 7', b'"stage": 9'),
            good.replace(b'"low"', b'"mid"'),
            pack(Failure("x", "y")),
            b"{}" * 50,
        ]
    )


def _bad_lines(installation: Installation, subject: str) -> int:
    lines = installation.log_lines()
    return sum(line.get("event") == "bad_message" and subject in line.get("subject", "") for line in lines)


async def _until_empty(receiver: Receiver) -> None:
    for _ in range(3600):
        stored = await receiver.queue.stored()
        if not any(stored.values()):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"something is still stored: {stored}")
