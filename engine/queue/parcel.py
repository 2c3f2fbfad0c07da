"""Photos and animations at the broker: stored whole where they fit one message, in parts where they do not.

A photo or an animation as Discord takes it is one message at the private broker. JetStream stores none above 32 MiB,
whatever the broker's max_payload says, and an operator's broker may take no more than 1 MB (the default of
nats-server): there the envelope is cut, its parts stored first, and the last piece is the message itself, whose header
names the sequence numbers of the parts. A message is seen only once it is whole.
"""

from __future__ import annotations

import contextlib
import secrets

import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import PubAck

from engine.errors import BadMessage, BrokerUnreachable
from engine.protocol import MIB
from engine.queue.layout import ID_HEADER, PARTS_HEADER, Layout
from engine.queue.link import PATIENCE_S, Link

HEADROOM_BYTES = 8192  # for subject and headers, which count as payload
MAX_PARTS = 1000
# JetStream refuses a record of 32 MiB for good; with room to spare for a broker that counts differently.
LARGEST_PIECE_BYTES = 24 * MIB


async def store_parcel(
    link: Link,
    layout: Layout,
    subject: str,
    job_id: str,
    payload: bytes,
    headers: dict[str, str],
    patience_s: float = PATIENCE_S,
) -> PubAck:
    """Store `payload` under `subject`; returns when all of it is on disk. Raises what Link.store raises."""
    piece_bytes = min(await link.max_payload_bytes(patience_s) - HEADROOM_BYTES, LARGEST_PIECE_BYTES)
    if piece_bytes * MAX_PARTS < len(payload):
        raise BrokerUnreachable("The broker's max_payload is too small for photos: ask its operator for 1 MB or more.")
    if len(payload) <= piece_bytes:
        return await link.store(subject, payload, headers, patience_s)
    # Not named after the job alone: a second copy of the same job or result must not touch the first one's parts.
    name = secrets.token_hex(8)
    pieces = [payload[start : start + piece_bytes] for start in range(0, len(payload), piece_bytes)]
    seqs: list[str] = []
    kept = False
    try:
        for number, piece in enumerate(pieces[:-1]):
            own = {ID_HEADER: f"{name}-{number}"}
            part = await link.store(layout.subject("part", job_id, name, str(number)), piece, own, patience_s)
            seqs.append(str(part.seq))
        stored = await link.store(subject, pieces[-1], {**headers, PARTS_HEADER: ",".join(seqs)}, patience_s)
        kept = not stored.duplicate
        return stored
    except BrokerUnreachable:
        kept = True  # whether the last piece was stored is not known
        raise
    finally:
        if not kept:
            await _erase_parts(link, layout, ",".join(seqs))


async def read_parcel(link: Link, layout: Layout, message: Msg) -> bytes:
    """The whole payload of a message that `store_parcel` stored. Raises BadMessage where parts are missing."""
    pieces = []
    for seq in _numbers(parts_of(message)):
        try:
            part = await link.call(lambda js, seq=seq: js.get_msg(layout.parts, seq))  # type: ignore[misc]
        except nats.js.errors.APIError as error:
            raise BadMessage("A message was dropped: parts of it are gone. Submit the job again.") from error
        pieces.append(part.data or b"")
    return b"".join((*pieces, message.data)) if pieces else message.data


def parts_of(message: Msg) -> str:
    """The list of parts in a message's headers."""
    return (message.headers or {}).get(PARTS_HEADER, "")


async def erase_parcel(link: Link, layout: Layout, stream: str, seq: int, parts: str) -> None:
    """Delete a message and its parts, and overwrite their bytes on disk. Nothing happens where they are gone."""
    await _erase_parts(link, layout, parts)
    await _erase(link, stream, seq)


async def erase_strays(link: Link, layout: Layout, job_id: str) -> None:
    """Delete the parts of a job that is over: a sender that died half-way leaves some that no message names."""
    parts = layout.subject("part", job_id, "*", "*")
    info = await link.call(lambda js: js.stream_info(layout.parts, subjects_filter=parts))
    for subject in info.state.subjects or {}:
        # One by one: purging would leave the bytes in the broker's file.
        stray = await link.call(lambda js, s=subject: js.get_last_msg(layout.parts, s))  # type: ignore[misc]
        await _erase(link, layout.parts, stray.seq)


async def _erase_parts(link: Link, layout: Layout, parts: str) -> None:
    with contextlib.suppress(BadMessage):
        for seq in _numbers(parts):
            await _erase(link, layout.parts, seq)


async def _erase(link: Link, stream: str, seq: int) -> None:
    with contextlib.suppress(nats.js.errors.APIError):  # it is gone already
        await link.call(lambda js: js.delete_msg(stream, seq))


def _numbers(listed: str) -> list[int]:
    texts = listed.split(",") if listed else []
    if len(texts) > MAX_PARTS or not all(text.isdecimal() and len(text) < 20 for text in texts):
        raise BadMessage("A message was dropped: its list of parts is unreadable. Submit the job again.")
    return [int(text) for text in texts]
