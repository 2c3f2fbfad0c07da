"""The bot's log on stderr: plain lines for people, or one JSON object per line. Never a photo, never a token."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

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


def set_up_logs(as_json: bool) -> None:
    """Send the logs of this process to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("nats").setLevel(logging.CRITICAL)  # lost connections are the link's to tell
    # Its lines about webhooks hold interaction tokens.
    logging.getLogger("discord.webhook").setLevel(logging.ERROR)
    for name in ("discord.client", "discord.gateway", "discord.http"):
        logging.getLogger(name).setLevel(logging.WARNING)
