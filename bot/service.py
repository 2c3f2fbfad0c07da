"""The bot's life: memory, Discord, queue, engine; a connection that is replaced when it breaks; an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import discord

from bot.client import PERMISSIONS, ChineseNames, RecedeClient, redirect
from bot.commands import add_commands
from bot.components.panel import add_panel
from bot.components.views import add_components
from bot.config import Settings
from bot.delivery.delivery import Delivery, Network
from bot.delivery.emoji import sync_emoji
from bot.errors import StartFailed
from bot.jobs.active import Delivered
from bot.jobs.desk import Desk
from bot.jobs.intake import Photos
from bot.policy.policy import load_policy
from bot.registration import Registration
from bot.resources import Resources
from bot.runtime.engine_process import EngineProcess
from bot.runtime.metrics import BotMetrics
from bot.runtime.pulse import Pulse
from bot.storage.storage import Storage, open_storage
from engine.errors import RecedeError
from engine.queue import open_queue
from engine.queue.tasks import Supervisor, end_tasks, first_of, start

log = logging.getLogger("recede.bot")

MEMORY = "bot.sqlite3"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
RESULTS_WAIT_S = 5.0
# Discord's reasons for closing a connection that coming back would not change.
FATAL_CLOSES = {
    4004: "Discord refuses the token: copy it again from the developer portal (page Bot).",
    4010: "Discord refuses the shard: this bot must not be started with another number of shards.",
    4011: "Discord asks for more shards than were opened: start the bot again.",
    4012: "Discord no longer speaks this version: install a newer Recede.",
    4013: "Discord refuses the intents: install a newer Recede.",
    4014: "Discord refuses the intents: none of the privileged ones is needed, so install a newer Recede.",
}


class Service:
    """The running bot. `run` returns when `stop` was called; the second `stop` gives up waiting."""

    def __init__(self, settings: Settings, state: Path) -> None:
        self._settings = settings
        self._state = state
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._tasks = Supervisor()
        self._broken: StartFailed | None = None

    def stop(self) -> None:
        """End in order: take nothing new, finish what is being worked on, leave the rest in the queue."""
        (self._hurry if self._stop.is_set() else self._stop).set()

    async def run(self) -> None:
        """Serve. Raises StartFailed and RecedeError for what kept the bot from starting."""
        redirect(self._settings.endpoints)
        # It speaks in no voice channel, so the log need not complain about what only that would need.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        storage = await open_storage(self._state / MEMORY)
        try:
            await self._with_storage(storage)
        finally:
            await storage.close()

    async def _with_storage(self, storage: Storage) -> None:
        settings = self._settings
        policy = await load_policy(storage, settings.bot, settings.shared.engine.preset)
        metrics = BotMetrics()
        delivery = Delivery()
        photos = Photos(settings.bot.max_photo_bytes, settings.bot.download_s, settings.endpoints.cdn)
        photos.refresh = delivery.refresh
        desk = Desk(settings.bot, settings.shared.queue, storage, photos, delivery, metrics, policy)
        resources = Resources(settings, storage, policy, desk, delivery)
        if settings.bot.metrics_port:
            try:
                metrics.serve(settings.bot.metrics_port, settings.bot.metrics_address)
            except OSError as error:
                raise StartFailed(metrics_trouble(settings.bot.metrics_address, error)) from error
        client = RecedeClient(resources)
        queue = engine = connection = None
        pulse = Pulse(
            self._state,
            lambda: delivery.client is not None and delivery.client.is_ready(),
            lambda: queue.silent() if queue is not None else (),
        )
        self._keep("pulse", pulse.beat)
        try:
            await self._log_in(client)
            delivery.client = client
            if self._stop.is_set():
                return
            known = Delivered(await storage.delivered())
            queue = await open_queue(settings.shared.queue, f"bot-{await storage.instance()}", self._state, known)
            registration = Registration(client, delivery.markup)
            registered = await registration.begin()
            _print_invites(client)
            await desk.open(queue)
            if settings.bot.start_engine and not settings.shared.queue.url:
                engine = EngineProcess(settings.bot.engine_module, settings.path, queue, desk.engine_died)
                self._keep("engine", engine.supervise)
            self._keep("loop-watch", metrics.watch_loop)
            if not registered:
                self._keep("registration", lambda: registration.insist(lambda: delivery.client))
            pulse.ready()
            connection = start(self._stay_connected(client, resources))
            await first_of(
                self._stop.wait(),
                _ended(connection),
                self._tasks.until_failed(),
                desk.tasks.until_failed(),
                queue.tasks.until_failed(),
            )
            if connection.done():
                connection.result()
            policy.draining = True
            pulse.stopping()
            await self._drain(desk, engine)
            await desk.close()
            connection.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await connection
        finally:
            if connection is not None:
                await end_tasks((connection,))
            await self._tasks.end()
            if engine is not None:
                await engine.stop(1.0)
            if queue is not None:
                await queue.close()
            await photos.close()
            for open_client in {client, delivery.client}:
                if open_client is not None and not open_client.is_closed():
                    await open_client.close()
            metrics.close()
        if self._broken is not None:
            raise self._broken
        log.info("stopped", extra={"event": "stopped"})

    def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run something beside, again whenever it fails, unless that is why the bot must end."""

        async def watched() -> None:
            try:
                await work()
            except StartFailed as error:
                self._broken = error
                self._stop.set()

        self._tasks.keep(name, watched)

    async def _log_in(self, client: RecedeClient) -> None:
        """Sign in, however long Discord is away. Raises StartFailed for a token that it refuses."""
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                await client.login(self._settings.bot.token)
            except discord.LoginFailure as error:
                raise StartFailed(FATAL_CLOSES[4004]) from error
            except (discord.HTTPException, *Network) as error:
                log.warning("Discord cannot be reached: %s", error, extra={"event": "login_failed"})
                # Its next try makes a session of its own, and closing this one has closed what they would share.
                await client.http.close()
                client.http.connector = discord.utils.MISSING
                await self._rest(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                continue
            await client.tree.set_translator(ChineseNames())
            add_commands(client)
            add_components(client)
            add_panel(client)
            log.info("logged in as %s", client.user, extra={"event": "logged_in"})
            return

    async def _stay_connected(self, client: RecedeClient, resources: Resources) -> None:
        """Hold a connection to Discord; discord.py resumes one that breaks, this replaces one that it gave up."""
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                await client.connect(reconnect=True)
            except discord.PrivilegedIntentsRequired as error:
                raise StartFailed(FATAL_CLOSES[4014]) from error
            except discord.ConnectionClosed as error:
                if error.code in FATAL_CLOSES:
                    raise StartFailed(FATAL_CLOSES[error.code]) from error
                log.warning("the connection ended: %s", error, extra={"event": "connection_ended"})
            except (discord.DiscordException, *Network) as error:
                log.warning("the connection ended: %s", error, extra={"event": "connection_ended"})
            except Exception:
                # A gateway that breaks off in the middle of its greeting comes out of discord.py in many shapes.
                log.exception("the connection ended", extra={"event": "connection_ended"})
            if self._stop.is_set():
                return
            await self._rest(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            old, client = client, RecedeClient(resources)
            await self._log_in(client)
            resources.delivery.client = client
            with contextlib.suppress(Exception):
                await old.close()

    async def _drain(self, desk: Desk, engine: EngineProcess | None) -> None:
        """Give the running jobs their time: until the engine has ended, and what it finished is delivered."""
        log.info("draining %d jobs", len(desk.under_way.active()), extra={"event": "draining"})
        if engine is None:
            return
        limit_s = self._settings.bot.drain_s
        running = {entry.order.job_id for entry in desk.under_way.active() if entry.begun}

        async def finish() -> None:
            await engine.stop(limit_s)
            # What it has finished arrives within moments; what it gave back is done after the next start.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RESULTS_WAIT_S):
                    while running & {entry.order.job_id for entry in desk.under_way.active()}:
                        await asyncio.sleep(0.05)

        with contextlib.suppress(RecedeError):
            await first_of(finish(), self._hurry.wait(), timeout_s=limit_s + 2 * RESULTS_WAIT_S)

    async def _rest(self, pause_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._stop.wait()


def _print_invites(client: RecedeClient) -> None:
    """Tell the admin where to invite the bot."""
    assert client.application_id is not None
    # Now, not at the end: a service's output, unlike a terminal's, is held back until there is enough of it.
    reads = client.application_flags.gateway_message_content or client.application_flags.gateway_message_content_limited
    sys.stdout.write(f"{invite_text(client.application_id, reads)}\n")
    sys.stdout.flush()


def metrics_trouble(address: str, error: OSError) -> str:
    """Why metrics cannot be served, in one sentence."""
    if error.errno == errno.EADDRINUSE:
        return "[bot] metrics_port is taken by another program: choose another."
    why = error.strerror or error
    return f"[bot] metrics cannot be served on {address} ({why}): correct metrics_address or metrics_port."


async def _ended(task: asyncio.Task[None]) -> None:
    await asyncio.wait((task,))


def invite_text(application_id: int, reads: bool = False) -> str:
    """Where to invite the bot: to a server with exactly the permissions that it needs, or to a user's own account.

    reads: whether the portal lets it see what members post, so that /bald alone can look for their latest picture.
    """
    permissions = PERMISSIONS | discord.Permissions(read_message_history=True) if reads else PERMISSIONS
    scopes = ("bot", "applications.commands")
    server = discord.utils.oauth_url(application_id, permissions=permissions, scopes=scopes)
    user = discord.utils.oauth_url(application_id, scopes=("applications.commands",))
    return f"Invite to a server: {server}\nAdd to your own apps: {user}&integration_type=1"


async def upload_emoji(settings: Settings) -> tuple[int, int]:
    """Upload what the bar is drawn with; how many were uploaded, and how many old ones removed. Raises StartFailed."""
    redirect(settings.endpoints)
    client = discord.Client(intents=discord.Intents.none())
    try:
        await client.login(settings.bot.token)
        return await sync_emoji(client)
    except discord.LoginFailure as error:
        raise StartFailed(FATAL_CLOSES[4004]) from error
    except (discord.HTTPException, *Network) as error:
        raise StartFailed(f"Discord does not take the emoji ({error}): try again later.") from error
    finally:
        await client.close()


async def serve(settings: Settings, state: Path) -> None:
    """Run the bot until SIGTERM or SIGINT. Raises StartFailed, RecedeError."""
    service = Service(settings, state)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    await service.run()
