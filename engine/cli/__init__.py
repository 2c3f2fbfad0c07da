"""The command line ``recede``."""

from engine.cli.command_line import main, parser

__all__ = ["main", "parser"]
