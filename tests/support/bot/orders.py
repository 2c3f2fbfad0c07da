"""Orders for the tests."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from bot.order import Order, PhotoSource, Place
from engine.protocol import AnimationOptions, BaldOptions, Rendered

PLACE = Place(
    application_id=1000,
    token="an-interaction-token",
    born_s=0.0,
    channel_id=3000,
    guild_id=2000,
    bot_present=True,
    private=False,
    spoiler=False,
)


def order(order_id: str = "77", place: dict[str, Any] | None = None, **changes: Any) -> Order:
    """An order of now, for user 4000; `place` and the others change it."""
    made = Order(
        order_id=order_id,
        user_id=4000,
        pictured_id=0,
        language="en",
        photo=PhotoSource("https://cdn.discordapp.com/attachments/1/2/me.png?ex=7fffffff"),
        options=BaldOptions(),
        animation=AnimationOptions(),
        place=dataclasses.replace(PLACE, **{"born_s": time.time(), **(place or {})}),
        expires_at_s=time.time() + 840,
    )
    return dataclasses.replace(made, **changes)


def rendered(**changes: Any) -> Rendered:
    """A finished animation, as far as the bot looks at it."""
    measured = {"norwood_stage": 2.5, "faces": 1.0}
    made = Rendered(b"GIF89a-bytes", "gif", 64, 64, 24, "Edited picture: a person.", (), measured)
    return dataclasses.replace(made, **changes)
