"""The private broker: a nats-server on loopback, shared by every process of this user that needs the queue.

Whoever comes first starts it, the others find it, whoever notices its death starts it again, and the last one to
leave stops it. All of that hangs on locks that the kernel drops at a process's death:

    broker/start.lock    held for the moment in which one process decides about the broker
    broker/alive.lock    held by the nats-server itself, which inherits the open file
    broker/leases/*      one per process that uses the broker, held while it does
    broker/token         what opens this broker, new at every start, readable by the user alone
    broker/ports/*       written by the nats-server: its process id and the random port that it listens on
    broker/store/        the messages; each is on disk before it is acknowledged
    broker/store_bytes   how much of the disk they may take at this moment
    broker/reserved_bytes  the most that a broker on this store was ever promised
    broker/store-aside/  a store with which no broker would start twice, for an hour
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from engine.broker.files import size_bytes, write_private
from engine.broker.program import answers, configuration, disk_refused, find_program
from engine.broker.store import Store
from engine.errors import BrokerUnreachable
from engine.process.locks import FileLock
from engine.protocol import MIB
from engine.runtime.state import full_disk, unusable

log = logging.getLogger("recede.queue")

START_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 5.0
DEFAULT_STORE_MIB = 4096
EXPIRY_MARGIN_S = 5.0  # nats-server removes messages whose time is up now and then, not at the instant


@dataclass(frozen=True)
class BrokerAddress:
    """Where the private broker listens, what opens it, and how much of the disk its messages may take."""

    url: str
    token: str
    pid: int
    store_bytes: int


class PrivateBroker:
    """This process's share in the private broker. The methods block; call them in a thread from asyncio."""

    def __init__(self, state: Path, program: str = "", store_mib: int = DEFAULT_STORE_MIB) -> None:
        self._dir = state / "broker"
        self._log = self._dir / "nats.log"
        self._program = program
        self._store = Store(self._dir, store_mib * MIB)
        self._lease: FileLock | None = None

    def join(self) -> BrokerAddress:
        """Take a lease, and start the broker unless it runs. Raises BrokerMissing, BrokerUnreachable, StateUnusable."""
        try:
            leases = self._dir / "leases"
            self._make_folder()
            leases.mkdir(mode=0o700, exist_ok=True)
            with self._start_lock():
                self._store.clear_aside()
                if self._lease is None:
                    self._lease = FileLock(leases / f"{os.getpid()}-{secrets.token_hex(4)}")
                    self._lease.try_acquire()
                return self._running() or self._start()
        except OSError as error:
            raise unusable(self.state, error) from error

    @property
    def state(self) -> Path:
        """The state folder that it belongs to."""
        return self._dir.parent

    def restart(self, seen: BrokerAddress | None) -> BrokerAddress:
        """Replace a broker that lives and does not serve; when it is no longer the one `seen`, only look it up."""
        with self._start_lock():
            running = self._running()
            if running is not None and running == seen:
                self._stop()
                running = None
            return running or self._start()

    def leave(self, linger_s: float = 0.0) -> None:
        """Give the lease back. The last one to leave stops the broker.

        linger_s: with messages still in the store, their longest life; the broker stays until it has removed them.
        """
        if self._lease is None:
            return
        with self._start_lock():
            self._lease.path.unlink(missing_ok=True)
            self._lease.release()
            self._lease = None
            self._store.clear_aside()
            running = self._running()
            if running is None or self._leased():
                return
            if linger_s > 0:
                self._spawn_lingerer(running, linger_s)
            else:
                self._stop()

    def address(self) -> BrokerAddress | None:
        """Where the broker runs, None when it does not; starts nothing."""
        return self._running()

    def grow(self) -> BrokerAddress | None:
        """The running broker, its messages' room told again where the disk has more to give than when it was told last:
        it may have been full when the broker started. None where none runs. Raises OSError."""
        with self._start_lock():
            running = self._running()
            if running is None:
                return None
            self._store.grow()
            return replace(running, store_bytes=self._store.told_bytes())

    def users(self) -> int:
        """How many processes hold a lease."""
        leases = self._dir / "leases"
        return sum(not self._is_stale(path) for path in leases.iterdir()) if leases.exists() else 0

    def _make_folder(self) -> None:
        self._dir.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._dir.mkdir(mode=0o700, exist_ok=True)
        if self._dir.stat().st_mode & 0o077:  # made by an earlier version, or by hand
            self._dir.chmod(0o700)

    def _start_lock(self) -> FileLock:
        self._make_folder()
        return FileLock(self._dir / "start.lock")

    def _alive_lock(self) -> FileLock:
        return FileLock(self._dir / "alive.lock")

    def _leased(self) -> bool:
        """Whether anybody uses the broker; clears away the leases of the dead."""
        taken = False
        for path in (self._dir / "leases").iterdir():
            if self._is_stale(path):
                path.unlink(missing_ok=True)
            else:
                taken = True
        return taken

    @staticmethod
    def _is_stale(path: Path) -> bool:
        lease = FileLock(path)
        stale = lease.try_acquire()
        lease.release()
        return stale

    def _running(self) -> BrokerAddress | None:
        if not (self._dir / "alive.lock").exists():
            return None
        alive = self._alive_lock()
        if alive.try_acquire():
            alive.release()
            return None
        return self._read_address()

    def _read_address(self) -> BrokerAddress | None:
        """What the nats-server wrote about itself, which is why nobody's death can leave it out of date."""
        for path in (self._dir / "ports").glob("*.ports"):
            with contextlib.suppress(OSError, ValueError, KeyError, IndexError, TypeError):
                pid = int(path.stem.rpartition("_")[2])
                url: str = json.loads(path.read_text())["nats"][0]
                return BrokerAddress(url, (self._dir / "token").read_text(), pid, self._store.told_bytes())
        return None

    def _start(self) -> BrokerAddress:
        """Start the broker, on a fresh store where it does not bear the present one. One failure does not show that:
        the disk, or the memory, may have been full at that moment."""
        with contextlib.suppress(_DoesNotBearItsStore):
            return self._launch()
        try:
            return self._launch()
        except _DoesNotBearItsStore as error:
            if error.disk_refused or not self._store.set_aside():
                raise BrokerUnreachable(f"The broker does not start: see {self._log}.") from error
        try:
            return self._launch()
        except _DoesNotBearItsStore as error:
            raise BrokerUnreachable(f"The broker does not start: see {self._log}.") from error

    def _launch(self) -> BrokerAddress:
        program = find_program(self._program)
        alive = self._alive_lock()
        if not alive.acquire(STOP_TIMEOUT_S):
            # Its starter was killed before it listened; it may have become ready while we waited.
            running = self._read_address()
            if running is not None and answers(running.url):
                return running
            raise BrokerUnreachable(
                f"A broker holds {self._dir} and cannot be found again: end the nats-server that uses that folder."
            )
        with alive:  # on a full disk nothing can be written, and whoever kept it would pass for a broker that runs
            token = secrets.token_urlsafe(32)
            write_private(self._dir / "token", token)
            ports = self._dir / "ports"
            shutil.rmtree(ports, ignore_errors=True)
            ports.mkdir(mode=0o700)
            self._store.tell()
            write_private(self._dir / "nats.conf", configuration(self._dir, token, self._store.reserve()))
            was_full, said_bytes = full_disk(self.state) is not None, size_bytes(self._log)
            server = subprocess.Popen(
                [program, "-c", str(self._dir / "nats.conf")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(alive.hand_to_child(),),
                start_new_session=True,  # Ctrl-C at the terminal of whoever came first is not for the broker
            )
        _children.append(server)
        return self._wait_until_ready(server, was_full, said_bytes)

    def _wait_until_ready(self, server: subprocess.Popen[bytes], was_full: bool, said_bytes: int) -> BrokerAddress:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline_s and server.poll() is None:
            address = self._read_address()
            if address is not None and answers(address.url):
                return address
            time.sleep(0.01)
        ended = server.poll()
        server.kill()
        server.wait()
        full = full_disk(self.state)
        if full is not None:
            raise full
        if ended is not None and ended > 0:  # not by a signal
            raise _DoesNotBearItsStore(was_full or disk_refused(self._log, said_bytes))
        raise BrokerUnreachable(f"The broker did not start in {START_TIMEOUT_S:.0f} s: see {self._log}.")

    def _stop(self) -> None:
        """End the running broker, by force when it does not go by itself."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            running = self._running()
            if running is None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.pid, number)
                if number is signal.SIGTERM:
                    os.kill(running.pid, signal.SIGCONT)
            alive = self._alive_lock()
            if alive.acquire(STOP_TIMEOUT_S):
                alive.release()
                break
        reap_brokers()

    def _spawn_lingerer(self, running: BrokerAddress, linger_s: float) -> None:
        subprocess.Popen(
            [sys.executable, "-m", "engine.broker.reaper", str(self._dir.parent), str(running.pid), str(linger_s)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop_after(self, pid: int, linger_s: float) -> None:
        """Stop broker `pid` after `linger_s` unless somebody uses it again; ends early once the broker is gone."""
        deadline_s = time.monotonic() + linger_s + EXPIRY_MARGIN_S
        while time.monotonic() < deadline_s:
            time.sleep(1.0)
            running = self._running()
            if running is None or running.pid != pid:
                return
        with self._start_lock():
            running = self._running()
            if running is not None and running.pid == pid and not self._leased():
                self._stop()


class _DoesNotBearItsStore(Exception):
    """The broker's program ended by itself instead of serving. disk_refused: perhaps because it could not write."""

    def __init__(self, disk_refused: bool) -> None:
        super().__init__()
        self.disk_refused = disk_refused


# Brokers that this process started: the list keeps Popen from complaining, and lets dead ones be reaped.
_children: list[subprocess.Popen[bytes]] = []


def reap_brokers() -> None:
    """Collect the exit codes of brokers that this process started and that have died."""
    _children[:] = [child for child in _children if child.poll() is None]
