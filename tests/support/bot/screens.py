"""What a member sees, step by step, in both languages: `python -m tests.support.bot.screens` writes docs/screens.md.

The text is taken from the messages that the fake Discord has received from the real bot.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.messages import SENTENCES, say_attribute
from bot.order import Language
from tests.support.bot.harness import ROOT, online
from tests.support.bot.members import PATIENCE_S, picture, settled, working
from tests.support.bot.standin import photo
from tests.support.fake_discord import FakeDiscord, Guild, Interaction, Message, Upload, User
from tests.support.fake_discord.command_rules import localised
from tests.support.fake_discord.errors import Payload
from tests.support.fake_discord.interactions import EPHEMERAL, parts
from tests.support.fake_discord.world import MANAGE_GUILD, MEMBER

# Components, by Discord's numbers.
TEXT, GALLERY, RADIO, CHECKBOX = 10, 12, 21, 23
MENUS = (3, 5, 6, 7, 8)
PAGE = ROOT / "docs" / "screens.md"
LOCALES: dict[Language, str] = {"en": "en-US", "zh": "zh-CN"}
TITLES: dict[Language, str] = {"en": "English", "zh": "简体中文"}
HEAD = """\
# What a member sees
Written by `python -m tests.support.bot.screens` from the messages that the bot sends; a test keeps this page fresh. A
photo is attached to every `/bald` and `/edit`. 🖼 is a file with its alt text, `[ ]` a button, `[ ▾ ]` a menu, and 👁 a
message that its reader alone can see. A command in a message can be clicked.
"""


@dataclass(frozen=True)
class Screen:
    """One thing done, and the messages that follow. done: what the member types or clicks."""

    done: str
    cards: tuple[str, ...]


def card(payload: Payload) -> str:
    """One message as a quoted block."""
    lines = ["**Recede** `APP`" + (" · 👁" if payload["flags"] & EPHEMERAL else ""), *_written(payload["content"])]
    for attachment in payload["attachments"]:
        lines.append(f"🖼 `{attachment['filename']}` · *{attachment.get('description', '')}*")
    for row in payload["components"]:
        if row["type"] == TEXT:
            lines += _written(row["content"])
        elif row["type"] == GALLERY:
            lines.append(" ".join(f"🖼 {number}" for number in range(1, len(row["items"]) + 1)))
        else:
            lines.append(" ".join(_component(part) for part in parts(row) if part["type"] != 1))
    return "\n".join(f"> {line}  " for line in lines)


def _written(text: str) -> list[str]:
    return [f"<sub>{line[3:]}</sub>" if line.startswith("-# ") else line for line in text.splitlines()]


def form_card(form: Payload) -> str:
    """A form as a quoted block."""
    lines = [f"**{form['title']}**"]
    for label in form["components"]:
        field = label["component"]
        shown = [
            f"({'•' if option.get('default') else ' '}) {option['label']}" for option in field.get("options") or []
        ]
        if field["type"] == RADIO:
            lines.append(f"{label['label']}: {' '.join(shown)}")
        elif field["type"] in MENUS:
            names = [option["label"] for option in field["options"]]
            lines.append(f"{label['label']}: `[ {' · '.join(names)} ▾ ]`")
        else:
            lines.append(f"{label['label']}: {'☐' if field['type'] == CHECKBOX else '📎'}")
    return "\n".join(f"> {line}  " for line in lines)


def _component(part: Payload) -> str:
    if part["type"] in MENUS:
        return f"`[ {part['placeholder']} ▾ ]`"
    emoji = (part.get("emoji") or {}).get("name", "")
    text = f"{emoji} {part.get('label', '')}".strip()
    return f"~~`[{text}]`~~" if part.get("disabled") else f"`[{text}]`"


def waiting_pattern(language: Language) -> re.Pattern[str]:
    """What a progress message says as long as the job waits."""
    return re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(SENTENCES[language]["waiting"])))


def moments(message: Message, language: Language) -> tuple[str, ...]:
    """The place in the queue, the work with its preview, and the answer."""
    waiting = waiting_pattern(language)
    looks = [payload for _, payload in message.history if payload["content"]]
    queued = next(look for look in looks if waiting.search(look["content"]))
    working = next(look for look in looks if "▰" in look["content"] and look["attachments"])
    return tuple(card(look) for look in (queued, working, looks[-1]))


class Visit:
    """One member's tour through the bot."""

    def __init__(self, discord: FakeDiscord, guild: Guild, language: Language, gate: Path) -> None:
        self.discord, self.language, self.gate = discord, language, gate
        self.guild = guild  # one's own: settings are changed on the way
        self.channel = next(iter(guild.channels.values()))
        self.looked = asyncio.Event()
        self.member = self._user("Mia" if language == "en" else "小明", MEMBER | MANAGE_GUILD)
        self.screens: list[Screen] = []

    def _user(self, name: str, permissions: int = MEMBER, avatar: bytes | None = None) -> User:
        world = self.discord.world
        return world.add_member(self.guild, world.add_user(name, LOCALES[self.language], avatar), permissions)

    async def tour(self) -> None:
        """Everything, one after the other."""
        finished = await self._wait_and_see()
        await self._click(finished, finished.buttons()[0])
        await self._edit()
        await self._form()
        await self._several()
        friend = self._user("Frida", avatar=photo())
        menu = self._name("Bald this avatar", 2)
        await self._show(f"Apps → {menu} (Frida)", self._on_user(menu, friend))
        await self._slash("bald", {"image": Upload("mountain.png", photo(do="raise", code="no_face"))})
        await self._slash("bald", {"image": Upload("hat.png", photo(do="raise", code="hat_in_the_way"))})
        await self._slash("bald", {"image": Upload("notes.txt", b"hello", old_client=True)})
        await self._slash("recede privacy", {"choice": "out"}, user=friend)
        await self._show(f"Apps → {menu} (Frida)", self._on_user(menu, friend))
        await self._slash("recede privacy", {"choice": "ask"}, user=friend)
        await self._show(f"Apps → {menu} (Frida)", self._on_user(menu, friend))
        for name in ("recede help", "recede privacy", "recede forget-me"):
            await self._slash(name)
        await self._slash("recede-admin settings", {"cooldown": 10, "jobs_per_user": 2, "spoiler": False})

    async def _wait_and_see(self) -> Message:
        """A /bald that has to wait, a look at the queue meanwhile, and one at the work."""
        script = [["learning the face", 0.45, str(self.gate)]]
        sent: list[Interaction] = []
        whole = asyncio.create_task(
            self._slash("bald", picture(script=script), look=lambda m: moments(m, self.language), sent=sent)
        )
        waiting = waiting_pattern(self.language)
        await self.discord.until(
            lambda: sent and sent[0].original and waiting.search(sent[0].original.text), PATIENCE_S
        )
        await self._slash("queue")
        self.looked.set()
        await self.discord.until(lambda: sent[0].original and sent[0].original.attachments, PATIENCE_S)
        self.gate.touch()
        finished = await whole
        self.screens.sort(key=lambda screen: len(screen.cards) == 1)  # the one that began first, first
        return finished

    async def _edit(self) -> None:
        await self._slash("edit", {**picture(), "attribute": "beard", "strength": 2.0})

    async def _form(self) -> None:
        """/edit without anything."""
        opened = await self.discord.slash("edit", user=self.member, channel=self.channel)
        await opened.until(lambda: opened.ack)
        assert opened.ack is not None
        done = "/" + localised(self.discord.commands["edit", 1], LOCALES[self.language])
        self.screens.append(Screen(done, (form_card(opened.ack["data"]),)))

    async def _several(self) -> None:
        """The menu of a message with two pictures."""
        files = (Upload("a.png", photo()), Upload("b.png", photo()))
        message = self.discord.messages.by_member(self.channel, self.member, "?", *files)
        menu = self._name("Edit this picture", 3)
        await self._show(f"Apps → {menu}", self.discord.on_message(menu, message, user=self.member))

    def _on_user(self, menu: str, target: User) -> Awaitable[Interaction]:
        return self.discord.on_user(menu, target, user=self.member, channel=self.channel)

    async def _click(self, message: Message, button: Payload) -> None:
        sending = self.discord.click(message, button["custom_id"], user=self.member)
        await self._show(_component(button).strip("`"), sending)

    async def _slash(
        self,
        name: str,
        options: dict[str, Any] | None = None,
        user: User | None = None,
        look: Callable[[Message], tuple[str, ...]] | None = None,
        sent: list[Interaction] | None = None,
    ) -> Message:
        first, *rest = name.split(" ")
        level = self.discord.commands[first, 1]
        typed = ["/" + localised(level, LOCALES[self.language])]
        for step in rest:
            level = next(option for option in level["options"] if option["name"] == step)
            typed.append(localised(level, LOCALES[self.language]))
        for key, value in (options or {}).items():
            option = next(entry for entry in level["options"] if entry["name"] == key)
            typed.append(f"{localised(option, LOCALES[self.language])}:{_typed(option, value, self.language)}")
        interaction = await self.discord.slash(name, options, user=user or self.member, channel=self.channel)
        if sent is not None:
            sent.append(interaction)
        return await self._show(" ".join(typed), _itself(interaction), look)

    async def _show(
        self, done: str, sending: Awaitable[Interaction], look: Callable[[Message], tuple[str, ...]] | None = None
    ) -> Message:
        message = await settled(await sending)
        self.screens.append(Screen(done, look(message) if look else (card(message.payload),)))
        return message

    def _name(self, name: str, kind: int) -> str:
        return localised(self.discord.commands[name, kind], LOCALES[self.language])


