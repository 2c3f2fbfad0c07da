"""What becomes of one interaction, as the person who began it sees it."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_discord.errors import Payload, Refusal
from tests.support.fake_discord.world import Channel, User

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
EPHEMERAL, LOADING, COMPONENTS_V2, SUPPRESS_EMBEDS = 1 << 6, 1 << 7, 1 << 15, 1 << 2


TICK_S = 0.02


async def came_true(holds: Callable[[], Any], within_s: float) -> bool:
    """Whether `holds` becomes true while this process is awake for `within_s`; a machine that is stopped, or busy
    with others, costs nothing."""
    for _ in range(round(within_s / TICK_S)):
        if holds():
            return True
        await asyncio.sleep(TICK_S)
    return bool(holds())


@dataclass
class Message:
    """A message and everything that it has looked like. pinged: ids of users that it has notified."""

    payload: Payload
    channel: Channel
    history: list[tuple[float, Payload]] = field(default_factory=list)
    deleted: bool = False
    pinged: set[str] = field(default_factory=set)
    embedded: list[Payload] = field(default_factory=list)  # files that only an embed shows
    nonce: Any = None

    @property
    def id(self) -> str:
        return str(self.payload["id"])

    @property
    def ephemeral(self) -> bool:
        return bool(self.payload["flags"] & EPHEMERAL)

    @property
    def loading(self) -> bool:
        return bool(self.payload["flags"] & LOADING)

    @property
    def attachments(self) -> list[Payload]:
        return list(self.payload["attachments"])

    @property
    def text(self) -> str:
        """Every word of it: content, embeds, text of components."""
        return "\n".join(words(self.payload))

    def buttons(self) -> list[Payload]:
        """Its buttons, from top to bottom."""
        return [part for part in parts(self.payload["components"]) if part["type"] == 2]

    def selects(self) -> list[Payload]:
        """Its menus."""
        return [part for part in parts(self.payload["components"]) if part["type"] in (3, 5, 6, 7, 8)]

    def remember(self) -> None:
        """Note what it looks like now."""
        self.history.append((time.monotonic(), copy.deepcopy(self.payload)))


def parts(node: Any) -> list[Payload]:
    """All components below `node`, outermost first."""
    found: list[Payload] = []
    if isinstance(node, list):
        for child in node:
            found += parts(child)
    elif isinstance(node, dict):
        if "type" in node:
            found.append(node)
        for key in ("components", "component", "accessory", "items"):
            found += parts(node.get(key))
    return found


def words(payload: Payload) -> list[str]:
    """Every piece of text in a message, from top to bottom."""
    found = [payload.get("content") or ""]
    for embed in payload.get("embeds") or []:
        found += [embed.get("title") or "", embed.get("description") or ""]
        for entry in embed.get("fields") or []:
            found += [entry["name"], entry["value"]]
        found.append((embed.get("footer") or {}).get("text") or "")
    found += [part["content"] for part in parts(payload.get("components") or []) if part["type"] == 10]
    return [word for word in found if word]


@dataclass
class Interaction:
    """One interaction.

    born_s: when it was sent, by the monotonic clock. acked_s: seconds until the first good callback. ack: the body of
    that callback. original: its answer. followups: later messages. refusals: what the bot was refused on it.
    """

    id: str
    token: str
    born_s: float
    user: User
    channel: Channel
    payload: Payload
    acked_s: float | None = None
    ack: Payload | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    edits_s: list[float] = field(default_factory=list)
    callbacks: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    async def until(self, holds: Callable[[], Any], within_s: float = 20.0, what: str = "") -> Interaction:
        """Wait until something about this interaction comes true."""
        if not await came_true(holds, within_s):
            raise AssertionError(f"waited {within_s} s for {what or 'an answer'}; there is: {self.seen()}")
        return self

    async def answered(self, within_s: float = 20.0) -> Message:
        """The original answer as soon as it says anything."""
        await self.until(lambda: self.original and not self.original.loading, within_s)
        assert self.original is not None
        return self.original

    async def finished(self, within_s: float = 30.0) -> Message:
        """The first message of this interaction that carries an animation."""
        await self.until(lambda: self.animation_message(), within_s, "an animation")
        message = self.animation_message()
        assert message is not None
        return message

    def messages(self) -> list[Message]:
        """Its messages that still stand."""
        return [m for m in [self.original, *self.followups] if m is not None and not m.deleted]

    def animation_message(self) -> Message | None:
        """The message with an animation, None as long as there is none."""
        for message in self.messages():
            for attachment in [*message.attachments, *message.embedded]:
                if attachment["filename"].removeprefix("SPOILER_").endswith((".gif", ".webp", ".mp4")):
                    return message
        return None

    def choices(self) -> list[Payload]:
        """What an autocompletion offers."""
        assert self.ack is not None
        return list(self.ack["data"]["choices"])

    def seen(self) -> str:
        """All that its user can see, and what the bot was refused."""
        texts = [repr(m.text) + repr([a["filename"] for a in m.attachments]) for m in self.messages()]
        return f"ack {self.ack and self.ack['type']}, messages {texts}, refusals {[str(r) for r in self.refusals]}"

    def shortest_edit_gap_s(self) -> float:
        """The shortest time between two edits of its messages."""
        pairs = zip(self.edits_s, self.edits_s[1:], strict=False)
        return min((later - earlier for earlier, later in pairs), default=float("inf"))
