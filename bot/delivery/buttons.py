"""The buttons and menus below messages: what they look like, and what their ids say. What they do is in
bot.components.views.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import discord

from bot.delivery.variations import stronger, weaker
from bot.messages import say, say_attribute
from bot.order import Language, Order
from engine.protocol import EDIT_ATTRIBUTES, FILM_FORMATS, AnimationFormat, EditOptions

FORMATS: tuple[AnimationFormat, ...] = (*FILM_FORMATS, "png")
ID_PATTERN = (
    r"recede:(?P<action>{actions}):(?P<post>[0-9]{{1,20}}):(?P<owner>[0-9]{{1,20}}):(?P<pictured>[0-9]{{1,20}})"
)


@dataclass(frozen=True)
class Handle:
    """What a component's id says: the order behind the message, who asked, and who is pictured (0: unknown)."""

    action: str
    post_id: str
    owner_id: int
    pictured_id: int

    @property
    def custom_id(self) -> str:
        """The id, at most 100 characters."""
        return f"recede:{self.action}:{self.post_id}:{self.owner_id}:{self.pictured_id}"


def template(*actions: str) -> str:
    """The pattern of the ids of these actions."""
    return ID_PATTERN.format(actions="|".join(actions))


def read_handle(match: re.Match[str]) -> Handle:
    """The handle in an id that fits the pattern."""
    return Handle(match["action"], match["post"], int(match["owner"]), int(match["pictured"]))


def handle_in(custom_id: str) -> Handle | None:
    """The handle in any of our ids, None where it is not one."""
    match = re.fullmatch(template("[a-z0-9]+"), custom_id)
    return read_handle(match) if match is not None else None


def answer_view(order: Order) -> discord.ui.View:
    """What stands below a finished picture."""

    def handle(action: str) -> str:
        return Handle(action, order.order_id, order.user_id, order.pictured_id).custom_id

    language = order.language
    grey, red = discord.ButtonStyle.secondary, discord.ButtonStyle.danger
    items: list[discord.ui.Item[Any]] = [
        button(say(language, "button_weaker"), handle("weaker"), "➖", grey, weaker(order.options) is None),
        button(say(language, "button_stronger"), handle("stronger"), "➕", grey, stronger(order.options) is None),
    ]
    for name in FORMATS:
        if name != order.animation.format:
            items.append(button(say_format(language, name), handle(name), "🖼️" if name == "png" else "🎞️", grey))
    items.append(button(say(language, "button_delete"), handle("delete"), "🗑️", red))
    items.append(_attribute_menu(order, handle("attribute")))
    return inert(*items)


def say_format(language: Language, name: AnimationFormat) -> str:
    """The label of the button that makes another file of the same."""
    if name == "png":
        return say(language, "button_before_after")
    return say(language, "button_format", format="WebP" if name == "webp" else name.upper())


def removal_view(language: Language, order_id: str, owner_id: int, pictured_id: int = 0) -> discord.ui.View:
    """What stands below a sentence that says why there is no picture."""
    handle = Handle("delete", order_id, owner_id, pictured_id)
    return inert(button(say(language, "button_delete"), handle.custom_id, "🗑️", discord.ButtonStyle.danger))


def cancel_view(language: Language, job_id: str, owner_id: int, pictured_id: int = 0) -> discord.ui.View:
    """What stands below a progress message."""
    handle = Handle("cancel", job_id, owner_id, pictured_id)
    return inert(button(say(language, "button_cancel"), handle.custom_id, "✖️"))


def question_view(order: Order) -> discord.ui.View:
    """What stands below a question to the member pictured."""

    def handle(action: str) -> str:
        return Handle(action, order.order_id, order.user_id, order.pictured_id).custom_id

    language, green = order.language, discord.ButtonStyle.success
    return inert(
        button(say(language, "button_allow"), handle("allow"), "👍", green),
        button(say(language, "button_deny"), handle("deny"), "🙅"),
    )


def button(
    label: str,
    custom_id: str,
    emoji: str | None = None,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    disabled: bool = False,
) -> discord.ui.Button[discord.ui.View]:
    """A button without behaviour."""
    return discord.ui.Button(label=label, custom_id=custom_id, emoji=emoji, style=style, disabled=disabled)


def inert(*items: discord.ui.Item[Any]) -> discord.ui.View:
    """A view to be sent and not to be kept: its clicks are dispatched by their ids, also after a restart."""
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    return view


def _attribute_menu(order: Order, custom_id: str) -> discord.ui.Select[discord.ui.View]:
    shown = {edit.attribute for edit in order.options.edits} if isinstance(order.options, EditOptions) else {"bald"}
    options = [
        discord.SelectOption(label=say_attribute(order.language, name), value=name)
        for name in EDIT_ATTRIBUTES
        if name not in shown
    ]
    return discord.ui.Select(
        custom_id=custom_id, placeholder=say(order.language, "menu_attribute"), options=options[:25]
    )