async def _itself(interaction: Interaction) -> Interaction:
    return interaction


def _typed(option: Payload, value: Any, language: Language) -> str:
    if isinstance(value, Upload):
        return f"📎 {value.name}"
    if option.get("autocomplete"):
        return say_attribute(language, value)
    for choice in option.get("choices") or []:
        if choice["value"] == value:
            return localised(choice, LOCALES[language])
    return f"{value:g}" if isinstance(value, float) else str(value)


async def make_page(folder: Path) -> str:
    """Run the tours and write the page's text."""
    async with online(folder) as (discord, _):
        gate = folder / "gate"
        blocker = await discord.slash("bald", picture(script=[["reading the photo", 0.02, str(gate)]]))
        await working(blocker)
        visits = [
            Visit(discord, await discord.join(TITLES[language]), language, folder / f"gate-{language}")
            for language in LOCALES
        ]
        tours = [asyncio.create_task(visit.tour()) for visit in visits]
        await discord.until(
            lambda: all(v.looked.is_set() for v in visits) or any(t.done() for t in tours), PATIENCE_S, "both to look"
        )
        gate.touch()
        await asyncio.gather(*tours)
        assert discord.misbehaviour() == []
    sections = [HEAD]
    for visit in visits:
        sections.append(f"## {TITLES[visit.language]}\n")
        for screen in visit.screens:
            sections.append(f"**`{screen.done}`**\n\n" + "\n\n".join(screen.cards) + "\n")
    text = "\n".join(sections)
    for person in discord.world.users.values():
        text = text.replace(f"<@{person.id}>", f"@{person.name}")
    return re.sub(r"</([^:>]+):\d+>", r"`/\1`", text)  # each run's Discord gives other ids


def essence(page: str) -> str:
    """`page` without what differs from run to run: numbers and bars."""
    return re.sub(r"[▰▱]+", "▰", re.sub(r"\d+(\.\d+)?", "0", page))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="recede-screens-") as folder_name:
        PAGE.write_text(asyncio.run(make_page(Path(folder_name))), "utf-8")
    print(PAGE)
