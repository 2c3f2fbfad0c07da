"""What the bot counts can be read, and a late event loop does not go unnoticed."""

from __future__ import annotations

import asyncio
import socket
import time
import urllib.error
import urllib.request

import pytest

from bot.runtime.metrics import LATE_S, BotMetrics


def test_a_blocked_event_loop_is_measured_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> float:
        metrics = BotMetrics()
        watch = asyncio.create_task(metrics.watch_loop())
        await asyncio.sleep(0.01)
        time.sleep(2 * LATE_S)  # what must never happen
        await asyncio.sleep(0.01)
        watch.cancel()
        worst = metrics.registry.get_sample_value("recede_bot_loop_lag_seconds_max")
        assert worst is not None
        return worst

    assert asyncio.run(scenario()) > LATE_S
    assert "late" in caplog.text


def test_counts_are_served_on_loopback_until_the_end() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    metrics = BotMetrics()
    metrics.serve(port)
    metrics.outcomes.labels("ok").inc()
    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    assert 'recede_bot_answers_total{outcome="ok"} 1.0' in page
    with pytest.raises(OSError, match="in use"):
        BotMetrics().serve(port)
    metrics.close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5)


def test_counts_may_be_served_on_another_address() -> None:
    metrics = BotMetrics()
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
        port = probe.getsockname()[1]
    metrics.serve(port, "127.0.0.2")
    assert b"recede_bot" in urllib.request.urlopen(f"http://127.0.0.2:{port}/metrics", timeout=5).read()
    metrics.close()
