"""All sentences that have a key, in English."""

from __future__ import annotations

from bot.messages.english.orders import ORDERS
from bot.messages.english.recede import RECEDE
from bot.messages.english.refusals import REFUSALS

SENTENCES: dict[str, str] = {**REFUSALS, **ORDERS, **RECEDE}
