"""Log lines on stderr: one JSON object each for programs, or plain ones for people. Never a photo, never a token."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

EXTRAS = ("event", "job", "subject", "outcome", "seconds", "tries", "stage", "device", "code", "engine")


class JsonLines(logging.Formatter):
    """A record as one JSON object: at, level, message, those of EXTRAS that it has, and a traceback.

    with_logger: also the logger's name.
    """

    def __init__(self, *, with_logger: bool = False) -> None:
        super().__init__()
        self._with_logger = with_logger

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower()}
        if self._with_logger:
            line["logger"] = record.name
        line["message"] = record.getMessage()
        line.update({name: value for name in EXTRAS if (value := getattr(record, name, None)) is not None})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """A record as one line for people, with the number of the job that it is about."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The line, without a traceback."""
        job = getattr(record, "job", None)
        return f"{super().formatMessage(record)} [job {job}]" if job else super().formatMessage(record)


def log_to_stderr(*, as_json: bool, with_logger: bool = False) -> logging.Handler:
    """Send the logs of this process to stderr, from INFO on; gives the handler. with_logger: as in JsonLines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(with_logger=with_logger) if as_json else PlainLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("nats").setLevel(logging.CRITICAL)  # lost connections are the queue's to tell
    return handler
