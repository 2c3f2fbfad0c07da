"""How the queue lies on the broker: subjects, streams, and what a message's headers say.

    {name}.job.LANE.USER            stream of waiting and running jobs, one message each, with the photo
    {name}.result.RECEIVER.JOB      stream of results, until their receiver has them
    {name}.part.JOB.SET.N           stream of what does not fit one message of the broker
    {name}.stored.job.LANE.USER     sent by the broker when a job has been stored, headers alone: wakes the engines
    {name}.progress.RECEIVER.JOB    not stored
    {name}.cancel                   not stored
    {name}.engines                  not stored: asks every engine for its status

A job stays in its stream while it is worked on, so the streams' own limits bound waiting and running jobs together.
Messages are removed by an explicit deletion, which overwrites them on disk, and never by acknowledging: an
acknowledged message's bytes would stay in the file until the broker happens to rewrite it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RePublish, StreamConfig

from engine.config import QueueConfig
from engine.errors import BadMessage
from engine.protocol import Job, Lane, is_name

# The same job or result, published again within this time, is recognised by the broker itself.
DUPLICATE_WINDOW_S = 1800.0
LANES: tuple[Lane, ...] = ("high", "low")

ID_HEADER = "Nats-Msg-Id"
RECEIVER_HEADER = "Recede-Receiver"
EXPIRES_HEADER = "Recede-Expires"
PARTS_HEADER = "Recede-Parts"


@dataclass(frozen=True)
class Layout:
    """Names of everything, for a queue called `name`."""

    name: str

    @property
    def jobs(self) -> str:
        """Stream of jobs."""
        return f"{self.name}-jobs"

    @property
    def results(self) -> str:
        """Stream of results."""
        return f"{self.name}-results"

    @property
    def parts(self) -> str:
        """Stream of parts."""
        return f"{self.name}-parts"

    def subject(self, *tokens: str) -> str:
        """A subject of this queue."""
        return ".".join((self.name, *tokens))

    def tokens(self, subject: str) -> tuple[str, ...]:
        """The part of a subject behind the queue's name."""
        return tuple(subject.removeprefix(self.name + ".").split("."))


@dataclass(frozen=True)
class Ticket:
    """What a stored job's subject and headers say, without its photo."""

    seq: int
    job_id: str
    lane: Lane
    user: str
    receiver: str
    expires_at_s: float
    parts: str = ""

    @property
    def expired(self) -> bool:
        """Whether its deadline has passed."""
        return time.time() > self.expires_at_s


def job_headers(job: Job) -> dict[str, str]:
    """Headers under which `job` is stored."""
    return {ID_HEADER: job.job_id, RECEIVER_HEADER: job.receiver, EXPIRES_HEADER: f"{job.expires_at_s:.3f}"}


def read_ticket(layout: Layout, seq: int, subject: str, headers: Mapping[str, str] | None) -> Ticket:
    """The ticket of message `seq` of the stream of jobs. Raises BadMessage."""
    tokens = layout.tokens(subject)
    headers = headers or {}
    job_id, receiver = headers.get(ID_HEADER, ""), headers.get(RECEIVER_HEADER, "")
    try:
        expires_at_s = datetime.fromtimestamp(float(headers.get(EXPIRES_HEADER, "")), UTC).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise BadMessage("A job without a readable deadline was dropped: submit it through Recede.") from error
    if len(tokens) != 3 or tokens[0] != "job" or not all(is_name(name) for name in (tokens[2], job_id, receiver)):
        raise BadMessage("A job without a usable name was dropped: submit it through Recede.")
    lane = next((lane for lane in LANES if lane == tokens[1]), None)
    if lane is None:
        raise BadMessage("A job in an unknown lane was dropped: submit it through Recede.")
    return Ticket(seq, job_id, lane, tokens[2], receiver, expires_at_s, headers.get(PARTS_HEADER, ""))


async def make_streams(js: JetStreamContext, layout: Layout, config: QueueConfig) -> None:
    """Make the queue's streams, or bring their limits in line with `config`."""
    window_s = min(DUPLICATE_WINDOW_S, config.keep_s)
    wanted = (
        StreamConfig(
            name=layout.jobs,
            subjects=[layout.subject("job", "*", "*")],
            max_msgs=config.max_jobs,
            max_msgs_per_subject=config.max_jobs_per_user,
            discard=DiscardPolicy.NEW,
            discard_new_per_subject=True,
            max_age=config.keep_s,
            duplicate_window=window_s,
            republish=RePublish(
                src=layout.subject("job", "*", "*"),
                dest=layout.subject("stored", "job", "{{wildcard(1)}}", "{{wildcard(2)}}"),
                headers_only=True,
            ),
        ),
        StreamConfig(
            name=layout.results,
            subjects=[layout.subject("result", "*", "*")],
            max_age=config.keep_s,
            duplicate_window=window_s,
        ),
        StreamConfig(
            name=layout.parts,
            subjects=[layout.subject("part", "*", "*", "*")],
            max_age=config.keep_s,
            duplicate_window=window_s,
        ),
    )
    for stream in wanted:
        try:
            await js.add_stream(stream)
        except nats.js.errors.BadRequestError:
            await js.update_stream(stream)
