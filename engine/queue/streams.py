"""The queue's streams, and how they divide the broker's store among themselves."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RePublish, StreamConfig

from engine.config import QueueConfig
from engine.errors import BrokerUnreachable, RecedeError
from engine.protocol import MIB
from engine.queue.connection import Connection
from engine.queue.dial import NO_STORAGE
from engine.queue.link import PATIENCE_S
from engine.queue.subjects import Subjects

# JetStream refuses a record of 32 MiB for good; with room to spare for a broker that counts differently.
LARGEST_PIECE_BYTES = 24 * MIB
HEADROOM_BYTES = 8192  # for subject and headers, which count as payload
# What a try takes is a hundred bytes.
TRIES_SHARE, TRIES_BYTES = 64, 16 * MIB
# The same job or result, published again within this time, is recognised by the broker itself.
DUPLICATE_WINDOW_S = 1800.0
ERASE_MARGIN_S = 3.0
STORED_PATIENCE_S = 2.0  # whoever asks is about to leave, or asks again


@dataclass(frozen=True)
class Quotas:
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
    def of(cls, store_bytes: int, max_jobs: int, piece_bytes: int) -> Quotas:
        """The quotas of a store in which one message has at most `piece_bytes`."""
        tries = min(TRIES_BYTES, store_bytes // TRIES_SHARE)
        results = (store_bytes - tries) // 2
        photos = store_bytes - tries - results
        # Nearly every photo is one message where the broker allows long ones, and mostly parts where it does not.
        jobs = min(max_jobs * piece_bytes, photos * 3 // 4 if piece_bytes >= LARGEST_PIECE_BYTES else photos // 4)
        return cls(jobs, photos - jobs, results, tries, piece_bytes)


def piece_bytes(max_payload_bytes: int) -> int:
    """How much of a photo or an animation one message of the broker carries."""
    return max(1, min(max_payload_bytes - HEADROOM_BYTES, LARGEST_PIECE_BYTES))


async def quotas_of(connection: Connection, patience_s: float = PATIENCE_S) -> Quotas:
    """How the store that `connection` leads to is divided. Raises BrokerUnreachable."""
    piece = piece_bytes(await connection.max_payload_bytes(patience_s))
    return Quotas.of(connection.store_bytes, connection.config.max_jobs, piece)


async def quotas_at_best(connection: Connection, patience_s: float = PATIENCE_S) -> Quotas:
    """The same for the store as configured: what there is room for on a disk that others have not filled. Raises
    BrokerUnreachable."""
    piece = piece_bytes(await connection.max_payload_bytes(patience_s))
    return Quotas.of(connection.config.store_mib * MIB, connection.config.max_jobs, piece)


async def prepare_streams(js: JetStreamContext, subjects: Subjects, connection: Connection) -> None:
    """Make the queue's streams as the store and the configuration behind `connection` want them."""
    piece = piece_bytes(js._nc.max_payload)
    await make_streams(
        js, subjects, connection.config, Quotas.of(connection.store_bytes, connection.config.max_jobs, piece)
    )


async def make_streams(js: JetStreamContext, subjects: Subjects, config: QueueConfig, quotas: Quotas) -> None:
    """Make the queue's streams, or bring their limits in line with `config`.

    Raises BrokerUnreachable where the broker's store is smaller than `quotas`.
    """
    if not config.make_streams:
        return
    window_s = min(DUPLICATE_WINDOW_S, config.keep_s)
    # Whoever uses the queue overwrites what has outlived keep_s; the broker itself only lets go of it.
    age_s = config.keep_s + ERASE_MARGIN_S
    wanted = (
        StreamConfig(
            name=subjects.jobs,
            subjects=[subjects.subject("job", "*", "*")],
            max_msgs=config.max_jobs,
            max_msgs_per_subject=config.max_jobs_per_user,
            max_bytes=quotas.jobs,
            discard=DiscardPolicy.NEW,
            discard_new_per_subject=True,
            max_age=age_s,
            duplicate_window=window_s,
            republish=RePublish(
                src=subjects.subject("job", "*", "*"),
                dest=subjects.subject("stored", "job", "{{wildcard(1)}}", "{{wildcard(2)}}"),
                headers_only=True,
            ),
        ),
        StreamConfig(
            name=subjects.results,
            subjects=[subjects.subject("result", "*", "*"), subjects.subject("result-part", "*", "*", "*")],
            max_bytes=quotas.results,
            discard=DiscardPolicy.NEW,
            max_age=age_s,
            duplicate_window=window_s,
        ),
        StreamConfig(
            name=subjects.parts,
            subjects=[subjects.subject("part", "*", "*", "*")],
            max_bytes=quotas.parts,
            discard=DiscardPolicy.NEW,
            max_age=age_s,
            duplicate_window=window_s,
        ),
        StreamConfig(
            name=subjects.tries,
            subjects=[subjects.subject("try", "*")],
            max_msgs_per_subject=1,
            max_bytes=quotas.tries,
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


async def stored(connection: Connection, subjects: Subjects) -> dict[str, int]:
    """Messages in each of the queue's streams. Raises BrokerUnreachable, nats' APIError."""
    counts = {}
    for stream in (subjects.jobs, subjects.results, subjects.parts):
        info = await connection.call(lambda js, stream=stream: js.stream_info(stream), STORED_PATIENCE_S)  # type: ignore[misc]
        counts[stream] = info.state.messages
    return counts


async def linger_s(connection: Connection, subjects: Subjects) -> float:
    """How long the broker must outlive this process if that is its last user: until what is stored has expired."""
    if not connection.connected:
        return 0.0
    with contextlib.suppress(RecedeError, nats.js.errors.APIError):
        if not any((await stored(connection, subjects)).values()):
            return 0.0
    return connection.config.keep_s + ERASE_MARGIN_S
