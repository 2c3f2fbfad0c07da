"""The gateway: HELLO, IDENTIFY, heartbeats, shards, events, RESUME, and ways to disturb all that."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from tests.support.fake_discord.errors import Payload
from tests.support.fake_discord.world import APPLICATION, Guild, World, snowflake

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
# Members, presences and message contents: an application has to be allowed these by hand.
PRIVILEGED_INTENTS = 1 << 1 | 1 << 8 | 1 << 15
HIGHEST_INTENT = 1 << 25
GUILDS_INTENT = 1 << 0
COMMANDS_PER_MINUTE = 120


@dataclass
class Connection:
    """One websocket."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    deflate: Any  # zlib's compressor, None for plain text
    sent: list[float] = field(default_factory=list)
    heard_s: float = field(default_factory=time.monotonic)
    session: Session | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, op: int, data: Any, event: str | None = None, seq: int | None = None) -> None:
        """One payload; a connection that is gone loses it."""
        async with self.lock:
            raw = json.dumps({"op": op, "d": data, "s": seq, "t": event})
            with suppress(ConnectionError, RuntimeError):
                if self.deflate is None:
                    await self.socket.send_str(raw)
                else:
                    await self.socket.send_bytes(
                        self.deflate.compress(raw.encode()) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
                    )


@dataclass
class Session:
    """What one IDENTIFY began; it outlives its connection, and its events are kept for a RESUME."""

    id: str
    shard: int
    shards: int
    intents: int
    identify: Payload
    events: list[tuple[str, Payload]] = field(default_factory=list)
    connection: Connection | None = None
    resumes: int = 0


