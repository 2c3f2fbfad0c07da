"""What became of a job."""

from __future__ import annotations

from engine.errors.base import RecedeError


class JobError(RecedeError):
    """A job ended without a result."""

    code = "job"


class Cancelled(JobError):
    """The job was cancelled by its owner."""

    code = "cancelled"

    def __init__(
        self, sentence: str = "The job was cancelled: send the photo again to start over.", **details: str | int | float
    ) -> None:
        super().__init__(sentence, **details)


class Expired(JobError):
    """The job waited past its deadline."""

    code = "expired"

    def __init__(
        self,
        sentence: str = "The job waited past its deadline and was not run: try again when the queue is shorter.",
        **details: str | int | float,
    ) -> None:
        super().__init__(sentence, **details)


class TimedOut(JobError):
    """The job worked past its time limit."""

    code = "timed_out"


class Crashed(JobError):
    """The job took its engine down, or failed, on every try."""

    code = "crashed"


class Lost(JobError):
    """The broker no longer has the job, nor a result of it."""

    code = "lost"
