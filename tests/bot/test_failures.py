"""What goes wrong, row by row of tests.bot.failures: the rows of Discord's side and of people."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.messages import LANGUAGES, say, say_error
from engine.errors import (
    FaceCut,
    HatInTheWay,
    NoFace,
    NoHairLeft,
    NotAnImage,
    PhotoTooManyBytes,
    PhotoTooManyPixels,
    RecedeError,
    TruncatedPhoto,
)
from tests.bot import failures_alone  # noqa: F401  its rows belong to the table
from tests.bot.conftest import Stage
from tests.bot.failures import TABLE, shared
from tests.bot.fake_discord import Upload
from tests.bot.fake_discord.world import ATTACH_FILES, MANAGE_GUILD, MEMBER, MIB, SEND_MESSAGES, VIEW_CHANNEL
from tests.bot.members import picture, settled
from tests.bot.standin import photo

LOCALES = {"en": "en-US", "zh": "zh-CN"}


# ---- Discord's side


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
    fault = stage.discord.fail("PATCH /webhooks/*/messages/@original", 429, times=2, retry_after_s=0.3)
    interaction = await stage.discord.slash("bald", picture(), user=stage.member())
    await interaction.finished(60.0)
    assert fault.used == 2


@shared("A proxy before Discord refuses without a Via header, which clients do not retry.", "The answer, later.")
async def answered_429_without_via(stage: Stage) -> None:
    interaction = await stage.discord.slash("bald", picture(seconds=1.0), user=stage.member())
    await interaction.until(lambda: interaction.edits_s)
    fault = stage.discord.fail("PATCH /webhooks/*/messages/@original", 429, times=2, via=False)
    await interaction.finished(60.0)
    assert fault.used >= 1


@shared("Discord's servers fail for a few seconds (502).", "The answer, a few seconds later.")
async def answered_5xx(stage: Stage) -> None:
    fault = stage.discord.fail("PATCH /webhooks/*", 502, times=3)
    interaction = await stage.discord.slash("bald", picture(), user=stage.member())
    await interaction.finished(60.0)
    assert fault.used == 3


@shared("The connection breaks after Discord took the answer, before the bot heard so.", "One answer.")
async def connection_cut_after_the_answer(stage: Stage) -> None:
    interaction = await stage.discord.slash("bald", picture(seconds=1.0), user=stage.member())
    await interaction.until(lambda: interaction.edits_s)
    stage.discord.fail("PATCH /webhooks/*", times=2, cut="after")
    await interaction.finished(60.0)
    await asyncio.sleep(1.5)
    assert len(interaction.messages()) == 1
    assert len(interaction.messages()[0].attachments) == 1
    assert stage.discord.posted == [] or all(m.channel is not interaction.channel for m in stage.discord.posted)


@shared("The acknowledgement comes too late (10062).", "Discord's own note that the app did not respond; no picture.")
async def answered_10062(stage: Stage) -> None:
    known = len(stage.installation.logged("not_acknowledged"))
    stage.discord.fail("POST /interactions/*/callback", 404, code=10062, message="Unknown interaction")
    member = stage.member()
    interaction = await stage.discord.slash("bald", picture(), user=member)
    await stage.discord.until(lambda: len(stage.installation.logged("not_acknowledged")) > known)
    assert interaction.messages() == []
    # Nothing is held against the member: they try again at once.
    await (await stage.discord.slash("bald", picture(), user=member)).finished(60.0)


@shared("The file is larger than this place takes, whatever Discord said before (40005).", "A smaller animation.")
async def answered_40005(stage: Stage) -> None:
    interaction = await stage.discord.slash("bald", picture(bytes=400_000, seconds=0.5), user=stage.member())
    await interaction.until(lambda: interaction.edits_s)
    interaction.payload["attachment_size_limit"] = 200_000
    message = await interaction.finished(60.0)
    assert message.attachments[0]["size"] <= 200_000
    assert {refusal.body["code"] for refusal in interaction.refusals} == {40005}


@shared("The interaction's token has died (50027).", "The answer as an ordinary message in the channel.")
async def answered_50027(stage: Stage) -> None:
    member = stage.member()
    channel = await stage.discord.open_channel(stage.discord.world.guild, "late")
    interaction = await stage.discord.slash("bald", picture(seconds=1.0), user=member, channel=channel)
    await interaction.until(lambda: interaction.ack)
    interaction.born_s -= 901.0
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
        interaction = await stage.discord.slash("bald", picture(seconds=1.0), user=member, channel=channel)
        await interaction.until(lambda interaction=interaction: interaction.ack)  # type: ignore[misc]
        interaction.born_s -= 901.0
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
    interaction = await stage.discord.slash("bald", picture(seconds=1.0), user=member, channel=channel)
    await interaction.until(lambda: interaction.ack)
    interaction.born_s -= 901.0
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
    assert session.resumes == resumes + 1


@shared("Discord asks the client to reconnect (opcode 7).", "The answer.")
async def reconnect(stage: Stage) -> None:
    before = list(stage.discord.gateway.connections)
    await stage.discord.gateway.ask_to_reconnect()
    await stage.discord.until(
        lambda: stage.discord.gateway.ready() and stage.discord.gateway.connections != before, 30.0, "a connection"
    )
    await (await stage.discord.slash("bald", picture(), user=stage.member())).finished(60.0)


@shared("Discord ends the session for good (opcode 9).", "The answer, once the bot has signed in anew.")
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
    interaction = await stage.discord.slash("bald", picture(seconds=1.0), user=stage.member())
    await interaction.until(lambda: interaction.ack)
    gateway.refuse = True
    gateway.cut()
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


# ---- people and their pictures


async def _sentences(stage: Stage, options: dict[str, Any], expected: dict[str, str]) -> None:
    """The same request in both languages, and what comes of it."""
    for language in LANGUAGES:
        member = stage.member(locale=LOCALES[language])
        interaction = await stage.discord.slash("bald", dict(options), user=member)
        message = await settled(interaction)
        assert message.text == expected[language], language
        assert message.attachments == []


def both(error: RecedeError) -> dict[str, str]:
    """The error's sentence in both languages; never the code, never one for the other."""
    sentences: dict[str, str] = {language: say_error(language, error) for language in LANGUAGES}
    assert len(set(sentences.values())) == len(LANGUAGES)
    return sentences


