"""`recede-bot`: the Discord bot, with a broker and an engine beside it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.config import Settings, load_settings
from bot.errors import StartFailed
from bot.runtime.logs import set_up_logs
from bot.runtime.pulse import health
from bot.service import MEMORY, serve, upload_emoji
from bot.storage.backup import back_up
from engine.errors import BadConfig, BrokerMissing, RecedeError, StateUnusable
from engine.queue import check_state_dir, state_dir

log = logging.getLogger("recede.bot")

EPILOG = """\
exit codes: 0 after SIGTERM or Ctrl-C; 2 where another start would change nothing (configuration, token, permission,
state folder, another bot on it, commands that Discord refuses); 1 for everything else, and for --health where the bot
is not well. The last line of the log says why."""
USELESS_TO_RETRY = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bot; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="recede-bot",
        description="Run the Discord bot; broker and engine are started beside it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration (default: ./config.toml)")
    parser.add_argument("--json", action="store_true", help="logs as one JSON object per line")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--check", action="store_true", help="only look whether configuration and state folder are right"
    )
    instead.add_argument("--health", action="store_true", help="only say whether the bot that runs here is well")
    instead.add_argument("--backup", type=Path, metavar="FILE", help="only copy the bot's memory; it may be running")
    instead.add_argument(
        "--sync-emoji", action="store_true", help="only upload the progress bar's emoji to the application"
    )
    args = parser.parse_args(arguments)
    set_up_logs(args.json)
    try:
        if args.health:
            well, sentence = health(check_state_dir())
            print(sentence)
            return 0 if well else 1
        if args.backup is not None:
            size_bytes = back_up(check_state_dir() / MEMORY, args.backup)
            print(f"{args.backup}: {size_bytes} bytes")
            return 0
        settings = load_settings(args.config)
        if args.check:
            print(f"The configuration is right. State goes to {check_state_dir()}.")
            return 0
        if args.sync_emoji:
            return sync_emoji(settings)
        asyncio.run(serve(settings, state_dir()))
    except (StartFailed, BadConfig, BrokerMissing, StateUnusable) as error:
        log.error("%s", error, extra={"event": "failed", "code": getattr(error, "code", "start_failed")})
        return USELESS_TO_RETRY
    except RecedeError as error:
        log.error("%s", error.sentence, extra={"event": "failed", "code": error.code})
        return 1
    except OSError as error:
        sentence = "The system does not let the bot run (%s): correct that, and start it again."
        log.error(sentence, error, extra={"event": "failed", "code": "os_error"})
        return 1
    return 0


def sync_emoji(settings: Settings) -> int:
    """Upload the emoji, and say how many."""
    uploaded, removed = asyncio.run(upload_emoji(settings))
    print(f"{uploaded} emoji uploaded, {removed} old ones removed. The bot uses them from its next start on.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
