"""Everything the bot says, in Simplified Chinese, and the Chinese names of commands and options."""

from bot.messages.chinese.commands import COMMANDS
from bot.messages.chinese.errors import ERRORS
from bot.messages.chinese.names import ATTRIBUTES, STAGES
from bot.messages.chinese.sentences import SENTENCES

__all__ = ["ATTRIBUTES", "COMMANDS", "ERRORS", "SENTENCES", "STAGES"]
