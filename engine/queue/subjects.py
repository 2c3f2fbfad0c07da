"""How the queue lies on the broker: subjects, streams, and what a message's headers say.

    {name}.job.LANE.USER            stream of waiting and running jobs, one message each, with the photo
    {name}.part.JOB.SET.N           stream of what does not fit a job's message
    {name}.result.RECEIVER.JOB      stream of results, until their receiver has them
    {name}.result-part.JOB.SET.N    same stream: what does not fit a result's message
    {name}.try.JOB                  stream of how often a job was begun, one number for each job
    {name}.stored.job.LANE.USER     sent by the broker when a job has been stored, headers alone: wakes the engines
    {name}.progress.RECEIVER.JOB    not stored
    {name}.cancel                   not stored
    {name}.forget                   not stored: has every engine drop what it keeps for some users
    {name}.reencode                 not stored: asks for another file of an answer whose pictures an engine has
    {name}.engines                  not stored: asks every engine for its status

A job stays in its stream while it is worked on, so the streams' own limits bound waiting and running jobs together.
Their limits on bytes divide the store (Quotas), so that photos can never take the room of results.
Messages are removed by an explicit deletion, which overwrites them on disk, and never by acknowledging: an
acknowledged message's bytes would stay in the file until the broker happens to rewrite it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.errors import BadMessage
from engine.protocol import Job, Lane, is_name

LANES: tuple[Lane, ...] = ("high", "low")

ID_HEADER = "Nats-Msg-Id"
RECEIVER_HEADER = "Recede-Receiver"
EXPIRES_HEADER = "Recede-Expires"
PARTS_HEADER = "Recede-Parts"
SUM_HEADER = "Recede-Sum"
# What the broker adds when it tells that a message has been stored.
STORED_SUBJECT_HEADER, STORED_SEQ_HEADER = "Nats-Subject", "Nats-Sequence"


@dataclass(frozen=True)
class Subjects:
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

    @property
    def tries(self) -> str:
        """Stream of tries."""
        return f"{self.name}-tries"

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


def parts_home(subjects: Subjects, kind: str) -> tuple[str, str]:
    """Stream and first token of the parts of a "job" or a "result"."""
    return (subjects.results, "result-part") if kind == "result" else (subjects.parts, "part")


def job_headers(job: Job) -> dict[str, str]:
    """Headers under which `job` is stored."""
    return {ID_HEADER: job.job_id, RECEIVER_HEADER: job.receiver, EXPIRES_HEADER: f"{job.expires_at_s:.3f}"}


def read_ticket(subjects: Subjects, seq: int, subject: str, headers: Mapping[str, str] | None) -> Ticket:
    """The ticket of message `seq` of the stream of jobs. Raises BadMessage."""
    tokens = subjects.tokens(subject)
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


def read_stored(subjects: Subjects, headers: Mapping[str, str] | None) -> Ticket:
    """The ticket of a job of which the broker tells that it has been stored. Raises BadMessage."""
    headers = headers or {}
    seq = headers.get(STORED_SEQ_HEADER, "")
    if not seq.isdecimal() or len(seq) > 20:
        raise BadMessage("Word of a job without its number was dropped.")
    return read_ticket(subjects, int(seq), headers.get(STORED_SUBJECT_HEADER, ""), headers)
