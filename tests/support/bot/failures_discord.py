"""Rows of the table of failures on Discord's side, on a bot that all of them share."""

from __future__ import annotations

import asyncio

from tests.support.bot.failures import shared
from tests.support.bot.members import held, picture
from tests.support.bot.stage import Stage
from tests.support.fake_discord.faults import Fault
from tests.support.fake_discord.world import ATTACH_FILES, SEND_MESSAGES, VIEW_CHANNEL


@shared("Discord delivers the same event twice.", "One answer.")
async def replayed_event(stage: Stage) -> None:
    interaction = await stage.discord.slash("bald", picture(seconds=0.5), user=stage.member())
    await stage.discord.repeat(interaction)
    await interaction.finished(60.0)
    await stage.discord.repeat(interaction)
    await asyncio.sleep(0.5)
    assert interaction.callbacks == 1
    assert len(interaction.messages()) == 1


@shared("Somebody double-clicks a button.", "One new answer; the second click passes without a word.")
async def double_click(stage: Stage) -> None:
    member = stage.member()
    first = await (await stage.discord.slash("bald", picture(), user=member)).finished(60.0)
    clicks = [await stage.discord.click(first, "Weaker", user=member) for _ in range(2)]
    for click in clicks:
        await click.until(lambda click=click: click.ack)  # type: ignore[misc]
    await clicks[0].finished(60.0)
    await asyncio.sleep(1.0)
    answers = [m for click in clicks for m in click.messages() if m is not first]
    assert len(answers) == 1


@shared("Discord slows an edit down (429).", "The answer, a moment later.")
async def answered_429(stage: Stage) -> None:
    fault = stage.discord.fail(Fault("PATCH /webhooks/*/messages/@original", 429, times=2, retry_after_s=0.3))
    interaction = await stage.discord.slash("bald", picture(), user=stage.member())
    await interaction.finished(60.0)
    assert fault.used == 2


@shared("A proxy before Discord refuses without a Via header, which clients do not retry.", "The answer, later.")
async def answered_429_without_via(stage: Stage) -> None:
    image, gate = held(stage.installation.folder)
    interaction = await stage.discord.slash("bald", image, user=stage.member())
    await interaction.until(lambda: interaction.edits_s)
    fault = stage.discord.fail(Fault("PATCH /webhooks/*/messages/@original", 429, times=2, via=False))
    gate.touch()
    await interaction.finished(60.0)
    assert fault.used >= 1


@shared("Discord's servers fail for a few seconds (502).", "The answer, a few seconds later.")
async def answered_5xx(stage: Stage) -> None:
    fault = stage.discord.fail(Fault("PATCH /webhooks/*", 502, times=3))
    interaction = await stage.discord.slash("bald", picture(), user=stage.member())
    await interaction.finished(60.0)
    assert fault.used == 3


@shared("The connection breaks after Discord took the answer, before the bot heard so.", "One answer.")
async def connection_cut_after_the_answer(stage: Stage) -> None:
    image, gate = held(stage.installation.folder)
    interaction = await stage.discord.slash("bald", image, user=stage.member())
    await interaction.until(lambda: interaction.edits_s)
    stage.discord.fail(Fault("PATCH /webhooks/*", times=2, cut="after"))
    gate.touch()
    await interaction.finished(60.0)
    await asyncio.sleep(1.5)
    assert len(interaction.messages()) == 1
    assert len(interaction.messages()[0].attachments) == 1
    assert stage.discord.posted == [] or all(m.channel is not interaction.channel for m in stage.discord.posted)


@shared("The acknowledgement comes too late (10062).", "Discord's own note that the app did not respond; no picture.")
async def answered_10062(stage: Stage) -> None:
    known = len(stage.installation.logged("not_acknowledged"))
    guild = await stage.discord.join("Slow")
    channel, member = next(iter(guild.channels.values())), guild.owner
    options = {"cooldown": 600, "jobs_per_user": 1}
    await (await stage.discord.slash("recede-admin settings", options, user=member, channel=channel)).answered()
    fault = stage.discord.fail(Fault("POST /interactions/*/callback", 404, code=10062, message="Unknown interaction"))
    interaction = await stage.discord.slash("bald", picture(), user=member, channel=channel)
    await stage.discord.until(lambda: len(stage.installation.logged("not_acknowledged")) > known)
    assert fault.used == 1
    assert interaction.messages() == []
    # Nothing is held against the member: they try again at once.
    await (await stage.discord.slash("bald", picture(), user=member, channel=channel)).finished(60.0)


@shared("The file is larger than this place takes, whatever Discord said before (40005).", "A smaller animation.")
async def answered_40005(stage: Stage) -> None:
    image, gate = held(stage.installation.folder, bytes=400_000)
    interaction = await stage.discord.slash("bald", image, user=stage.member())
    await interaction.until(lambda: interaction.edits_s)
    interaction.payload["attachment_size_limit"] = 200_000
    gate.touch()
    message = await interaction.finished(60.0)
    assert message.attachments[0]["size"] <= 200_000
    assert {refusal.body["code"] for refusal in interaction.refusals} == {40005}


