"""`recede-bot`: the Discord bot, with a broker and an engine beside it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.config import load_settings
from bot.errors import StartFailed
from bot.logs import set_up_logs
from bot.service import serve
from engine.errors import BadConfig, BrokerMissing, RecedeError
from engine.queue import state_dir

log = logging.getLogger("recede.bot")

EPILOG = """\
exit codes: 0 after SIGTERM or Ctrl-C; 2 where another start would change nothing (configuration, token, permission,
another bot on the same state folder); 1 for everything else. The last line of the log says why."""
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
    parser.add_argument("--check", action="store_true", help="only read the configuration, and say whether it is right")
    args = parser.parse_args(arguments)
    set_up_logs(args.json)
    try:
        settings = load_settings(args.config)
        if args.check:
            print("The configuration is right.")
            return 0
        asyncio.run(serve(settings, state_dir()))
    except (StartFailed, BadConfig, BrokerMissing) as error:
        log.error("%s", error, extra={"event": "failed", "code": getattr(error, "code", "start_failed")})
        return USELESS_TO_RETRY
    except RecedeError as error:
        log.error("%s", error.sentence, extra={"event": "failed", "code": error.code})
        return 1
    except OSError as error:
        log.error("The state folder cannot be used: %s.", error, extra={"event": "failed", "code": "os_error"})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
