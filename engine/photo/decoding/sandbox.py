"""What the decoding child may still do once it has begun: read its own libraries, compute, and answer.

On Linux, where the kernel has them, Landlock keeps every file from it but libraries, its parent's environment and
the broker's token among them, and seccomp refuses sockets, other processes' memory and new programs. Elsewhere nothing
of this holds, and nothing here fails.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

SET_NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER_MODE = 38, 22, 2  # of prctl
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # Landlock's system calls, the same on every machine
ASK_VERSION, PATH_BENEATH = 1, 1
READ_FILE, READ_FOLDER = 1 << 2, 1 << 3
# Rights on files, by the version of Landlock that knows them; then network (4) and signals and sockets (6).
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
NETWORK_RIGHTS, SCOPES = 0b11, 0b11
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/sys/devices/system/cpu")

LOAD_WORD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # of the kernel's packet filters
CALL_NUMBER_AT, MACHINE_AT = 0, 4  # in struct seccomp_data
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050001, 0x80000000  # refused: EPERM
X32_CALLS = 0x40000000  # a second numbering of the same calls on x86-64
# By machine, its number in the kernel's audit.h, and: socket, socketpair, connect, ptrace, process_vm_readv,
# process_vm_writev, execve, execveat, kill, pidfd_open, pidfd_getfd, io_uring_setup, bpf.
REFUSED = {
    "x86_64": (0xC000003E, (41, 53, 42, 101, 310, 311, 59, 322, 62, 434, 438, 425, 321)),
    "aarch64": (0xC00000B7, (198, 199, 203, 117, 270, 271, 221, 281, 129, 434, 438, 425, 280)),
}


def enter(folders: Iterable[str] | None = None) -> tuple[bool, bool]:
    """Give up everything else. Returns whether Landlock and whether seccomp are in force.

    folders: what may be read; by default those of Python and of the system's libraries.
    """
    if sys.platform != "linux":
        return False, False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False, False
    return _landlock(libc, (*sys.path, *LIBRARIES) if folders is None else tuple(folders)), _seccomp(libc)


def _landlock(libc: ctypes.CDLL, folders: tuple[str, ...]) -> bool:
    version = libc.syscall(CREATE_RULESET, None, 0, ASK_VERSION)
    if version < 1:
        return False
    rights = (1 << FILE_RIGHTS[min(version, max(FILE_RIGHTS))]) - 1
    numbers = (rights, NETWORK_RIGHTS, SCOPES)[: 1 if version < 4 else 2 if version < 6 else 3]
    attributes = struct.pack(f"={len(numbers)}Q", *numbers)
    ruleset = libc.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        for folder in folders:
            try:
                opened = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            except OSError:  # Python's path names folders and archives that need not be there
                continue
            allowed = READ_FILE | READ_FOLDER if Path(folder).is_dir() else READ_FILE
            libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", allowed, opened), 0)
            os.close(opened)
        return bool(libc.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _seccomp(libc: ctypes.CDLL) -> bool:
    known = REFUSED.get(platform.machine())
    if known is None or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    machine, calls = known
    lines = [(LOAD_WORD, 0, 0, MACHINE_AT), (JUMP_IF_EQUAL, 1, 0, machine), (RETURN, 0, 0, KILL)]
    lines += [(LOAD_WORD, 0, 0, CALL_NUMBER_AT), (JUMP_IF_AT_LEAST, len(calls) + 1, 0, X32_CALLS)]
    lines += [(JUMP_IF_EQUAL, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    lines += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
    program = struct.pack("@HP", len(lines), ctypes.addressof(code))
    return bool(libc.prctl(SET_SECCOMP, FILTER_MODE, program, 0, 0) == 0)
