"""What the buttons and menus do. They are found by their ids alone, so those of an earlier run work as well."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from typing import Any, Self, cast

import discord

from bot.client import Interaction, RecedeClient, asker, reader, say_here, settle, tell
from bot.components.choices import PICK_ACTIONS, use_picked
from bot.delivery.buttons import FORMATS, Handle, button, inert, read_handle, template
from bot.delivery.delivery import Network
from bot.delivery.variations import something_else, stronger, weaker
from bot.errors import Refused
from bot.messages import say_duration
from bot.order import Order, from_json
from bot.policy.policy import DAY_S, Consent
from bot.requests.consent import answer_question
from bot.requests.requests import Wish, ask_again, check_pictured
from engine.errors import RecedeError

# A second click within this time is one hand's double click.
DOUBLE_CLICK_S = 2.0


# By the action in a button's id, which those of earlier versions have as well.
CONSENT_ACTIONS: dict[str, Consent] = {"optout": "out", "askfirst": "ask", "optin": "in"}


class _Clicks:
    """Who clicked what, so that a double click is one."""

    def __init__(self) -> None:
        self._last: dict[tuple[object, ...], float] = {}

    def is_double(self, interaction: Interaction, custom_id: str) -> bool:
        """Whether the same hand has just clicked the same thing."""
        at_s = interaction.created_at.timestamp()
        self._last = {key: last_s for key, last_s in self._last.items() if at_s - last_s < DOUBLE_CLICK_S}
        key = (interaction.user.id, custom_id, *_chosen(interaction))
        double = key in self._last
        self._last[key] = at_s
        return double


_clicks = _Clicks()


class Component(discord.ui.DynamicItem[discord.ui.Item[Any]], template="recede:none"):
    """What all of them share: the handle in the id, one answer per interaction, one per double click."""

    def __init__(self, item: discord.ui.Item[Any], handle: Handle) -> None:
        super().__init__(item)
        self.handle = handle

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The component that was clicked."""
        return cls(item, read_handle(match))

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Answer each interaction once; let the second half of a double click pass without a word."""
        if not interaction.client.resources.first_time(interaction.id):
            return False
        if _clicks.is_double(interaction, self.custom_id):
            await settle(interaction)
            return False
        return True

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do it, and tell the member whatever goes wrong."""
        here = cast("Interaction", interaction)
        try:
            await self.act(here)
        except (Refused, RecedeError) as error:
            await tell(here, error)
        except Exception:
            await tell(here, Refused("unexpected"))
            raise

    async def act(self, interaction: Interaction) -> None:
        """What this component is for. May raise Refused and RecedeError, which are told."""
        raise NotImplementedError


class Variation(Component, template=template("weaker", "stronger", "attribute", *FORMATS)):
    """Weaker, stronger, something else, another format: the same photo once more, as an order of whoever clicked."""

    async def act(self, interaction: Interaction) -> None:
        """Look the photo up and begin. Raises Refused."""
        message = interaction.message
        private = message is not None and message.flags.ephemeral
        handle = self.handle
        # Another file of what one already has does not count as a picture.
        at_once = handle.action in FORMATS and handle.owner_id == interaction.user.id
        settings = interaction.client.resources.policy.of(interaction.guild_id or 0)
        if settings.asker_buttons and handle.owner_id != interaction.user.id:
            raise Refused("buttons_of_asker")
        pictured_id = handle.pictured_id or handle.owner_id
        await ask_again(interaction, lambda: self._wish(interaction), pictured_id, private, at_once)

    async def _wish(self, interaction: Interaction) -> Wish:
        text = await interaction.client.resources.storage.post(self.handle.post_id)
        if text is None:
            raise Refused("post_forgotten")
        try:
            order = from_json(text)
        except ValueError:
            raise Refused("post_forgotten") from None
        if order.photo.kind == "avatar":
            interaction.client.resources.policy.check_avatars(asker(interaction), order.pictured_id)
        # Whose picture it is counts as long as it is known; else who posted it, for everybody but them.
        pictured_id = order.pictured_id or (order.user_id if order.user_id != interaction.user.id else 0)
        check_pictured(interaction, pictured_id)
        return replace(_varied(order, self.handle.action, _chosen(interaction)), pictured_id=pictured_id)


class DeleteButton(Component, template=template("delete")):
    """Remove an answer, the memory of where its photo lies, and what the engines keep for whoever asked for it."""

    async def act(self, interaction: Interaction) -> None:
        """Remove it where this member may. Raises Refused."""
        handle = self.handle
        mine = interaction.user.id in (handle.owner_id, handle.pictured_id)
        if not mine and not interaction.permissions.manage_messages:
            raise Refused("not_yours_to_delete")
        await interaction.client.resources.storage.forget_post(handle.post_id)
        settled = await settle(interaction)
        await interaction.client.resources.desk.forget_prepared((handle.owner_id,))
        if not settled:
            return
        try:
            await interaction.delete_original_response()
        except (discord.HTTPException, *Network):
            if interaction.message is not None:
                await interaction.message.delete()