class Gateway:
    """All connections of one application. token: what IDENTIFY must say."""

    def __init__(self, world: World, token: str, shards: int, heartbeat_s: float, identify_period_s: float) -> None:
        self.world = world
        self.token = token
        self.shards = shards
        self.heartbeat_s = heartbeat_s
        self.identify_period_s = identify_period_s
        self.connections: list[Connection] = []
        self.sessions: dict[str, Session] = {}
        self.identified_s: dict[int, float] = {}
        self.starts_left = 1000
        self.closings: list[tuple[int, str]] = []  # every time that the gateway itself hung up
        self.refuse = False  # answer no new connection
        self.close_before_hello = 0  # that many times
        self.mute = False  # answer no heartbeat
        self.address = ""  # set by the server once it listens

    def ready(self, shards: int | None = None) -> bool:
        """Whether every shard has a connected session."""
        wanted = set(range(shards or self.shards))
        return wanted <= {c.session.shard for c in self.connections if c.session}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One websocket from its beginning to its end."""
        if self.refuse:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        if self.close_before_hello > 0:
            self.close_before_hello -= 1
            await socket.close(code=WSCloseCode.SERVICE_RESTART)
            return socket
        deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        connection = Connection(socket, request.transport, deflate)
        self.connections.append(connection)
        watcher = asyncio.ensure_future(self._watch(connection))
        try:
            await connection.send(HELLO, {"heartbeat_interval": int(self.heartbeat_s * 1000)})
            async for message in socket:
                if not await self._receive(connection, message):
                    break
        finally:
            watcher.cancel()
            if connection in self.connections:
                self.connections.remove(connection)
            if connection.session is not None and connection.session.connection is connection:
                connection.session.connection = None
        return socket

    async def dispatch(self, event: str, data: Payload, guild: Guild | None) -> None:
        """Hand an event to every session of the shard that it belongs to; direct messages belong to shard 0."""
        for session in list(self.sessions.values()):
            if session.shard == ((int(guild.id) >> 22) % session.shards if guild else 0):
                await self._push(session, event, data)

    async def ask_to_reconnect(self) -> None:
        """Opcode 7 to everybody."""
        for connection in list(self.connections):
            await connection.send(RECONNECT, None)

    async def invalidate(self, resumable: bool) -> None:
        """Opcode 9 to everybody."""
        for connection in list(self.connections):
            if not resumable and connection.session is not None:
                self.sessions.pop(connection.session.id, None)
            await connection.send(INVALID_SESSION, resumable)

    async def close(self, code: int) -> None:
        """Hang up on everybody with a close frame."""
        for connection in list(self.connections):
            await connection.socket.close(code=code)

    def cut(self) -> None:
        """Cut every connection without a word."""
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def _receive(self, connection: Connection, message: WSMessage) -> bool:
        """Handle one payload; False ends the connection."""
        if message.type is not WSMsgType.TEXT:
            return False
        now_s = time.monotonic()
        connection.sent = [at_s for at_s in connection.sent if now_s - at_s < 60.0] + [now_s]
        if len(connection.sent) > COMMANDS_PER_MINUTE:
            return await self._hang_up(connection, 4008, "Rate limited.")
        try:
            payload = json.loads(message.data)
        except ValueError:
            return await self._hang_up(connection, 4002, "Decode error.")
        op, data = payload.get("op"), payload.get("d")
        if op == HEARTBEAT:
            connection.heard_s = now_s
            if not self.mute:
                await connection.send(ACK, None)
            return True
        if op == IDENTIFY:
            return await self._identify(connection, data)
        if op == RESUME:
            return await self._resume(connection, data)
        if connection.session is None:
            return await self._hang_up(connection, 4003, "Not authenticated.")
        return True

    async def _identify(self, connection: Connection, data: Payload) -> bool:
        if connection.session is not None:
            return await self._hang_up(connection, 4005, "Already authenticated.")
        if data["token"] != self.token:
            return await self._hang_up(connection, 4004, "Authentication failed.")
        shard, shards = data.get("shard", (0, 1))
        if not 0 <= shard < shards or shards < self.shards:
            return await self._hang_up(connection, 4010, "Invalid shard.")
        if not 0 <= data["intents"] < HIGHEST_INTENT << 1:
            return await self._hang_up(connection, 4013, "Invalid intent(s).")
        if data["intents"] & PRIVILEGED_INTENTS:
            return await self._hang_up(connection, 4014, "Disallowed intent(s).")
        now_s = time.monotonic()
        if self._too_soon(now_s):
            await connection.send(INVALID_SESSION, False)
            return True
        self.identified_s[shard] = now_s
        self.starts_left -= 1
        session = Session(snowflake(), shard, shards, data["intents"], data, connection=connection)
        connection.session = session
        self.sessions[session.id] = session
        guilds = [g for g in self.world.guilds.values() if g.installed and (int(g.id) >> 22) % shards == shard]
        await self._push(
            session,
            "READY",
            {
                "v": 10,
                "user": self.world.bot.payload(),
                "session_id": session.id,
                "resume_gateway_url": self.address,
                "shard": [shard, shards],
                "application": {"id": APPLICATION, "flags": 0},
                "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
            },
        )
        if session.intents & GUILDS_INTENT:
            for guild in guilds:
                await self._push(session, "GUILD_CREATE", guild.payload(self.world.bot))
        return True

    def _too_soon(self, now_s: float) -> bool:
        latest_s = max(self.identified_s.values(), default=-1e9)
        return now_s - latest_s < self.identify_period_s

    async def _resume(self, connection: Connection, data: Payload) -> bool:
        session = self.sessions.get(data["session_id"])
        if data["token"] != self.token:
            return await self._hang_up(connection, 4004, "Authentication failed.")
        seq = data["seq"] or 0
        if session is None or seq > len(session.events):
            await connection.send(INVALID_SESSION, False)
            return True
        if session.connection is not None and session.connection is not connection:
            await session.connection.socket.close(code=4000)
        connection.session, session.connection = session, connection
        session.resumes += 1
        for number in range(seq, len(session.events)):
            event, missed = session.events[number]
            await connection.send(DISPATCH, missed, event, number + 1)
        await self._push(session, "RESUMED", {"_trace": []})
        return True

    async def _push(self, session: Session, event: str, data: Payload) -> None:
        session.events.append((event, data))
        if session.connection is not None:
            await session.connection.send(DISPATCH, data, event, len(session.events))

    async def _hang_up(self, connection: Connection, code: int, why: str) -> bool:
        self.closings.append((code, why))
        await connection.socket.close(code=code, message=why.encode())
        return False

    async def _watch(self, connection: Connection) -> None:
        """End a connection whose heart has stopped."""
        while True:
            begun_s, pause_s = time.monotonic(), self.heartbeat_s / 4
            await asyncio.sleep(pause_s)
            if time.monotonic() - begun_s > pause_s + 5.0:
                connection.heard_s = time.monotonic()  # it was this process that stood still
            if time.monotonic() - connection.heard_s > self.heartbeat_s * 1.5 + 2.0:
                if connection.session is not None:
                    self.sessions.pop(connection.session.id, None)
                await self._hang_up(connection, 4009, "Session timed out.")
                return
