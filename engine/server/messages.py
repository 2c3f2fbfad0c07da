"""What supervisor and worker say to each other, over a socket pair: a letter, a length, and that many bytes.

supervisor -> worker    LOAD (empty), JOB (a packed Job), CANCEL (a job id), FORGET (a packed Forget),
                        REENCODE (a packed Reencode), which is answered beside a job that is being worked on
worker -> supervisor    DEVICE (its name), WARMING (a packed StageProgress), READY (empty) or NOT_LOADED (a packed
                        Failure); of a job, behind its id (`of_job`): PROGRESS (a packed StageProgress), RENDERED (a
                        packed Rendered), FAILURE (a packed Failure), BROKEN (a packed Failure: a stage raised another
                        error than a RecedeError)
                        to REENCODE: NOT_KEPT, or KEPT and then REENCODED (a packed Result), the first two with
                        the job's id
"""

from __future__ import annotations

import struct
from typing import Protocol

LOAD, JOB, CANCEL, FORGET, REENCODE = b"L", b"J", b"C", b"X", b"E"
DEVICE, WARMING, READY, NOT_LOADED = b"D", b"W", b"Y", b"U"
PROGRESS, RENDERED, FAILURE, BROKEN = b"P", b"R", b"F", b"B"
KEPT, NOT_KEPT, REENCODED = b"K", b"N", b"A"

HEAD = struct.Struct(">cI")
ID_HEAD = struct.Struct(">H")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def packed(kind: bytes, body: bytes = b"") -> bytes:
    """One message as bytes."""
    return HEAD.pack(kind, len(body)) + body


def of_job(job_id: str, body: bytes) -> bytes:
    """What a message says of one job."""
    name = job_id.encode()
    return ID_HEAD.pack(len(name)) + name + body


def job_of(body: bytes) -> tuple[str, bytes]:
    """The job's id, and what is said of it."""
    begins = ID_HEAD.size + ID_HEAD.unpack_from(body)[0]
    return body[ID_HEAD.size : begins].decode(), body[begins:]


def read_message(stream: _Readable) -> tuple[bytes, bytes] | None:
    """The next message of a blocking stream as (kind, body), None at its end."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, size = HEAD.unpack(head)
    body = stream.read(size)
    return (kind, body) if len(body) == size else None
