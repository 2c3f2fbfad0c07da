"""Logs of the engine: one JSON object per line for programs, or one plain line for people. Never a photo."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

EXTRAS = ("event", "job", "subject", "outcome", "seconds", "tries", "stage", "device", "code", "engine")


class JsonFormatter(logging.Formatter):
    """A record as one JSON object: at, level, message, and those of EXTRAS that it has."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "message": record.getMessage()}
        line.update({name: getattr(record, name) for name in EXTRAS if hasattr(record, name)})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class PlainFormatter(logging.Formatter):
    """A record as one line for people, with the number of the job that it is about."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The line, without a traceback."""
        job = getattr(record, "job", None)
        return f"{super().formatMessage(record)} [job {job}]" if job else super().formatMessage(record)


def set_up_logs(as_json: bool) -> None:
    """Send the logs of this process to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else PlainFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("nats").setLevel(logging.CRITICAL)  # lost connections are the queue's to tell
