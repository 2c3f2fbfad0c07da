"""Photos and animations at the broker: stored whole where they fit one message, in parts where they do not.

A photo or an animation as Discord takes it is one message at the private broker. JetStream stores none above 32 MiB,
whatever the broker's max_payload says, and an operator's broker may take no more than 1 MB (the default of
nats-server): there the envelope is cut, its parts stored first, and the last piece is the message itself, whose header
names the sequence numbers of the parts. A message is seen only once it is whole, and its header holds the checksum of
that whole: what a damaged disk made of it is never taken for a photo.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from datetime import datetime

import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import PubAck

from engine.errors import BadMessage, BrokerUnreachable, Lost
from engine.queue.connection import Connection
from engine.queue.link import PATIENCE_S
from engine.queue.streams import piece_bytes
from engine.queue.subjects import ID_HEADER, PARTS_HEADER, SUM_HEADER, Subjects, parts_home

MAX_PARTS = 1000
SUM_BYTES = 16
# Between two looks, by whoever serves or waits, for what has outlived keep_s.
ERASE_PERIOD_S = 1.0


async def store_chunks(
    connection: Connection,
    subjects: Subjects,
    subject: str,
    job_id: str,
    payload: bytes,
    headers: dict[str, str],
    patience_s: float = PATIENCE_S,
) -> PubAck:
    """Store `payload` under `subject`; returns when all of it is on disk. Raises what Connection.store raises."""
    most_bytes = piece_bytes(await connection.max_payload_bytes(patience_s))
    if most_bytes * MAX_PARTS < len(payload):
        raise BrokerUnreachable("The broker's max_payload is too small for photos: ask its operator for 1 MB or more.")
    headers = {**headers, SUM_HEADER: _sum(payload)}
    if len(payload) <= most_bytes:
        return await connection.store(subject, payload, headers, patience_s)
    home, first = parts_home(subjects, subjects.tokens(subject)[0])
    # Not named after the job alone: a second copy of the same job or result must not touch the first one's parts.
    name = secrets.token_hex(8)
    pieces = [payload[start : start + most_bytes] for start in range(0, len(payload), most_bytes)]
    seqs: list[str] = []
    kept = False
    try:
        for number, piece in enumerate(pieces[:-1]):
            own = {ID_HEADER: f"{name}-{number}"}
            part = await connection.store(subjects.subject(first, job_id, name, str(number)), piece, own, patience_s)
            seqs.append(str(part.seq))
        stored = await connection.store(subject, pieces[-1], {**headers, PARTS_HEADER: ",".join(seqs)}, patience_s)
        # A duplicate may be this very message, whose first acknowledgement was lost on its way.
        kept = not stored.duplicate or await _names(connection, stored, ",".join(seqs))
        return stored
    except BrokerUnreachable:
        kept = True  # whether the last piece was stored is not known
        raise
    finally:
        if not kept:
            await _erase_parts(connection, home, ",".join(seqs))


async def _names(connection: Connection, stored: PubAck, parts: str) -> bool:
    """Whether the stored message names those parts. Raises BrokerUnreachable."""
    try:
        message = await connection.call(lambda js: js.get_msg(stored.stream, stored.seq))
    except nats.js.errors.APIError:  # it has been fetched and deleted already
        return False
    return (message.headers or {}).get(PARTS_HEADER) == parts


async def read_chunks(connection: Connection, subjects: Subjects, message: Msg) -> bytes:
    """The whole payload of a message that `store_chunks` stored.

    Raises Lost where parts are missing or it is not what was stored, BadMessage where its list of parts is unreadable.
    """
    home, _ = parts_home(subjects, subjects.tokens(message.subject)[0])
    pieces = []
    for seq in _numbers(parts_of(message)):
        try:
            part = await connection.call(lambda js, seq=seq: js.get_msg(home, seq))  # type: ignore[misc]
        except nats.js.errors.APIError as error:
            raise Lost("The broker's store has lost a part of this job: submit the photo again.") from error
        pieces.append(part.data or b"")
    payload = b"".join((*pieces, message.data)) if pieces else message.data
    told = (message.headers or {}).get(SUM_HEADER)
    if told is not None and told != _sum(payload):
        raise Lost("The broker's store has damaged this job: submit the photo again.")
    return payload


def parts_of(message: Msg) -> str:
    """The list of parts in a message's headers."""
    return (message.headers or {}).get(PARTS_HEADER, "")


async def erase_chunks(connection: Connection, subjects: Subjects, stream: str, seq: int, parts: str) -> None:
    """Delete a message and its parts, and overwrite their bytes on disk. Nothing happens where they are gone."""
    home = subjects.results if stream == subjects.results else subjects.parts
    await _erase_parts(connection, home, parts)
    await erase(connection, stream, seq)


async def erase_strays(connection: Connection, subjects: Subjects, job_id: str) -> None:
    """Delete the parts of a job that is over: a sender that died half-way leaves some that no message names."""
    for kind in ("job", "result"):
        home, first = parts_home(subjects, kind)
        await erase_subjects(connection, home, subjects.subject(first, job_id, "*", "*"))


async def erase_subjects(connection: Connection, stream: str, subjects: str) -> None:
    """Delete everything under the subjects that match. Not by purging, which leaves the bytes in the broker's file."""
    info = await connection.call(lambda js: js.stream_info(stream, subjects_filter=subjects))
    for subject, count in (info.state.subjects or {}).items():
        with contextlib.suppress(nats.js.errors.NotFoundError):
            for _ in range(count):
                last = await connection.call(lambda js, s=subject: js.get_last_msg(stream, s))  # type: ignore[misc]
                await erase(connection, stream, last.seq)


async def erase_expired(connection: Connection, subjects: Subjects) -> None:
    """Delete what has outlived keep_s, and overwrite it: left to expire by itself, its bytes would stay in the broker's
    file for as long as newer messages share it."""
    for stream in (subjects.jobs, subjects.parts, subjects.results):
        erased = 0
        while True:
            info = await connection.call(lambda js, s=stream: js._api_request(f"$JS.API.STREAM.INFO.{s}"))  # type: ignore[misc]
            state = info["state"]
            # By the broker's clock alone: a machine whose own is wrong must not delete what others wait for.
            if not state["messages"] or _seconds(info["ts"]) - _seconds(state["first_ts"]) < connection.config.keep_s:
                break
            if state["first_seq"] == erased:  # the broker does not let go of it; it expires by itself
                break
            erased = state["first_seq"]
            await erase(connection, stream, erased)


def _seconds(stamp: str) -> float:
    """The broker's time of day, in seconds since 1970. It has nanoseconds, or as many digits as are not zero."""
    whole, _, fraction = stamp.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")


async def _erase_parts(connection: Connection, home: str, parts: str) -> None:
    with contextlib.suppress(BadMessage):
        for seq in _numbers(parts):
            await erase(connection, home, seq)


async def erase(connection: Connection, stream: str, seq: int) -> None:
    """Delete one message and overwrite its bytes on disk."""
    with contextlib.suppress(nats.js.errors.APIError):  # it is gone already
        await connection.call(lambda js: js.delete_msg(stream, seq))


def _sum(payload: bytes) -> str:
    return hashlib.blake2b(payload, digest_size=SUM_BYTES).hexdigest()


def _numbers(listed: str) -> list[int]:
    texts = listed.split(",") if listed else []
    if len(texts) > MAX_PARTS or not all(text.isdecimal() and len(text) < 20 for text in texts):
        raise BadMessage("A message was dropped: its list of parts is unreadable. Submit the job again.")
    return [int(text) for text in texts]
