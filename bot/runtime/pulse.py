"""Signs of life: for systemd (Type=notify and its watchdog), and a file that `recede-bot --health` reads.

systemd's protocol is one datagram for each message, which is all that its libraries do; those for Python need a C
library at build time or have not been looked after for years.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

NOTIFY_VARIABLE = "NOTIFY_SOCKET"
WATCHDOG_VARIABLE = "WATCHDOG_USEC"
HEALTH_FILE = "bot-health.json"
PERIOD_S = 5.0
# Older than so many beats, the file is of a bot that has died or hangs.
STALE_S = 6 * PERIOD_S
# While Discord or the broker is away at the start: systemd waits for this much longer after every beat.
EXTEND_S = 60


class Pulse:
    """Beats for as long as the event loop turns. state: the folder of the file. connected: whether Discord is there.
    silent: parts of the bot that have not done their work for long."""

    def __init__(
        self, state: Path, connected: Callable[[], bool], silent: Callable[[], tuple[str, ...]] = lambda: ()
    ) -> None:
        self._path = state / HEALTH_FILE
        self._connected = connected
        self._silent = silent
        self._ready = False
        usec = os.environ.get(WATCHDOG_VARIABLE, "")
        self._period_s = min(PERIOD_S, int(usec) / 2e6) if usec.isdecimal() and int(usec) else PERIOD_S

    async def beat(self) -> None:
        """Beat until cancelled."""
        while True:
            connected = self._connected()
            self._write(connected)
            status = "Connected to Discord" if connected else "Waiting for Discord"
            if silent := self._silent():
                status += f"; silent: {', '.join(silent)}"
            told = ["WATCHDOG=1", f"STATUS={status}"]
            if not self._ready:
                told.append(f"EXTEND_TIMEOUT_USEC={EXTEND_S * 1_000_000}")
            notify(*told)
            await asyncio.sleep(self._period_s)

    def ready(self) -> None:
        """Everything has been started."""
        self._ready = True
        self._write(self._connected())
        notify("READY=1")

    def stopping(self) -> None:
        """The end has begun; the file goes, so that nobody takes it for life."""
        notify("STOPPING=1", "STATUS=Finishing what is being worked on")
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _write(self, connected: bool) -> None:
        # It goes on beating on a full disk: the file grows old, which says it as well.
        with contextlib.suppress(OSError):
            draft = self._path.with_suffix(".new")
            seen = {"at_s": time.time(), "ready": self._ready, "connected": connected, "silent": self._silent()}
            draft.write_text(json.dumps(seen))
            draft.replace(self._path)


def notify(*assignments: str) -> None:
    """Tell systemd, where it listens; like its own library, without a word where it does not."""
    address = os.environ.get(NOTIFY_VARIABLE, "")
    if not address:
        return
    if address.startswith("@"):  # systemd's sign for an address without a file
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
        told.setblocking(False)
        told.sendto("\n".join(assignments).encode(), address)


def health(state: Path) -> tuple[bool, str]:
    """Whether the bot of this state folder is well, and a sentence."""
    try:
        seen = json.loads((state / HEALTH_FILE).read_text())
        age_s, ready, connected = time.time() - float(seen["at_s"]), bool(seen["ready"]), bool(seen["connected"])
        silent = ", ".join(seen["silent"])
    except FileNotFoundError:
        return False, "No bot runs on this state folder."
    except (OSError, ValueError, KeyError, TypeError):
        return False, "The bot's sign of life cannot be read."
    if age_s > STALE_S:
        return False, f"The bot has given no sign of life for {age_s:.0f} s."
    if not ready:
        return False, "The bot is starting."
    if silent:
        return False, f"Parts of the bot do nothing, though they should: {silent}."
    # Discord's absence is not cured by a restart, so the bot is not ill for it.
    return True, "The bot is well." if connected else "The bot is well, and waits for Discord."
