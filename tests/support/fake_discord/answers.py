"""What each REST route does."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.support.fake_discord import errors
from tests.support.fake_discord.command_rules import SLASH, check_commands
from tests.support.fake_discord.errors import Payload
from tests.support.fake_discord.interactions import AUTOCOMPLETE, COMPONENT, EPHEMERAL, MODAL_SUBMIT, Interaction
from tests.support.fake_discord.world import (
    APPLICATION,
    ATTACH_FILES,
    EMBED_LINKS,
    MIB,
    READ_HISTORY,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    Channel,
    Upload,
    snowflake,
)

if TYPE_CHECKING:
    from tests.support.fake_discord.server import FakeDiscord

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
MAX_USER_INSTALL_FOLLOWUPS = 5
MAX_EMOJI_BYTES = 256 * 1024
Files = dict[str, Upload]


def answer(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")


class Answers:
    """The routes' bodies. Each takes the request, its checked body, its files, and what its path names."""

    def __init__(self, fake: FakeDiscord) -> None:
        self.fake = fake

    async def me(self, _request: web.Request, _body: Any, _files: Files) -> web.Response:
        return answer(self.fake.world.bot.payload() | {"verified": True, "mfa_enabled": True, "locale": "en-US"})

    async def user(self, _request: web.Request, _body: Any, _files: Files, user_id: str) -> web.Response:
        user = self.fake.world.users.get(user_id)
        if user is None:
            raise errors.Refusal(404, 10013, "Unknown User")
        return answer(user.payload())

    async def application(self, request: web.Request, body: Any, _files: Files) -> web.Response:
        if request.method == "PATCH":
            self._set_up(body)
        return answer(
            {
                "id": APPLICATION,
                "name": "Recede",
                "icon": None,
                "description": self.fake.description,
                "bot_public": self.fake.public,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
                "flags": 1 << 19 if self.fake.message_content else 0,
                "team": None,
                "summary": "",
                "owner": self.fake.world.owner.payload(),
                "integration_types_config": self.fake.integration_types_config,
                "approximate_guild_count": len(self.fake.world.guilds),
            }
        )

    def _set_up(self, body: Payload) -> None:
        installs = body.get("integration_types_config") or self.fake.integration_types_config
        with_link = [kind for kind, how in installs.items() if (how or {}).get("oauth2_install_params")]
        if with_link and not self.fake.public:
            raise errors.invalid_form("Private application cannot have a default authorization link")
        for kind in with_link:
            scopes = installs[kind]["oauth2_install_params"]["scopes"]
            if kind == "1" and "bot" in scopes:
                raise errors.invalid_form("the scope bot is not for users")
        self.fake.integration_types_config = installs
        self.fake.description = body.get("description", self.fake.description)

    async def emoji(self, request: web.Request, body: Any, _files: Files, application: str) -> web.Response:
        known = self.fake.emoji
        if request.method == "GET":
            return answer({"items": list(known.values())})
        if any(emoji["name"] == body["name"] for emoji in known.values()):
            raise errors.invalid_form("the emoji's name is taken")
        kind, _, data = body["image"].partition(";base64,")
        image = base64.b64decode(data, validate=True)
        if kind not in ("data:image/png", "data:image/gif", "data:image/jpeg") or len(image) > MAX_EMOJI_BYTES:
            raise errors.invalid_form("no image of an emoji")
        emoji = {
            "id": snowflake(),
            "name": body["name"],
            "roles": [],
            "require_colons": True,
            "managed": False,
            "animated": kind == "data:image/gif",
            "available": True,
            "user": self.fake.world.bot.payload(),
        }
        known[emoji["id"]] = emoji
        return answer(emoji, 201)

    async def one_emoji(
        self, request: web.Request, _body: Any, _files: Files, _application: str, emoji_id: str
    ) -> web.Response:
        if emoji_id not in self.fake.emoji:
            raise errors.Refusal(404, 10014, "Unknown Emoji")
        if request.method == "DELETE":
            del self.fake.emoji[emoji_id]
            return web.Response(status=204)
        return answer(self.fake.emoji[emoji_id])

    async def gateway(self, request: web.Request, _body: Any, _files: Files) -> web.Response:
        if not request.path.endswith("/bot"):
            return answer({"url": self.fake.gateway_url})
        starts = {
            "total": 1000,
            "remaining": self.fake.gateway.starts_left,
            "reset_after": 86_400_000,
            "max_concurrency": 1,
        }
        return answer({"url": self.fake.gateway_url, "shards": self.fake.gateway.shards, "session_start_limit": starts})

    async def commands(
        self, request: web.Request, body: Any, _files: Files, _application: str, guild: str | None
    ) -> web.Response:
        known = self.fake.commands if guild is None else self.fake.guild_commands.setdefault(guild, {})
        if request.method == "PUT":
            try:
                check_commands(body, set(map(int, self.fake.integration_types_config)))
            except ValueError as error:
                raise errors.invalid_form(str(error)) from error
            fresh = {(command["name"], command.get("type") or SLASH): command for command in body}
            for key, command in fresh.items():
                base = {"id": known[key]["id"] if key in known else snowflake(), "version": snowflake()}
                blanks: Payload = {"description": "", "options": [], "default_member_permissions": None, "nsfw": False}
                given = {name: value for name, value in command.items() if value is not None or name not in blanks}
                fresh[key] = {**base, "application_id": APPLICATION, "type": key[1], **blanks, **given}
            known.clear()
            known.update(fresh)
            self.fake.syncs += 1
        return answer(list(known.values()))

    async def callback(
        self, request: web.Request, body: Payload, files: Files, _interaction_id: str, token: str
    ) -> web.Response:
        interaction = self.fake.interactions.get(token)
        age_s = time.monotonic() - interaction.born_s if interaction else 0.0
        if interaction is None or (interaction.ack is None and age_s > self.fake.ack_limit_s):
            raise errors.unknown_interaction()
        interaction.callbacks += 1
        if interaction.ack is not None:
            raise errors.already_acknowledged()
        kind, data = body["type"], body.get("data") or {}
        self._check_kind(interaction, kind)
        self._check_size(files, interaction.payload["attachment_size_limit"])
        if kind in (MESSAGE, DEFERRED):
            interaction.original = self.fake.messages.create(
                interaction.channel,
                data,
                files,
                interaction=interaction,
                ephemeral=bool((data.get("flags") or 0) & EPHEMERAL),
                loading=kind == DEFERRED,
            )
        elif kind in (DEFERRED_UPDATE, UPDATE):
            interaction.original = self.fake.messages.all[interaction.payload["message"]["id"]]
            if kind == UPDATE:
                self.fake.messages.edit(interaction.original, data, files)
        interaction.acked_s, interaction.ack = age_s, body
        if request.query.get("with_response") not in ("1", "true"):
            return web.Response(status=204)
        return answer(_callback_response(interaction, kind))

    def _check_kind(self, interaction: Interaction, kind: int) -> None:
        asked = interaction.payload["type"]
        if (kind == CHOICES) != (asked == AUTOCOMPLETE):
            raise errors.invalid_form("choices answer an autocompletion and nothing else")
        if kind in (DEFERRED_UPDATE, UPDATE) and (
            asked not in (COMPONENT, MODAL_SUBMIT) or "message" not in interaction.payload
        ):
            raise errors.invalid_form("there is no message to update")
        if kind == MODAL and asked == MODAL_SUBMIT:
            raise errors.invalid_form("a modal cannot answer a modal")

    async def followup(
        self, _request: web.Request, body: Payload, files: Files, _application: str, token: str
    ) -> web.Response:
        interaction = self._living(token)
        self._check_size(files, interaction.payload["attachment_size_limit"])
        if interaction.original is not None and interaction.original.loading:
            # The first one after a deferral is the original answer.
            message = self.fake.messages.edit(interaction.original, body, files)
        else:
            by_user = "0" not in interaction.payload["authorizing_integration_owners"]
            if by_user and len(interaction.followups) >= MAX_USER_INSTALL_FOLLOWUPS:
                raise errors.too_many_followups()
            ephemeral = bool((body.get("flags") or 0) & EPHEMERAL)
            message = self.fake.messages.create(
                interaction.channel, body, files, interaction=interaction, ephemeral=ephemeral
            )
            interaction.followups.append(message)
        return answer(message.payload)

    async def interaction_message(
        self, request: web.Request, body: Payload, files: Files, _application: str, token: str, message_id: str
    ) -> web.Response:
        interaction = self._living(token)
        message = interaction.original if message_id == "@original" else self.fake.messages.all.get(message_id)
        if message is None or message.deleted or message.channel is not interaction.channel:
            raise errors.unknown_message()
        if request.method == "GET":
            return answer(message.payload)
        if request.method == "DELETE":
            message.deleted = True
            return web.Response(status=204)
        self._check_size(files, interaction.payload["attachment_size_limit"])
        self.fake.messages.edit(message, body, files)
        interaction.edits_s.append(time.monotonic())
        return answer(message.payload)

    async def open_direct(self, _request: web.Request, body: Payload, _files: Files) -> web.Response:
        user = self.fake.world.users.get(str(body["recipient_id"]))
        if user is None:
            raise errors.Refusal(404, 10013, "Unknown User")
        return answer(self.fake.world.direct(user).payload())

    async def refresh(self, _request: web.Request, body: Payload, _files: Files) -> web.Response:
        """Attachments' addresses with a new signature; those of files that are gone are left out."""
        refreshed = []
        for url in body["attachment_urls"]:
            if url.split("?")[0].split("/")[-2] in self.fake.world.files:
                refreshed.append({"original": url, "refreshed": f"{url.split('?')[0]}?ex=7fffffff&is=1&hm=1&"})
        return answer({"refreshed_urls": refreshed})

    async def guild(self, _request: web.Request, _body: Any, _files: Files, guild_id: str) -> web.Response:
        guild = self.fake.world.guilds.get(guild_id)
        if guild is None or not guild.installed:
            raise errors.Refusal(404, 10004, "Unknown Guild")
        return answer(guild.payload(self.fake.world.bot))

    async def history(self, request: web.Request, _body: Any, _files: Files, channel_id: str) -> web.Response:
        """The channel's messages, newest first. Without the intent Message Content, those of others are hollow."""
        channel = self._visible(channel_id)
        if not channel.bot_permissions() & READ_HISTORY:
            raise errors.missing_permissions()
        theirs = [m for m in self.fake.messages.all.values() if m.channel is channel and not m.deleted]
        newest = sorted((m for m in theirs if not m.ephemeral), key=lambda m: -int(m.id))
        shown = [m.payload for m in newest[: int(request.query.get("limit", 50))]]
        if channel.guild is not None and not self.fake.message_content:
            empty: Payload = {"content": "", "embeds": [], "attachments": [], "components": []}
            shown = [p if p["author"]["id"] == APPLICATION else {**p, **empty} for p in shown]
        return answer(shown)

    async def post(self, _request: web.Request, body: Payload, files: Files, channel_id: str) -> web.Response:
        channel = self._visible(channel_id)
        if channel.recipient is not None and not channel.recipient.dms_open:
            raise errors.cannot_message_user()
        may = channel.bot_permissions()
        needed = SEND_MESSAGES | (ATTACH_FILES if files else 0) | (EMBED_LINKS if body.get("embeds") else 0)
        if needed & ~may:
            raise errors.missing_permissions()
        self._check_size(files, channel.guild.upload_limit if channel.guild else 10 * MIB)
        nonce = body.get("nonce") if body.get("enforce_nonce") else None
        known = next((m for m in self.fake.posted if nonce is not None and m.nonce == nonce), None)
        if known is not None:
            return answer(known.payload)
        message = self.fake.messages.create(channel, body, files)
        message.nonce = nonce
        self.fake.posted.append(message)
        return answer(message.payload)

    async def channel_message(
        self, request: web.Request, body: Payload, files: Files, channel_id: str, message_id: str
    ) -> web.Response:
        channel = self._visible(channel_id)
        message = self.fake.messages.all.get(message_id)
        if message is None or message.deleted or message.channel is not channel or message.ephemeral:
            raise errors.unknown_message()
        if request.method == "GET":
            return answer(message.payload)
        own = message.payload["author"]["id"] == APPLICATION
        if not own:
            raise errors.missing_permissions() if request.method == "DELETE" else _not_mine()
        if request.method == "DELETE":
            message.deleted = True
            return web.Response(status=204)
        self._check_size(files, channel.guild.upload_limit if channel.guild else 10 * MIB)
        return answer(self.fake.messages.edit(message, body, files).payload)

    def _living(self, token: str) -> Interaction:
        interaction = self.fake.interactions.get(token)
        if interaction is None or time.monotonic() - interaction.born_s > self.fake.token_life_s:
            raise errors.invalid_token()
        if interaction.ack is None:
            raise errors.unknown_webhook()
        return interaction

    def _visible(self, channel_id: str) -> Channel:
        channel = self.fake.world.channels.get(channel_id)
        if channel is None:
            raise errors.unknown_channel()
        if not channel.bot_permissions() & VIEW_CHANNEL:
            raise errors.missing_access()
        return channel

    @staticmethod
    def _check_size(files: Files, limit: int) -> None:
        if any(len(upload.data) > limit for upload in files.values()):
            raise errors.too_large()


def _not_mine() -> errors.Refusal:
    return errors.Refusal(403, 50005, "Cannot edit a message authored by another user")


def _callback_response(interaction: Interaction, kind: int) -> Payload:
    original = interaction.original
    about: Payload = {"id": interaction.id, "type": interaction.payload["type"]}
    if original is not None:
        about |= {
            "response_message_id": original.id,
            "response_message_loading": original.loading,
            "response_message_ephemeral": original.ephemeral,
        }
    resource: Payload = {"type": kind}
    if kind in (MESSAGE, UPDATE) and original is not None:
        resource["message"] = original.payload
    return {"interaction": about, "resource": resource}
