"""The bot's log on stderr: plain lines for people, or one JSON object per line. Never a photo, never a token."""

from __future__ import annotations

import logging

from engine.process.logs import log_to_stderr

CONNECTION_LOGS = ("discord.client", "discord.gateway", "discord.shard")


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
    log_to_stderr(as_json=as_json, with_logger=True).addFilter(OneLine())
    # Its lines about webhooks hold interaction tokens.
    logging.getLogger("discord.webhook").setLevel(logging.ERROR)
    for name in (*CONNECTION_LOGS, "discord.http"):
        logging.getLogger(name).setLevel(logging.WARNING)
