"""The progress bar's pieces as emoji of the application's own, and their upload: `recede-bot --sync-emoji`.

The pictures in bot/assets/emoji are drawn by scripts/draw-emoji.
"""

from __future__ import annotations

import logging
from pathlib import Path

import discord

from bot.delivery.delivery import Network
from bot.delivery.markup import PIECES

log = logging.getLogger("recede.bot")

# Part of every name: a picture at Discord cannot be changed, so that a new drawing is another emoji.
VERSION = 1
PREFIX = "recede_"
_FOLDER = Path(__file__).parents[1] / "assets" / "emoji"


def name_of(piece: str) -> str:
    """The emoji's name at Discord, 2 to 32 letters, digits and _."""
    return f"{PREFIX}{VERSION}_{piece}"


async def bar_emoji(client: discord.Client) -> dict[str, str]:
    """The pieces that are uploaded, as "<:name:id>"; empty where Discord does not say."""
    try:
        present = {emoji.name: str(emoji) for emoji in await client.fetch_application_emojis()}
    except (discord.HTTPException, *Network) as error:
        log.info("the application's emoji are not known: %s", error, extra={"event": "emoji_unknown"})
        return {}
    return {piece: present[name_of(piece)] for piece in PIECES if name_of(piece) in present}


async def sync_emoji(client: discord.Client) -> tuple[int, int]:
    """Upload the pieces that are missing and remove those of other versions; returns how many of each.

    Raises discord.HTTPException and network errors.
    """
    present = {emoji.name: emoji for emoji in await client.fetch_application_emojis()}
    wanted = {name_of(piece): piece for piece in PIECES}
    missing = [name for name in wanted if name not in present]
    for name in missing:
        image = (_FOLDER / f"{wanted[name]}.png").read_bytes()
        await client.create_application_emoji(name=name, image=image)
    old = [emoji for name, emoji in present.items() if name.startswith(PREFIX) and name not in wanted]
    for emoji in old:
        await emoji.delete()
    return len(missing), len(old)
