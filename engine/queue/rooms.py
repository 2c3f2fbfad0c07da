"""The queue's streams, and how they divide the broker's store among themselves."""

from __future__ import annotations

from dataclasses import dataclass

import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RePublish, StreamConfig

from engine.config import QueueConfig
from engine.errors import BrokerUnreachable
from engine.protocol import MIB
from engine.queue.dial import NO_STORAGE
from engine.queue.layout import Layout
from engine.queue.link import PATIENCE_S, Link

# JetStream refuses a record of 32 MiB for good; with room to spare for a broker that counts differently.
LARGEST_PIECE_BYTES = 24 * MIB
HEADROOM_BYTES = 8192  # for subject and headers, which count as payload
# What a try takes is a hundred bytes.
TRIES_SHARE, TRIES_BYTES = 64, 16 * MIB
# The same job or result, published again within this time, is recognised by the broker itself.
DUPLICATE_WINDOW_S = 1800.0
ERASE_MARGIN_S = 3.0


@dataclass(frozen=True)
class Rooms:
    """How the broker's store is divided, in bytes: half for photos, half for what comes of them."""

    jobs: int
    parts: int
    results: int
    tries: int
    piece: int

    @property
    def largest_job(self) -> int:
        """The longest photo, with its envelope, for which there is room."""
        one = min(self.piece, self.jobs - HEADROOM_BYTES)
        return one if self.jobs < self.piece else self.parts + one

    @classmethod
    def of(cls, store_bytes: int, max_jobs: int, piece_bytes: int) -> Rooms:
        """The rooms of a store in which one message has at most `piece_bytes`."""
        tries = min(TRIES_BYTES, store_bytes // TRIES_SHARE)
        results = (store_bytes - tries) // 2
        photos = store_bytes - tries - results
        # Nearly every photo is one message where the broker allows long ones, and mostly parts where it does not.
        jobs = min(max_jobs * piece_bytes, photos * 3 // 4 if piece_bytes >= LARGEST_PIECE_BYTES else photos // 4)
        return cls(jobs, photos - jobs, results, tries, piece_bytes)


def piece_bytes(max_payload_bytes: int) -> int:
    """How much of a photo or an animation one message of the broker carries."""
    return max(1, min(max_payload_bytes - HEADROOM_BYTES, LARGEST_PIECE_BYTES))


async def rooms_of(link: Link, patience_s: float = PATIENCE_S) -> Rooms:
    """How the store that `link` leads to is divided. Raises BrokerUnreachable."""
    piece = piece_bytes(await link.max_payload_bytes(patience_s))
    return Rooms.of(link.store_bytes, link.config.max_jobs, piece)


async def make_rooms(js: JetStreamContext, layout: Layout, link: Link) -> None:
    """Make the queue's streams as the store and the configuration behind `link` want them."""
    piece = piece_bytes(js._nc.max_payload)
    await make_streams(js, layout, link.config, Rooms.of(link.store_bytes, link.config.max_jobs, piece))


async def make_streams(js: JetStreamContext, layout: Layout, config: QueueConfig, rooms: Rooms) -> None:
    """Make the queue's streams, or bring their limits in line with `config`.

    Raises BrokerUnreachable where the broker's store is smaller than `rooms`.
    """
    if not config.make_streams:
        return
    window_s = min(DUPLICATE_WINDOW_S, config.keep_s)
    # Whoever uses the queue overwrites what has outlived keep_s; the broker itself only lets go of it.
    age_s = config.keep_s + ERASE_MARGIN_S
    wanted = (
        StreamConfig(
            name=layout.jobs,
            subjects=[layout.subject("job", "*", "*")],
            max_msgs=config.max_jobs,
            max_msgs_per_subject=config.max_jobs_per_user,
            max_bytes=rooms.jobs,
            discard=DiscardPolicy.NEW,
            discard_new_per_subject=True,
            max_age=age_s,
            duplicate_window=window_s,
            republish=RePublish(
                src=layout.subject("job", "*", "*"),
                dest=layout.subject("stored", "job", "{{wildcard(1)}}", "{{wildcard(2)}}"),
                headers_only=True,
            ),
        ),
        StreamConfig(
            name=layout.results,
            subjects=[layout.subject("result", "*", "*"), layout.subject("result-part", "*", "*", "*")],
            max_bytes=rooms.results,
            discard=DiscardPolicy.NEW,
            max_age=age_s,
            duplicate_window=window_s,
        ),
        StreamConfig(
            name=layout.parts,
            subjects=[layout.subject("part", "*", "*", "*")],
            max_bytes=rooms.parts,
            discard=DiscardPolicy.NEW,
            max_age=age_s,
            duplicate_window=window_s,
        ),
        StreamConfig(
            name=layout.tries,
            subjects=[layout.subject("try", "*")],
            max_msgs_per_subject=1,
            max_bytes=rooms.tries,
            discard=DiscardPolicy.OLD,
            max_age=age_s,
            duplicate_window=window_s,
        ),
    )
    # Twice, for one stream may grow only once another one has shrunk.
    left = [stream for stream in wanted if not await _make(js, stream)]
    if not all([await _make(js, stream) for stream in left]):
        raise BrokerUnreachable(
            "The broker's store has no room for the queue: lower [queue] store_mib, or have its operator give more."
        )


async def _make(js: JetStreamContext, stream: StreamConfig) -> bool:
    """Whether the stream is there as it should be; False where the store has no room for it."""
    try:
        try:
            await js.add_stream(stream)
        except nats.js.errors.BadRequestError:
            await js.update_stream(stream)
    except nats.js.errors.APIError as error:
        if error.err_code != NO_STORAGE:
            raise
        return False
    return True
