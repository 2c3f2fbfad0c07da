"""Everything the bot says, in English."""

from bot.messages.english.errors import ERRORS
from bot.messages.english.names import ATTRIBUTES, STAGES
from bot.messages.english.sentences import SENTENCES

__all__ = ["ATTRIBUTES", "ERRORS", "SENTENCES", "STAGES"]