@shared("Nobody's face is in the picture.", "A sentence in the reader's language: send one with a face.")
async def no_face(stage: Stage) -> None:
    await _sentences(stage, picture(do="raise", code="no_face"), both(NoFace("")))


@shared("A hat covers the hair.", "A sentence in the reader's language: without a hat, please.")
async def hat(stage: Stage) -> None:
    await _sentences(stage, picture(do="raise", code="hat_in_the_way"), both(HatInTheWay("")))


@shared("The head is bald already, or cut off by the picture's edge.", "A sentence in the reader's language.")
async def no_hair_or_cut_face(stage: Stage) -> None:
    await _sentences(stage, picture(do="raise", code="no_hair_left"), both(NoHairLeft("")))
    await _sentences(stage, picture(do="raise", code="face_cut"), both(FaceCut("")))


@shared("The attachment is no picture.", "A sentence at once, in the reader's language; nothing is downloaded.")
async def unreadable_attachment(stage: Stage) -> None:
    served = len(stage.discord.cdn.served)
    await _sentences(stage, {"image": Upload("notes.txt", b"hello")}, both(NotAnImage("")))
    assert len(stage.discord.cdn.served) == served


@shared("The file breaks off in the middle.", "A sentence in the reader's language.")
async def truncated_attachment(stage: Stage) -> None:
    await _sentences(stage, picture(do="raise", code="truncated_photo"), both(TruncatedPhoto("")))


@shared("The attachment has too many bytes or pixels.", "A sentence at once; nothing is downloaded.")
async def too_large_attachment(stage: Stage) -> None:
    served = len(stage.discord.cdn.served)
    size = 30 * MIB
    heavy = {"image": Upload("me.png", photo(), claims={"size": size})}
    expected = both(PhotoTooManyBytes("", size_bytes=size, max_bytes=25 * MIB))
    assert all("25" in sentence for sentence in expected.values())
    await _sentences(stage, heavy, expected)
    wide = {"image": Upload("me.png", photo(), claims={"width": 20000, "height": 9000})}
    await _sentences(stage, wide, both(PhotoTooManyPixels("", max_pixels=40_000_000)))
    assert len(stage.discord.cdn.served) == served


@shared("The file is larger than its description said.", "A sentence; the download stops at the limit.")
async def lying_attachment(stage: Stage) -> None:
    data = photo() + bytes(27 * MIB)
    liar = {"image": Upload("me.png", data, claims={"size": 1000, "width": 256, "height": 256})}
    await _sentences(stage, liar, both(PhotoTooManyBytes("", max_bytes=25 * MIB)))


@shared("Discord no longer has the photo.", "A sentence: send it again.")
async def photo_gone(stage: Stage) -> None:
    stage.discord.fail("GET /cdn/ephemeral-attachments/*", 404, times=6)
    stage.discord.fail("POST /attachments/refresh-urls", 404, times=2)
    await _sentences(stage, picture(), {language: say(language, "photo_gone") for language in LANGUAGES})
    stage.discord.faults.pending.clear()


@shared("The download breaks off.", "The answer: it is tried again.")
async def download_cut(stage: Stage) -> None:
    cdn = stage.discord.cdn
    served = len(cdn.served)
    cdn.cut_after_bytes = 0
    interaction = await stage.discord.slash("bald", picture(), user=stage.member())
    await stage.discord.until(lambda: len(cdn.served) > served, 30.0, "a download")
    cdn.cut_after_bytes = None
    await interaction.finished(60.0)
    assert len(cdn.served) >= served + 2


