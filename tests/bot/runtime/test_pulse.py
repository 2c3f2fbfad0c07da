"""Signs of life: what systemd is told, and what the health check reads."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path

import pytest

from bot.runtime import pulse
from bot.runtime.pulse import HEALTH_FILE, STALE_S, Pulse, health


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """A socket as systemd listens on it."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "notify"))
    listener.settimeout(5.0)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    return listener


async def heard(listener: socket.socket, wanted: str) -> list[str]:
    """The first datagram from now on that says `wanted`."""
    while True:
        told = (await asyncio.to_thread(listener.recv, 4096)).decode().splitlines()
        if wanted in told:
            return told


def test_systemd_hears_of_the_start_the_watchdog_and_the_end(tmp_path: Path, systemd: socket.socket) -> None:
    async def scenario() -> None:
        beating = Pulse(tmp_path, lambda: True)
        task = asyncio.create_task(beating.beat())
        first = await heard(systemd, "WATCHDOG=1")
        assert any(line.startswith("EXTEND_TIMEOUT_USEC=") for line in first)
        assert "READY=1" not in first
        beating.ready()
        await heard(systemd, "READY=1")
        for _ in range(2):  # it goes on, and asks for no more time
            assert await heard(systemd, "WATCHDOG=1") == ["WATCHDOG=1", "STATUS=Connected to Discord"]
        task.cancel()
        beating.stopping()
        await heard(systemd, "STOPPING=1")

    asyncio.run(scenario())


def test_the_health_check_follows_the_bots_life(tmp_path: Path) -> None:
    connected = False

    async def scenario() -> None:
        nonlocal connected
        assert health(tmp_path) == (False, "No bot runs on this state folder.")
        beating = Pulse(tmp_path, lambda: connected)
        task = asyncio.create_task(beating.beat())
        await asyncio.sleep(0.01)
        assert health(tmp_path) == (False, "The bot is starting.")
        beating.ready()
        well, told = health(tmp_path)
        assert well
        assert "waits for Discord" in told
        connected = True
        beating.ready()
        assert health(tmp_path) == (True, "The bot is well.")
        task.cancel()
        beating.stopping()
        assert not health(tmp_path)[0]

    asyncio.run(scenario())


def test_a_part_that_does_nothing_is_told_to_systemd_and_by_the_health_check(
    tmp_path: Path, systemd: socket.socket
) -> None:
    async def scenario() -> None:
        beating = Pulse(tmp_path, lambda: True, lambda: ("link", "results"))
        task = asyncio.create_task(beating.beat())
        beating.ready()
        told = await heard(systemd, "WATCHDOG=1")
        assert "STATUS=Connected to Discord; silent: link, results" in told
        well, sentence = health(tmp_path)
        assert not well
        assert "link, results" in sentence
        task.cancel()

    asyncio.run(scenario())


def test_a_bot_that_hangs_is_not_well(tmp_path: Path) -> None:
    path = tmp_path / HEALTH_FILE
    path.write_text(json.dumps({"at_s": time.time() - STALE_S - 1, "ready": True, "connected": True, "silent": []}))
    assert not health(tmp_path)[0]
    path.write_text("half")
    assert not health(tmp_path)[0]


def test_without_systemd_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    pulse.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/notify")
    pulse.notify("READY=1")