@shared("The interaction's token has died (50027).", "The answer as an ordinary message in the channel.")
async def answered_50027(stage: Stage) -> None:
    member = stage.member()
    channel = await stage.discord.open_channel(stage.discord.world.guild, "late")
    image, gate = held(stage.installation.folder)
    interaction = await stage.discord.slash("bald", image, user=member, channel=channel)
    await interaction.until(lambda: interaction.ack)
    interaction.born_s -= 901.0
    gate.touch()
    await stage.discord.until(lambda: any(m.channel is channel for m in stage.discord.posted), 60.0, "a message")
    message = next(m for m in stage.discord.posted if m.channel is channel)
    assert message.attachments[0]["filename"] == "recede-bald.gif"
    assert f"<@{member.id}>" in message.text
    assert message.pinged == set()
    assert [button["label"] for button in message.buttons()][-1] == "Delete"


@shared("The token has died and the bot may not write in the channel (50013, 50001).", "The answer as direct message.")
async def missing_permissions(stage: Stage) -> None:
    waiting = []
    for denied in (SEND_MESSAGES, ATTACH_FILES, VIEW_CHANNEL):
        member = stage.member()
        channel = await stage.discord.open_channel(stage.discord.world.guild, "closed", denied)
        image, gate = held(stage.installation.folder)
        interaction = await stage.discord.slash("bald", image, user=member, channel=channel)
        await interaction.until(lambda interaction=interaction: interaction.ack)  # type: ignore[misc]
        interaction.born_s -= 901.0
        gate.touch()
        waiting.append((stage.discord.world.direct(member), channel))
    places = {id(direct) for direct, _ in waiting}
    await stage.discord.until(lambda: places <= {id(m.channel) for m in stage.discord.posted}, 60.0, "messages")
    assert not {id(channel) for _, channel in waiting} & {id(m.channel) for m in stage.discord.posted}


@shared("All of that, and the member takes no direct messages (50007).", "Nothing; the bot's log says so.")
async def nowhere_to_answer(stage: Stage) -> None:
    known, invalid = len(stage.installation.logged("undeliverable")), stage.discord.limits.invalid_requests
    member = stage.member()
    member.dms_open = False
    channel = await stage.discord.open_channel(stage.discord.world.guild, "closed", VIEW_CHANNEL)
    image, gate = held(stage.installation.folder)
    interaction = await stage.discord.slash("bald", image, user=member, channel=channel)
    await interaction.until(lambda: interaction.ack)
    interaction.born_s -= 901.0
    gate.touch()
    await stage.discord.until(lambda: len(stage.installation.logged("undeliverable")) > known, 60.0, "the log")
    # Ten thousand refused requests in ten minutes are a ban: each way is tried once.
    assert stage.discord.limits.invalid_requests - invalid <= 4


@shared("Somebody deletes the progress message.", "Nothing more; the job is cancelled.")
async def progress_message_deleted(stage: Stage) -> None:
    known = len(stage.installation.logged("withdrawn"))
    interaction = await stage.discord.slash("bald", picture(seconds=20.0, steps=40), user=stage.member())
    await interaction.until(lambda: interaction.edits_s)
    assert interaction.original is not None
    interaction.original.deleted = True
    await stage.discord.until(lambda: len(stage.installation.logged("withdrawn")) > known, 30.0, "the log")
    await asyncio.sleep(0.5)
    assert interaction.messages() == []


@shared("The gateway cuts the connection; the client resumes.", "The answer to a command given meanwhile.")
async def resume(stage: Stage) -> None:
    session = next(iter(stage.discord.gateway.sessions.values()))
    resumes = session.resumes
    stage.discord.gateway.cut()
    interaction = await stage.discord.slash("bald", picture(), user=stage.member())
    await interaction.finished(60.0)
    assert session.resumes > resumes


@shared("Discord asks the client to reconnect (opcode 7).", "The answer.")
async def reconnect(stage: Stage) -> None:
    before = list(stage.discord.gateway.connections)
    await stage.discord.gateway.ask_to_reconnect()
    await stage.discord.until(
        lambda: stage.discord.gateway.ready() and stage.discord.gateway.connections != before, 30.0, "a connection"
    )
    await (await stage.discord.slash("bald", picture(), user=stage.member())).finished(60.0)


@shared("Discord ends the session for good (opcode 9).", "The answer, once the bot has signed in again.")
async def session_invalidated(stage: Stage) -> None:
    before = set(stage.discord.gateway.sessions)
    await stage.discord.gateway.invalidate(resumable=False)
    await stage.discord.until(
        lambda: set(stage.discord.gateway.sessions) - before and stage.discord.gateway.ready(), 60.0, "a new session"
    )
    await (await stage.discord.slash("bald", picture(), user=stage.member())).finished(60.0)


@shared("The gateway is away for a while, in the middle of a picture.", "The answer: it needs no gateway.")
async def gateway_away(stage: Stage) -> None:
    gateway = stage.discord.gateway
    image, gate = held(stage.installation.folder)
    interaction = await stage.discord.slash("bald", image, user=stage.member())
    await interaction.until(lambda: interaction.ack)
    gateway.refuse = True
    gateway.cut()
    gate.touch()
    await interaction.finished(60.0)
    gateway.refuse = False
    await stage.discord.until(gateway.ready, 60.0, "a connection")
    await (await stage.discord.slash("bald", picture(), user=stage.member())).finished(60.0)


@shared("Discord hangs up before it says hello.", "The answer, once the bot is back.")
async def closed_before_hello(stage: Stage) -> None:
    gateway = stage.discord.gateway
    gateway.close_before_hello = 1
    gateway.cut()
    await stage.discord.until(lambda: gateway.close_before_hello == 0, 30.0)
    await stage.discord.until(gateway.ready, 60.0, "a connection")
    await (await stage.discord.slash("bald", picture(), user=stage.member())).finished(60.0)