@shared("A member opted out, and somebody asks for their avatar or their picture.", "A refusal to the asker alone.")
async def opt_out(stage: Stage) -> None:
    discord = stage.discord
    shy, asker = stage.member("Shy", avatar=photo()), stage.member()
    await (await discord.slash("recede privacy", {"choice": "out"}, user=shy)).answered()
    expected = say("en", "opted_out", user=f"<@{shy.id}>")
    posted = discord.messages.by_member(discord.world.channel, shy, "me", Upload("me.png", photo()))
    for attempt in (
        discord.slash("bald", {"user": shy}, user=asker),
        discord.on_user("Bald this avatar", shy, user=asker),
        discord.on_message("Bald this picture", posted, user=asker),
    ):
        message = await settled(await attempt)
        assert message.text == expected
        assert message.ephemeral
        assert message.pinged == set()
    await (await discord.on_message("Bald this picture", posted, user=shy)).finished(60.0)
    await (await discord.slash("recede privacy", {"choice": "in"}, user=shy)).answered()
    await (await discord.on_user("Bald this avatar", shy, user=asker)).finished(60.0)


@shared("Somebody opts out after their picture was made, and the others click on.", "A refusal to the clicker alone.")
async def opt_out_afterwards(stage: Stage) -> None:
    discord = stage.discord
    shy, asker = stage.member("Shy", avatar=photo()), stage.member()
    message = await (await discord.on_user("Bald this avatar", shy, user=asker)).finished(60.0)
    await (await discord.slash("recede privacy", {"choice": "out"}, user=shy)).answered()
    refused = await settled(await discord.click(message, "Weaker", user=asker))
    assert refused.text == say("en", "opted_out", user=f"<@{shy.id}>")


async def _own_guild(stage: Stage, settings: dict[str, Any]) -> tuple[Any, Any]:
    """A channel of a server with `settings`, and a member of it."""
    guild = await stage.discord.join("Strict")
    channel = next(iter(guild.channels.values()))
    if settings:
        change = stage.discord.slash("recede settings", settings, user=guild.owner, channel=channel)
        await (await change).answered()
    return channel, stage.discord.world.add_member(guild, stage.discord.world.add_user("Moe"))


@shared("A member asks again too soon.", "A sentence with the seconds left, to them alone.")
async def cooldown(stage: Stage) -> None:
    channel, member = await _own_guild(stage, {"cooldown": 60})
    await (await stage.discord.slash("bald", picture(), user=member, channel=channel)).finished(60.0)
    message = await settled(await stage.discord.slash("bald", picture(), user=member, channel=channel))
    assert message.ephemeral
    assert message.text in {say("en", "cooldown", seconds=seconds) for seconds in range(40, 61)}


@shared("A member has as many pictures under way as the server allows.", "A sentence, to them alone.")
async def enough_under_way(stage: Stage) -> None:
    channel, member = await _own_guild(stage, {"jobs_per_user": 1})
    first = await stage.discord.slash("bald", picture(seconds=2.0), user=member, channel=channel)
    second = await settled(await stage.discord.slash("bald", picture(), user=member, channel=channel))
    assert second.text == say("en", "enough_under_way", limit=1)
    assert second.ephemeral
    await first.finished(60.0)


@shared("A member was blocked by the moderators.", "A sentence, to them alone.")
async def blocked_user(stage: Stage) -> None:
    channel, member = await _own_guild(stage, {})
    owner = channel.guild.owner
    await (await stage.discord.slash("recede block", {"user": member}, user=owner, channel=channel)).answered()
    message = await settled(await stage.discord.slash("bald", picture(), user=member, channel=channel))
    assert (message.text, message.ephemeral) == (say("en", "blocked"), True)
    change = stage.discord.slash("recede block", {"user": member, "off": True}, user=owner, channel=channel)
    await (await change).answered()
    await (await stage.discord.slash("bald", picture(), user=member, channel=channel)).finished(60.0)


@shared("Only the bot's owners may block everywhere, and a moderator tries.", "A sentence, to them alone.")
async def owners_only(stage: Stage) -> None:
    channel, member = await _own_guild(stage, {})
    moderator = stage.discord.world.add_member(
        channel.guild, stage.discord.world.add_user("Mod"), MEMBER | MANAGE_GUILD
    )
    options = {"user": member, "everywhere": True}
    answer = stage.discord.slash("recede block", options, user=moderator, channel=channel)
    assert (await settled(await answer)).text == say("en", "owners_only")


SHARED = [name for name, row in TABLE.items() if row.shared is not None]
ALONE = [name for name, row in TABLE.items() if row.alone is not None]


@pytest.mark.parametrize("name", SHARED)
def test_failure(stage: Stage, name: str) -> None:
    scenario = TABLE[name].shared
    assert scenario is not None
    stage.run(scenario(stage))


@pytest.mark.parametrize("name", ALONE)
def test_failure_of_a_whole_process(name: str, tmp_path: Path) -> None:
    scenario = TABLE[name].alone
    assert scenario is not None
    asyncio.run(scenario(tmp_path))
