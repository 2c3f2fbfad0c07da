"""All sentences that have a key, in Simplified Chinese."""

from __future__ import annotations

from bot.messages.chinese.orders import ORDERS
from bot.messages.chinese.recede import RECEDE
from bot.messages.chinese.refusals import REFUSALS

SENTENCES: dict[str, str] = {**REFUSALS, **ORDERS, **RECEDE}
