"""The bot's log on stderr: plain lines for people, or one JSON object per line. Never a photo, never a token."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

CONNECTION_LOGS = ("discord.client", "discord.gateway", "discord.shard")
EXTRAS = (
    "event", "job", "subject", "outcome", "seconds", "tries", "stage", "device", "code", "engine",
)  # fmt: skip


class JsonLines(logging.Formatter):
    """A record as one JSON object: at, level, message, and those of EXTRAS that it has."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
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


class OneLine(logging.Filter):
    """Lost connections are everyday business: one line each, without discord.py's traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; takes the traceback out and names the error instead."""
        if record.name in CONNECTION_LOGS and record.exc_info and record.exc_info[0] is not None:
            record.msg, record.args = f"{record.getMessage()} ({record.exc_info[0].__name__})", ()
            record.exc_info = record.exc_text = None
        return True


def set_up_logs(as_json: bool) -> None:
    """Send the logs of this process to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    handler.addFilter(OneLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("nats").setLevel(logging.CRITICAL)  # lost connections are the queue's to tell
    # Its lines about webhooks hold interaction tokens.
    logging.getLogger("discord.webhook").setLevel(logging.ERROR)
    for name in (*CONNECTION_LOGS, "discord.http"):
        logging.getLogger(name).setLevel(logging.WARNING)
