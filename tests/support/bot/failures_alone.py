"""Rows of the table of failures in which processes die: each has a bot, a broker and an engine of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from bot.messages import say, say_error
from engine.errors import Busy, Crashed, Expired
from tests.support.bot.failures import alone
from tests.support.bot.harness import BotInstallation, online
from tests.support.bot.members import PATIENCE_S, held, picture, queued, settled, working
from tests.support.fake_discord import FakeDiscord, Interaction
from tests.support.fake_discord.faults import Fault
from tests.support.fake_discord.interactions import came_true

RESTART_S = 60.0
AGAIN_S = 10.0
AGAIN = 20


async def one_answer(interaction: Interaction) -> None:
    """Wait for the picture, and that no second one comes."""
    await interaction.finished(PATIENCE_S)
    await asyncio.sleep(1.0)
    assert len(interaction.messages()) == 1
    assert len(interaction.messages()[0].attachments) == 1


@alone("The bot is killed while pictures are being made, and started again.", "One answer, a little later.", slow=True)
async def bot_restart(folder: Path) -> None:
    async with online(folder) as (discord, installation):
        image, gate = held(folder)
        running = await discord.slash("bald", image)
        await working(running)  # before the other comes: which of two the engine begins is chance
        waiting = await discord.slash("bald", picture(seconds=0.5))
        await queued(waiting)
        installation.processes[0].kill()
        await discord.until(lambda: not discord.gateway.connections)
        gate.touch()
        installation.start(discord)
        await discord.online(RESTART_S)
        for interaction in (running, waiting):
            await one_answer(interaction)
        assert discord.posted == []
        assert discord.misbehaviour() == []


@alone("The bot is restarted, and somebody clicks below an answer of before.", "The new answer.", slow=True)
async def buttons_after_a_restart(folder: Path) -> None:
    async with online(folder) as (discord, installation):
        first = await (await discord.slash("bald", picture())).finished(PATIENCE_S)
        installation.processes[0].send_signal(signal.SIGTERM)
        assert await installation.exit_code(installation.processes[0], RESTART_S) == 0
        installation.start(discord)
        await discord.online(RESTART_S)
        weaker = await (await discord.click(first, "Weaker")).finished(PATIENCE_S)
        assert say("en", "bald_done", stage=5) in weaker.text
        await discord.click(first, "Delete")
        await discord.until(lambda: first.deleted)


@alone(
    "SIGTERM while a picture is being made and another waits.",
    "The first is answered; the other after the start.",
    slow=True,
)
async def sigterm_drains(folder: Path) -> None:
    async with online(folder) as (discord, installation):
        image, gate = held(folder)
        running = await discord.slash("bald", image)
        await working(running)  # before the other comes, or that one is begun and answered
        waiting = await discord.slash("bald", picture(seconds=0.2))
        await queued(waiting)
        process = installation.processes[0]
        process.send_signal(signal.SIGTERM)
        await discord.until(lambda: installation.logged("draining"), RESTART_S)
        late = await settled(await discord.slash("bald", picture()))
        assert late.text == say("en", "draining")
        gate.touch()
        assert await installation.exit_code(process, RESTART_S) == 0
        assert running.animation_message() is not None
        assert waiting.animation_message() is None
        assert waiting.original is not None
        assert say("en", "restarting") in waiting.original.text
        assert installation.engine_pid() is None
        installation.start(discord)
        await discord.online(RESTART_S)
        await one_answer(waiting)


@alone("The engine is killed in the middle of a picture.", "A note that it starts again, then the answer.", slow=True)
async def engine_killed(folder: Path) -> None:
    async with online(folder, queue={"lease_s": 2.0}) as (discord, installation):
        image, gate = held(folder)
        interaction = await discord.slash("bald", image)
        await working(interaction)
        for pid in [installation.engine_pid(), *installation.worker_pids()]:
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        message = interaction.original
        assert message is not None
        note = say("en", "retrying")
        await discord.until(lambda: any(note in payload["content"] for _, payload in message.history), PATIENCE_S)
        gate.touch()
        await one_answer(interaction)
        assert discord.misbehaviour() == []


@alone(
    "A photo takes its engine's worker down on every try.",
    "After three tries, a sentence: try another photo.",
    slow=True,
)
async def poisonous_photo(folder: Path) -> None:
    async with online(folder) as (discord, _):
        member = discord.world.add_member(discord.world.guild, discord.world.add_user("P", "zh-CN"))
        interaction = await discord.slash("bald", picture(do="die", tries=str(folder / "tries")), user=member)
        message = await settled(interaction)
        assert message.text == say_error("zh", Crashed(""))
        assert (folder / "tries").read_text() == "xxx"
        # The next one is served as if nothing had been.
        await (await discord.slash("bald", picture())).finished(PATIENCE_S)


@alone("The broker is killed in the middle of a picture.", "One answer, a little later.")
async def broker_killed(folder: Path) -> None:
    async with online(folder) as (discord, installation):
        image, gate = held(folder)
        interaction = await discord.slash("bald", image)
        await working(interaction)
        pid = installation.broker_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        gate.touch()
        await one_answer(interaction)
        assert installation.broker_pid() not in (None, pid)
        await one_answer(await discord.slash("bald", picture()))


@alone("Two bots are connected with one token.", "One answer: whoever acknowledges first gives it.", slow=True)
async def two_gateway_sessions(folder: Path) -> None:
    second_folder = folder / "second"
    second_folder.mkdir()
    second = BotInstallation(second_folder)
    async with online(folder) as (discord, _):
        try:
            second.start(discord)
            await discord.online(RESTART_S, sessions=2)
            for _ in range(4):
                interaction = await discord.slash("bald", picture())
                await one_answer(interaction)
                await interaction.until(lambda interaction=interaction: interaction.callbacks == 2)  # type: ignore[misc]
                assert {refusal.body["code"] for refusal in interaction.refusals} == {40060}
        finally:
            second.end()


@alone(
    "A second bot is started on the same state folder.",
    "Nothing: it refuses to start, with one sentence.",
    slow=True,
)
async def two_bots_on_one_state_folder(folder: Path) -> None:
    async with online(folder) as (discord, installation):
        second = installation.start(discord)
        assert await installation.exit_code(second, RESTART_S) == 2
        await one_answer(await discord.slash("bald", picture()))


@alone("The queue is full.", "At once, a sentence with the seconds to wait.", slow=True)
async def busy(folder: Path) -> None:
    async with online(folder, queue={"max_jobs": 2}) as (discord, _):
        image, gate = held(folder)
        running = [await discord.slash("bald", image)]
        await working(running[0])  # alone, or it is chance which of the two the engine begins
        running.append(await discord.slash("bald", image))
        await queued(running[1])
        message = await settled(await discord.slash("bald", picture()))
        expected = {say_error("en", Busy("", retry_after_s=seconds)) for seconds in range(1, 61)}
        assert message.text in expected
        gate.touch()
        for interaction in running:
            await interaction.finished(PATIENCE_S)


@alone(
    "The queue is so long that a picture's time runs out before it begins.",
    "A sentence: try again later.",
    slow=True,
)
async def queue_too_long(folder: Path) -> None:
    async with online(folder, queue={"deadline_s": 8.0}) as (discord, installation):
        await discord.until(
            lambda: any(entry["logger"] == "recede.engine" for entry in installation.logged("ready")), PATIENCE_S
        )
        # Somebody was quick to be served, so nobody expects what comes now.
        await (await discord.slash("bald", picture())).finished(PATIENCE_S)
        image, gate = held(folder)
        running = await discord.slash("bald", image)
        await working(running)
        told = ""
        for _ in range(AGAIN):  # refused until the bot has heard how quick
            told = (await settled(await discord.slash("bald", picture()))).text
            if told == say_error("en", Expired("")):
                break
            await asyncio.sleep(1.0)
        assert told == say_error("en", Expired(""))
        gate.touch()
        await one_answer(running)


@alone("Discord wants the bot on two shards.", "The answer, in every server.", slow=True)
async def two_shards(folder: Path) -> None:
    fake = FakeDiscord(shards=2, identify_period_s=4.5)
    other = fake.world.add_guild("Other", fake.world.owner)
    async with online(folder, fake) as (discord, _):
        places = (discord.world.channel, next(iter(other.channels.values())))
        for channel in places:
            interaction = await discord.slash("bald", picture(), user=discord.world.owner, channel=channel)
            await one_answer(interaction)
            assert interaction.callbacks == 1
        assert discord.misbehaviour() == []


@alone("Discord is away when the bot starts.", "The answer, once Discord is back.", slow=True)
async def discord_away_at_the_start(folder: Path) -> None:
    fake = FakeDiscord()
    fake.fail(Fault("GET /users/@me", 503, times=2))
    async with online(folder, fake) as (discord, _):
        await one_answer(await discord.slash("bald", picture()))


async def _does_not_start(
    folder: Path, *words: str, discord: FakeDiscord | None = None, code: int = 2, text: str = "", **environment: str
) -> None:
    """The bot ends with `code`, and the last line of its log is one sentence that holds `words`."""
    installation = BotInstallation(folder)
    if text:
        installation.config_path.write_text(text)
    try:
        process = installation.start(discord, **environment)
        assert await installation.exit_code(process, RESTART_S) == code, installation.tail()
        last = installation.log()[-1]
        assert last["level"] == "error"
        for word in words:
            assert word in last["message"], last
        assert "\n" not in last["message"]
        assert not any("traceback" in entry for entry in installation.log()), installation.tail()
        token = discord.token if discord is not None else "a.secret.token"
        assert token not in installation.log_path.read_text()
    finally:
        installation.end()


@alone("The token is wrong.", "Nothing; the admin reads where to get it. Exit code 2.")
async def wrong_token(folder: Path) -> None:
    async with FakeDiscord() as discord:
        await _does_not_start(folder, "token", "portal", discord=discord, RECEDE_TOKEN="wrong.secret.token")


@alone("The token is reset in the portal while the bot runs.", "Nothing more; the admin reads what to do. Exit code 2.")
async def token_reset(folder: Path) -> None:
    async with online(folder) as (discord, installation):
        bot = installation.processes[0]
        # Discord refuses every session with the old token, however often the bot comes back.
        for _ in range(round(RESTART_S / AGAIN_S)):
            await discord.gateway.close(4004)
            if await came_true(lambda: bot.poll() is not None, AGAIN_S):
                break
        assert await installation.exit_code(bot, AGAIN_S) == 2
        last = installation.log()[-1]
        assert last["level"] == "error"
        assert "token" in last["message"]
        assert "portal" in last["message"]


@alone("There is no token at all.", "Nothing; the admin reads where to put it. Exit code 2.")
async def no_token(folder: Path) -> None:
    await _does_not_start(folder, "token", "RECEDE_TOKEN", RECEDE_TOKEN="")


@alone("The configuration has a key that does not exist.", "Nothing; the admin reads which. Exit code 2.")
async def bad_config_key(folder: Path) -> None:
    await _does_not_start(folder, "[bot]", "colour", text='[bot]\ncolour = "red"\n', RECEDE_TOKEN="a.secret.token")


@alone("The configuration has a value of the wrong type.", "Nothing; the admin reads which. Exit code 2.")
async def bad_config_value(folder: Path) -> None:
    await _does_not_start(folder, "cooldown_s", text='[bot]\ncooldown_s = "soon"\n', RECEDE_TOKEN="a.secret.token")


@alone("The application may not have commands.", "Nothing; the admin reads which scope is missing. Exit code 2.")
async def missing_scope(folder: Path) -> None:
    async with FakeDiscord() as discord:
        discord.fail(Fault("PUT /applications/*/commands", 403, times=3, code=50001, message="Missing Access"))
        await _does_not_start(folder, "applications.commands", discord=discord)


@alone("Discord refuses the commands once (400).", "The commands, a moment later.", slow=True)
async def commands_refused_once(folder: Path) -> None:
    fake = FakeDiscord()
    fake.fail(Fault("PUT /applications/*/commands", 400, code=50035))
    async with online(folder, fake) as (discord, installation):
        await one_answer(await discord.slash("bald", picture()))
        assert len(installation.logged("sync_failed")) == 1


@alone(
    "Discord refuses the commands for good (400).",
    "The commands of before; the admin reads why. Exit code 2.",
    slow=True,
)
async def commands_refused(folder: Path) -> None:
    async with FakeDiscord() as discord:
        discord.fail(Fault("PUT /applications/*/commands", 400, times=99, code=50035, message="Invalid Form Body"))
        await _does_not_start(folder, "commands", "Invalid Form Body", discord=discord)


@alone("Discord does not answer when it is told the commands.", "The commands, as soon as it does.", slow=True)
async def commands_unanswered(folder: Path) -> None:
    fake = FakeDiscord()
    fake.fail(Fault("PUT /applications/*/commands", times=2, cut="before"))
    async with online(folder, fake) as (discord, installation):
        await one_answer(await discord.slash("bald", picture()))
        assert len(installation.logged("sync_failed")) == 1


@alone("The broker's program is not installed.", "Nothing; the admin reads what to install. Exit code 2.")
async def no_broker(folder: Path) -> None:
    async with FakeDiscord() as discord:
        text = '[queue]\nnats_server = "/nowhere/nats-server"\n'
        await _does_not_start(folder, "nats_server", discord=discord, text=text)
