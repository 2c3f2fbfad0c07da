"""Who and what there is: users, guilds with channels, direct messages, uploaded files."""

from __future__ import annotations

import io
import itertools
import mimetypes
import time
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, UnidentifiedImageError

from tests.support.fake_discord.errors import Payload

EPOCH_MS = 1420070400000
APPLICATION = "90071992547409920"
MIB = 2**20

VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_HISTORY = 1 << 16
MANAGE_GUILD = 1 << 5
ADMINISTRATOR = 1 << 3
USE_COMMANDS = 1 << 31
MEMBER = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_HISTORY | USE_COMMANDS
EVERYTHING = (1 << 52) - 1

GUILD_TEXT, DIRECT, CATEGORY = 0, 1, 4

_serial = itertools.count(1)


def snowflake() -> str:
    """A new id; its upper bits are the time, from which clients derive when an interaction ends."""
    return str((int(time.time() * 1000) - EPOCH_MS << 22) + next(_serial) % 4096)


def timestamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00", time.gmtime())


@dataclass
class Upload:
    """A file as a client hands it in. claims: what its metadata says instead of the truth (size, width, ...).
    old_client: whether the client is too old to know which types of file an option takes."""

    name: str
    data: bytes
    content_type: str | None = None
    claims: Payload = field(default_factory=dict)
    old_client: bool = False

    def metadata(self) -> Payload:
        """What Discord finds out about it."""
        found: Payload = {"size": len(self.data)}
        kind = self.content_type
        if not kind or kind == "application/octet-stream":
            kind = mimetypes.guess_type(self.name)[0]
        if kind:
            found["content_type"] = kind
        if kind and kind.startswith("image/"):
            try:
                with Image.open(io.BytesIO(self.data)) as image:
                    found["width"], found["height"] = image.size
            except (UnidentifiedImageError, Image.DecompressionBombError, OSError):
                pass  # Discord leaves the dimensions out, too
        return found | self.claims


@dataclass
class User:
    """A person. dms_open: whether the bot may write to them. installed: whether they have the app themselves."""

    id: str
    name: str
    locale: str = "en-US"
    bot: bool = False
    avatar: str | None = None
    dms_open: bool = True
    installed: bool = False

    def payload(self) -> Payload:
        return {
            "id": self.id,
            "username": self.name.lower(),
            "discriminator": "0",
            "global_name": self.name,
            "avatar": self.avatar,
            "bot": self.bot,
            "public_flags": 0,
            "flags": 0,
            "primary_guild": None,
        }


@dataclass
class Channel:
    """A text channel, a category of them, or a direct message. denied: permissions that the bot lacks here;
    age_restricted: for adults; category: the one it is in."""

    id: str
    guild: Guild | None
    name: str = "general"
    denied: int = 0
    recipient: User | None = None
    age_restricted: bool = False
    category: Channel | None = None
    is_category: bool = False

    @property
    def kind(self) -> int:
        if self.is_category:
            return CATEGORY
        return GUILD_TEXT if self.guild else DIRECT

    def payload(self) -> Payload:
        common: Payload = {"id": self.id, "type": self.kind, "flags": 0, "last_message_id": None}
        if self.guild is None:
            assert self.recipient is not None
            return common | {"recipients": [self.recipient.payload()]}
        overwrites = [{"id": APPLICATION, "type": 1, "allow": "0", "deny": str(self.denied)}] if self.denied else []
        return common | {
            "guild_id": self.guild.id,
            "name": self.name,
            "position": 0,
            "permission_overwrites": overwrites,
            "nsfw": self.age_restricted,
            "parent_id": self.category.id if self.category else None,
            "topic": None,
            "rate_limit_per_user": 0,
        }

    def bot_permissions(self) -> int:
        """What the bot may do here."""
        if self.guild is None:
            return MEMBER
        return (MEMBER & ~self.denied) if self.guild.installed else 0


@dataclass
class Guild:
    """A server. installed: whether the bot is a member; permissions: of its members, by user id."""

    id: str
    name: str
    owner: User
    installed: bool = True
    locale: str = "en-US"
    members: dict[str, User] = field(default_factory=dict)
    permissions: dict[str, int] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    upload_limit: int = 10 * MIB

    def member_permissions(self, user: User) -> int:
        return EVERYTHING if user.id == self.owner.id else self.permissions.get(user.id, MEMBER)

    def member(self, user: User, with_user: bool = True) -> Payload:
        member: Payload = {
            "roles": [],
            "joined_at": "2024-01-01T00:00:00.000000+00:00",
            "deaf": False,
            "mute": False,
            "flags": 0,
            "avatar": None,
            "nick": None,
            "premium_since": None,
            "pending": False,
            "communication_disabled_until": None,
        }
        return member | {"user": user.payload()} if with_user else member

    def payload(self, bot: User) -> Payload:
        """The body of GUILD_CREATE."""
        lists = "emojis stickers features threads presences voice_states stage_instances guild_scheduled_events"
        numbers = (
            "verification_level default_message_notifications explicit_content_filter mfa_level nsfw_level "
            "premium_tier system_channel_flags afk_timeout"
        )
        everyone = {
            "id": self.id,
            "name": "@everyone",
            "permissions": str(MEMBER),
            "position": 0,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }
        return {
            **{name: [] for name in [*lists.split(), "soundboard_sounds"]},
            **dict.fromkeys(numbers.split(), 0),
            "id": self.id,
            "name": self.name,
            "owner_id": self.owner.id,
            "roles": [everyone],
            "members": [self.member(bot)],
            "member_count": len(self.members) + 1,
            "large": False,
            "unavailable": False,
            "channels": [channel.payload() for channel in self.channels.values()],
            "preferred_locale": self.locale,
            "joined_at": "2024-01-01T00:00:00.000000+00:00",
        }


class World:
    """Everything, with one guild, one channel and one member to begin with."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, Upload] = {}
        self.avatars: dict[str, bytes] = {}
        self.bot = User(APPLICATION, "Recede", bot=True)
        self.users[APPLICATION] = self.bot
        self.owner = self.add_user("Olga")
        self.guild = self.add_guild("Barbers", self.owner)
        self.channel = next(iter(self.guild.channels.values()))
        self.member = self.add_member(self.guild, self.add_user("Mia"))

    def add_user(self, name: str, locale: str = "en-US", avatar: bytes | None = None) -> User:
        """A new person."""
        user = User(snowflake(), name, locale)
        if avatar is not None:
            user.avatar = f"{len(self.avatars):032x}"
            self.avatars[user.avatar] = avatar
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, owner: User, installed: bool = True) -> Guild:
        """A new server with one channel. Ids are such that consecutive guilds fall on different shards."""
        guild = Guild(str(len(self.guilds) + 1 << 22), name, owner, installed)
        self.guilds[guild.id] = guild
        self.add_channel(guild)
        self.add_member(guild, owner)
        return guild

    def add_channel(self, guild: Guild, name: str = "general", denied: int = 0, **more: Any) -> Channel:
        """A new channel in which the bot lacks the permissions `denied`. more: what is special about it."""
        channel = Channel(snowflake(), guild, name, denied, **more)
        guild.channels[channel.id] = self.channels[channel.id] = channel
        return channel

    def add_member(self, guild: Guild, user: User, permissions: int = MEMBER) -> User:
        """Let `user` into the server."""
        guild.members[user.id] = user
        guild.permissions[user.id] = permissions
        return user

    def direct(self, user: User) -> Channel:
        """The direct messages between the bot and `user`."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(snowflake(), None, recipient=user)
        self.channels[channel.id] = channel
        return channel
