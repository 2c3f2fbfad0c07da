"""Messages: how bodies and files become what a channel shows, under Discord's rules."""

from __future__ import annotations

import re
from typing import Any

from tests.support.fake_discord import errors
from tests.support.fake_discord.errors import Payload
from tests.support.fake_discord.interactions import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    Interaction,
    Message,
    parts,
    words,
)
from tests.support.fake_discord.schema import check_answer
from tests.support.fake_discord.world import APPLICATION, Channel, Upload, World, snowflake, timestamp

MAX_CONTENT = 2000
MAX_EMBEDS_TEXT = 6000
MAX_BUTTONS_IN_ROW = 5
SETTABLE_FLAGS = EPHEMERAL | COMPONENTS_V2 | 1 << 2 | 1 << 12


class Messages:
    """Every message there is."""

    def __init__(self, world: World, cdn: str) -> None:
        self.world = world
        self.cdn = cdn
        self.all: dict[str, Message] = {}

    def create(
        self,
        channel: Channel,
        body: Payload,
        files: dict[str, Upload],
        *,
        interaction: Interaction | None = None,
        ephemeral: bool = False,
        loading: bool = False,
    ) -> Message:
        """A new message of the bot's."""
        flags = (body.get("flags") or 0) & (SETTABLE_FLAGS if interaction else SETTABLE_FLAGS & ~EPHEMERAL)
        payload: Payload = {
            "id": snowflake(),
            "type": 20 if interaction else 0,
            "channel_id": channel.id,
            "author": self.world.bot.payload(),
            "content": "",
            "timestamp": timestamp(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "components": [],
            "pinned": False,
            "flags": flags | (EPHEMERAL if ephemeral else 0) | (LOADING if loading else 0),
            "application_id": APPLICATION,
        }
        if interaction is not None:
            payload["webhook_id"] = APPLICATION
            payload["interaction_metadata"] = _metadata(interaction)
        message = Message(payload, channel)
        if not loading:
            self._fill(message, body, files)
        self.all[message.id] = message
        message.remember()
        return message

    def edit(self, message: Message, body: Payload, files: dict[str, Upload]) -> Message:
        """Change what `body` names; the rest stays. The first edit of a message that loads is its answer."""
        if message.payload["flags"] & COMPONENTS_V2 and "flags" in body and not (body["flags"] or 0) & COMPONENTS_V2:
            raise errors.invalid_form("the flag IS_COMPONENTS_V2 cannot be removed")
        was_loading = message.loading
        message.payload["flags"] &= ~LOADING
        message.payload["flags"] |= (body.get("flags") or 0) & COMPONENTS_V2
        self._fill(message, body, files)
        if not was_loading:
            message.payload["edited_timestamp"] = timestamp()
        message.remember()
        return message

    def by_member(self, channel: Channel, author: Any, content: str, *uploads: Upload, **more: Any) -> Message:
        """A message that a member has written. more: what else Discord says of it, such as embeds."""
        message = self.create(channel, {"content": content or "."}, {})
        payload = message.payload
        payload.update(content=content, author=author.payload(), type=0)
        del payload["application_id"]
        payload["attachments"] = [self.store(upload, channel) for upload in uploads]
        payload.update(more)
        check_answer("MessageResponse", payload)
        return message

    def store(self, upload: Upload, channel: Channel, ephemeral: bool = False) -> Payload:
        """Keep a file; returns its description. The address is signed and ends, as Discord's do."""
        number = snowflake()
        self.world.files[number] = upload
        where = "ephemeral-attachments" if ephemeral else "attachments"
        url = f"{self.cdn}/{where}/{channel.id}/{number}/{upload.name}?ex=7fffffff&is=0&hm={int(number):064x}&"
        kept: Payload = {"id": number, "filename": upload.name, "url": url, "proxy_url": url, **upload.metadata()}
        return kept | {"ephemeral": True} if ephemeral else kept

    def _fill(self, message: Message, body: Payload, files: dict[str, Upload]) -> None:
        payload = message.payload
        draft = {key: payload[key] for key in ("content", "embeds", "components")}
        for key in draft:
            if key in body:
                draft[key] = body[key] or ("" if key == "content" else [])
        if body.get("components"):
            draft["components"] = _numbered(body["components"])
        attachments, embedded = self._attachments(message, body, files)
        _check_shape(draft, attachments or embedded, payload["flags"])
        draft["embeds"], attachments, embedded = _show_in_embeds(draft["embeds"], attachments, embedded)
        message.embedded = embedded
        payload.update(draft, attachments=attachments)
        self._ping(message, body)
        check_answer("MessageResponse", payload)

    def _attachments(
        self, message: Message, body: Payload, files: dict[str, Upload]
    ) -> tuple[list[Payload], list[Payload]]:
        """What is kept of the old files, and the new ones after them."""
        shown, embedded = message.attachments, list(message.embedded)
        named = {str(entry["id"]): entry for entry in body.get("attachments") or []}
        if body.get("attachments") is not None:
            known = {entry["id"] for entry in shown + embedded}
            new = {key[len("files[") : -1] for key in files}
            unknown = set(named) - known - new
            if unknown:
                raise errors.invalid_form(f"attachments name no file: {sorted(unknown)}")
            shown = [entry for entry in shown if entry["id"] in named]
            embedded = [entry for entry in embedded if entry["id"] in named]
        for key, upload in files.items():
            match = re.fullmatch(r"files\[(\d+)\]", key)
            if match is None:
                raise errors.invalid_form(f"a file cannot be called {key}")
            about = named.get(match[1], {})
            upload.name = about.get("filename") or upload.name
            entry = self.store(upload, message.channel, message.ephemeral)
            if about.get("description"):
                entry["description"] = about["description"]
            shown.append(entry)
        if len(shown) + len(embedded) > 10:
            raise errors.Refusal(400, 30015, "Maximum number of attachments in a message reached (10)")
        return shown, embedded

    def _ping(self, message: Message, body: Payload) -> None:
        """Whom the text notifies, after allowed_mentions."""
        allowed = body.get("allowed_mentions")
        found = set(re.findall(r"<@!?(\d+)>", message.payload["content"]))
        if re.search(r"@(everyone|here)\b", message.payload["content"]):
            found.add("everyone")
        if allowed is not None:
            parse = allowed.get("parse") or []
            users = set(map(str, allowed.get("users") or []))
            found = {who for who in found if who in users or ("everyone" if who == "everyone" else "users") in parse}
        message.pinged |= found


def _metadata(interaction: Interaction) -> Payload:
    kind = interaction.payload["type"]
    about: Payload = {
        "id": interaction.id,
        "type": kind,
        "user": interaction.user.payload(),
        "authorizing_integration_owners": interaction.payload["authorizing_integration_owners"],
    }
    if kind == 3:
        about["interacted_message_id"] = interaction.payload["message"]["id"]
    if kind == 5:
        about["triggering_interaction_metadata"] = {**about, "type": 2}
    return about


def _numbered(components: list[Payload]) -> list[Payload]:
    """Components as Discord gives them back: each with a number."""
    count = 0

    def number(node: Any) -> Any:
        nonlocal count
        if isinstance(node, list):
            return [number(child) for child in node]
        if not isinstance(node, dict):
            return node
        nested = ("components", "accessory", "options", "items")
        copied = {key: number(child) if key in nested else child for key, child in node.items()}
        copied = {key: child for key, child in copied.items() if child is not None}
        if "emoji" in copied:
            copied["emoji"] = {key: child for key, child in copied["emoji"].items() if child is not None}
        if "type" in node:
            count += 1
            copied.setdefault("id", count)
        if "media" in node:  # Discord looks at what is shown there
            url = node["media"]["url"]
            copied["media"] = {"id": snowflake(), "url": url, "proxy_url": url}
            copied = {"description": None, "spoiler": False, **copied}
        return copied

    numbered: list[Payload] = number(components)
    return numbered


def _check_shape(draft: Payload, files: list[Payload], flags: int) -> None:
    if len(draft["content"]) > MAX_CONTENT:
        raise errors.invalid_form(f"content: {len(draft['content'])} characters, {MAX_CONTENT} are allowed")
    if flags & COMPONENTS_V2:
        if draft["content"] or draft["embeds"]:
            raise errors.invalid_form("content and embeds cannot be used with IS_COMPONENTS_V2")
    elif any(part["type"] != 1 for part in draft["components"]):
        raise errors.invalid_form("without IS_COMPONENTS_V2 only action rows can be at the top")
    if not (draft["content"] or draft["embeds"] or draft["components"] or files):
        raise errors.empty_message()
    components = parts(draft["components"])
    custom = [part["custom_id"] for part in components if part.get("custom_id")]
    if len(set(custom)) < len(custom):
        raise errors.invalid_form("COMPONENT_CUSTOM_ID_DUPLICATED")
    for row in components:
        if row["type"] == 1 and not 1 <= len(row["components"]) <= MAX_BUTTONS_IN_ROW:
            raise errors.invalid_form("an action row holds 1 to 5 components")
        if row["type"] == 1 and any(part["type"] != 2 for part in row["components"]) and len(row["components"]) > 1:
            raise errors.invalid_form("a menu needs a row of its own")
    size = sum(len(word) for word in words({"embeds": draft["embeds"]}))
    if size > MAX_EMBEDS_TEXT:
        raise errors.invalid_form(f"embeds: {size} characters, {MAX_EMBEDS_TEXT} are allowed")


def _show_in_embeds(
    embeds: list[Payload], shown: list[Payload], embedded: list[Payload]
) -> tuple[list[Payload], list[Payload], list[Payload]]:
    """Files that an embed names by attachment:// are shown there and no longer below the text."""
    result = []
    for embed in embeds:
        embed = dict(embed, type=embed.get("type", "rich"))
        for place in ("image", "thumbnail"):
            url = (embed.get(place) or {}).get("url", "")
            if url.startswith("attachment://"):
                entry = next((e for e in shown + embedded if e["filename"] == url[len("attachment://") :]), None)
                if entry is None:
                    raise errors.invalid_form(f"{place} names the file {url}, which is not there")
                if entry in shown:
                    shown = [e for e in shown if e is not entry]
                    embedded = [*embedded, entry]
                embed[place] = {"url": entry["url"], "proxy_url": entry["url"]}
        result.append(embed)
    return result, shown, embedded
