"""Photos and animations at the broker: stored whole where they fit one message, in parts where they do not.

The private broker takes messages of 64 MB, so there everything is one message. An operator's broker may take no
more than 1 MB (the default of nats-server); there the envelope is cut, its parts stored first, and the last piece is
the message itself, whose header names the sequence numbers of the parts. A message is seen only once it is whole.
"""

from __future__ import annotations

import contextlib

import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import PubAck

from engine.errors import BadMessage
from engine.queue.layout import PARTS_HEADER, Layout
from engine.queue.link import PATIENCE_S, Link

HEADROOM_BYTES = 4096  # for subject and headers, which count as payload
MAX_PARTS = 4096


async def store_parcel(
    link: Link, layout: Layout, subject: str, job_id: str, payload: bytes, headers: dict[str, str],
    patience_s: float = PATIENCE_S,
) -> PubAck:
    """Store `payload` under `subject`; returns when all of it is on disk. Raises what Link.store raises."""
    what = layout.tokens(subject)[0]
    # A broker with another limit may take over between two parts: a piece half as long fits again.
    piece_bytes = max(link.max_payload_bytes // 2 if link.max_payload_bytes < 2**22 else link.max_payload_bytes, 8192)
    piece_bytes -= HEADROOM_BYTES
    if len(payload) <= piece_bytes:
        return await link.store(subject, payload, headers, patience_s)
    seqs = []
    pieces = [payload[start : start + piece_bytes] for start in range(0, len(payload), piece_bytes)]
    for number, piece in enumerate(pieces[:-1]):
        part = await link.store(layout.subject("part", job_id, what, str(number)), piece, {}, patience_s)
        seqs.append(str(part.seq))
    try:
        whole = {**headers, PARTS_HEADER: ",".join(seqs)}
        return await link.store(subject, pieces[-1], whole, patience_s)
    except nats.js.errors.APIError:
        await _erase_parts(link, layout, ",".join(seqs), job_id, what)
        raise


async def read_parcel(link: Link, layout: Layout, message: Msg) -> bytes:
    """The whole payload of a message that `store_parcel` stored. Raises BadMessage where parts are missing."""
    listed = (message.headers or {}).get(PARTS_HEADER, "")
    if not listed:
        return message.data
    pieces = []
    for seq in _numbers(listed):
        try:
            part = await link.call(lambda js, seq=seq: js.get_msg(layout.parts, seq))  # type: ignore[misc]
        except nats.js.errors.APIError as error:
            raise BadMessage("A message was dropped: parts of it are gone. Submit the job again.") from error
        pieces.append(part.data or b"")
    return b"".join((*pieces, message.data))


async def erase_parcel(link: Link, layout: Layout, stream: str, seq: int, job_id: str, message: Msg | None) -> None:
    """Delete a message and its parts, and overwrite their bytes on disk. Nothing happens where they are gone."""
    listed = ((message.headers if message is not None else None) or {}).get(PARTS_HEADER, "")
    if listed and message is not None:
        await _erase_parts(link, layout, listed, job_id, layout.tokens(message.subject)[0])
    await _erase(link, stream, seq)


async def _erase_parts(link: Link, layout: Layout, listed: str, job_id: str, what: str) -> None:
    with contextlib.suppress(BadMessage):
        for seq in _numbers(listed):
            await _erase(link, layout.parts, seq)


async def _erase(link: Link, stream: str, seq: int) -> None:
    with contextlib.suppress(nats.js.errors.APIError):  # it is gone already
        await link.call(lambda js: js.delete_msg(stream, seq))


def _numbers(listed: str) -> list[int]:
    texts = listed.split(",")
    if len(texts) > MAX_PARTS or not all(text.isdecimal() and len(text) < 20 for text in texts):
        raise BadMessage("A message was dropped: its list of parts is unreadable. Submit the job again.")
    return [int(text) for text in texts]
