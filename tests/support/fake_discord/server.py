"""The fake as a whole: REST, gateway and CDN on one port of the loopback address."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.support.fake_discord.cdn import Cdn
from tests.support.fake_discord.errors import Payload
from tests.support.fake_discord.faults import Fault, Faults
from tests.support.fake_discord.gateway import Gateway
from tests.support.fake_discord.hands import Hands
from tests.support.fake_discord.interactions import Interaction, Message, came_true
from tests.support.fake_discord.limits import INVALID_LIMIT, Limits
from tests.support.fake_discord.messages import Messages
from tests.support.fake_discord.rest import API, Rest
from tests.support.fake_discord.world import Channel, Guild, User, World

MAX_REQUEST_BYTES = 600 * 2**20


class FakeDiscord(Hands):
    """A small Discord for one application.

        async with FakeDiscord() as discord:
            ...  # start the bot with discord.environment()
            await discord.online()
            interaction = await discord.slash("bald", {"image": Upload("me.png", data)})
            message = await interaction.finished()

    token: the bot's. ack_limit_s, token_life_s: of every interaction. shards: what /gateway/bot recommends.
    heartbeat_s: what HELLO asks for. identify_period_s: pause that Discord wants between two IDENTIFYs.
    """

    def __init__(
        self,
        token: str = "a.fake.token",
        *,
        ack_limit_s: float = 3.0,
        token_life_s: float = 900.0,
        shards: int = 1,
        heartbeat_s: float = 41.25,
        identify_period_s: float = 0.0,
        invalid_limit: int = INVALID_LIMIT,
    ) -> None:
        self.token = token
        self.ack_limit_s = ack_limit_s
        self.token_life_s = token_life_s
        self.world = World()
        self.faults = Faults()
        self.limits = Limits(invalid_limit)
        self.commands: dict[tuple[str, int], Payload] = {}
        self.guild_commands: dict[str, dict[tuple[str, int], Payload]] = {}
        self.syncs = 0
        self.interactions: dict[str, Interaction] = {}
        self.posted: list[Message] = []
        self.integration_types_config: Payload = {"0": {}, "1": {}}
        self.description = ""
        self.public = True
        self.message_content = False
        self.emoji: dict[str, Payload] = {}
        self.gateway = Gateway(self.world, token, shards, heartbeat_s, identify_period_s)
        self.cdn = Cdn(self.world, self.faults)
        self.rest = Rest(self)
        self.messages = Messages(self.world, "")
        self.base_url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> FakeDiscord:
        application = web.Application(client_max_size=MAX_REQUEST_BYTES)
        application.router.add_get("/gateway", self.gateway.handle)
        application.router.add_get("/gateway/", self.gateway.handle)
        application.router.add_get("/cdn/{path:.+}", self.cdn.handle)
        application.router.add_route("*", f"{API}/{{path:.+}}", self.rest.handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.base_url = f"127.0.0.1:{port}"
        self.gateway.address = self.gateway_url
        self.messages.cdn = self.cdn_url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        self.gateway.refuse = True
        await self.gateway.close(1001)
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"http://{self.base_url}{API}"

    @property
    def gateway_url(self) -> str:
        return f"ws://{self.base_url}/gateway"

    @property
    def cdn_url(self) -> str:
        return f"http://{self.base_url}/cdn"

    def environment(self) -> dict[str, str]:
        """What makes a bot talk to this Discord instead of the real one."""
        return {
            "RECEDE_TOKEN": self.token,
            "RECEDE_DISCORD_API": self.api_url,
            "RECEDE_DISCORD_GATEWAY": self.gateway_url,
            "RECEDE_DISCORD_CDN": self.cdn_url,
        }

    async def online(self, within_s: float = 30.0, sessions: int = 1, commands: bool = True) -> None:
        """Wait until the bot has its commands in place and is connected on every shard, `sessions` times."""
        await self.until(
            lambda: (
                self.gateway.ready()
                and sum(c.session is not None for c in self.gateway.connections) >= sessions * self.gateway.shards
                and (bool(self.commands) or not commands)
            ),
            within_s,
            "the bot to come online",
        )

    async def until(self, holds: Callable[[], Any], within_s: float = 20.0, what: str = "") -> None:
        """Wait for something to come true."""
        if not await came_true(holds, within_s):
            raise AssertionError(f"waited {within_s} s for {what or 'something to come true'}")

    async def join(self, name: str, owner: User | None = None) -> Guild:
        """The bot is invited to a new server."""
        guild = self.world.add_guild(name, owner or self.world.owner)
        await self.gateway.dispatch("GUILD_CREATE", guild.payload(self.world.bot), guild)
        return guild

    async def open_channel(self, guild: Guild, name: str = "other", denied: int = 0, **more: Any) -> Channel:
        """A new channel, in which the bot lacks the permissions `denied`. more: what is special about it."""
        channel = self.world.add_channel(guild, name, denied, **more)
        await self.gateway.dispatch("CHANNEL_CREATE", channel.payload(), guild)
        return channel

    def file(self, attachment: Payload) -> bytes:
        """The bytes behind an attachment of a message."""
        return self.world.files[attachment["id"]].data

    def fail(self, fault: Fault) -> Fault:
        """Let requests that match fail."""
        return self.faults.add(fault)

    def interaction_of(self, path: str) -> Interaction | None:
        """The interaction that a REST path speaks of."""
        return next((self.interactions[part] for part in path.split("/") if part in self.interactions), None)

    def requests(self, match: str) -> int:
        """How many requests began with `match`, as in "PATCH /webhooks/"."""
        return sum(f"{record.method} {record.path}".startswith(match) for record in self.rest.recorded)

    def misbehaviour(self) -> list[str]:
        """Everything that Discord would hold against the bot: bodies it does not take, limits that were exceeded."""
        closings = [f"gateway closed with {code}: {why}" for code, why in self.gateway.closings]
        return [*self.rest.invalid_bodies, *self.limits.exceeded, *closings]