class CancelButton(Component, template=template("cancel")):
    """Take an order out of the queue."""

    async def act(self, interaction: Interaction) -> None:
        """Cancel it where this member may. Raises Refused."""
        handle = self.handle
        if interaction.user.id != handle.owner_id and not interaction.permissions.manage_messages:
            raise Refused("not_yours_to_cancel")
        if not await settle(interaction):
            return
        ended = await interaction.client.resources.desk.cancel(handle.post_id)
        if not ended:
            await tell(interaction, Refused("cancel_too_late"))


class Pick(Component, template=template(*PICK_ACTIONS)):
    """One of several pictures of a message."""

    async def act(self, interaction: Interaction) -> None:
        """Do with it what it was to be picked for."""
        await use_picked(interaction, self.handle)


class Permission(Component, template=template("allow", "deny")):
    """What the member pictured says to an order that waits for them."""

    async def act(self, interaction: Interaction) -> None:
        """Begin it, or drop it. Raises Refused."""
        handle = self.handle
        if interaction.user.id != handle.pictured_id:
            raise Refused("not_yours_to_allow", user=f"<@{handle.pictured_id}>")
        if await settle(interaction):
            await answer_question(interaction, handle.post_id, handle.action == "allow")


class ConsentButton(Component, template=template(*CONSENT_ACTIONS)):
    """The wish below /recede privacy."""

    async def act(self, interaction: Interaction) -> None:
        """Note it."""
        consent = CONSENT_ACTIONS[self.handle.action]
        if not await settle(interaction):
            return
        await interaction.client.resources.set_consent(interaction.user.id, consent)
        with contextlib.suppress(discord.HTTPException, *Network):
            text = interaction.client.resources.markup.dress(privacy_text(interaction))
            await interaction.edit_original_response(content=text, view=consent_view(interaction))
        await tell(interaction, say_here(interaction, f"consent_{consent}_now"))


class ForgetButton(Component, template=template("forget")):
    """The yes below /recede forget-me."""

    async def act(self, interaction: Interaction) -> None:
        """Forget whoever clicks."""
        if not await settle(interaction):
            return
        await interaction.client.resources.forget_user(interaction.user.id)
        with contextlib.suppress(discord.HTTPException, *Network):
            await interaction.edit_original_response(content=say_here(interaction, "forgotten"), view=None)


def privacy_text(interaction: Interaction) -> str:
    """What is kept, and whether others may use the reader's picture."""
    resources = interaction.client.resources
    consent = resources.policy.consent_of(interaction.user.id)
    days = f"{resources.settings.bot.buttons_s / DAY_S:.2g}"
    recent_s = resources.settings.shared.engine.recent_s
    span = say_duration(reader(interaction), recent_s)
    recent = say_here(interaction, "privacy_recent", span=span) if recent_s else ""
    state = say_here(interaction, f"consent_{consent}")
    return say_here(interaction, "privacy", days=days, recent=recent, state=state)


def consent_view(interaction: Interaction) -> discord.ui.View:
    """The buttons below /recede privacy: what the reader has not chosen."""
    user_id = interaction.user.id
    now = interaction.client.resources.policy.consent_of(user_id)
    return inert(
        *(
            button(say_here(interaction, f"button_consent_{consent}"), Handle(action, "0", user_id, 0).custom_id)
            for action, consent in CONSENT_ACTIONS.items()
            if consent != now
        )
    )


def forget_view(interaction: Interaction) -> discord.ui.View:
    """The button below /recede forget-me."""
    handle = Handle("forget", "0", interaction.user.id, 0)
    label = say_here(interaction, "button_forget")
    return inert(button(label, handle.custom_id, "🗑️", discord.ButtonStyle.danger))


def add_components(client: RecedeClient) -> None:
    """Have `client` find the components by their ids."""
    client.add_dynamic_items(Variation, DeleteButton, CancelButton, Pick, Permission, ConsentButton, ForgetButton)


def _chosen(interaction: Interaction) -> list[str]:
    """What was picked in a menu; a button has nothing to pick."""
    return list(cast("dict[str, Any]", interaction.data or {}).get("values") or [])


def _varied(order: Order, action: str, values: list[str]) -> Wish:
    """What a click on the answer to `order` asks for."""
    wish = Wish(order.photo, order.options, order.animation.format, order.pictured_id)
    if action in FORMATS:
        return replace(wish, format=action, drawn_by=order.drawn_by or order.job_id)
    if action == "attribute":
        if not values:
            raise Refused("unexpected")
        return replace(wish, options=something_else(order.options, values[0]))
    options = weaker(order.options) if action == "weaker" else stronger(order.options)
    return replace(wish, options=options or order.options)
