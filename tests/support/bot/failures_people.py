"""Rows of the table of failures that people and their pictures cause, on a bot that all of them share."""

from __future__ import annotations

from typing import Any

from bot.messages import say, say_error
from bot.order import Language
from engine.errors import (
    DrawnFace,
    FaceBlurred,
    FaceCut,
    HatInTheWay,
    NoFace,
    NoHairLeft,
    NotAnImage,
    NothingToEdit,
    PhotoTooManyBytes,
    PhotoTooManyPixels,
    RecedeError,
    TooYoung,
    TruncatedPhoto,
)
from tests.support.bot.failures import shared
from tests.support.bot.members import held, picture, queued, settled, shown, working
from tests.support.bot.stage import Stage
from tests.support.bot.standin import photo
from tests.support.fake_discord import Interaction, Upload
from tests.support.fake_discord.faults import Fault
from tests.support.fake_discord.world import MANAGE_GUILD, MEMBER, MIB

LOCALES: dict[Language, str] = {"en": "en-US", "zh": "zh-CN"}


async def _sentences(stage: Stage, options: dict[str, Any], expected: dict[str, str]) -> None:
    """The same request in both languages, and what comes of it."""
    for language in LOCALES:
        member = stage.member(locale=LOCALES[language])
        interaction = await stage.discord.slash("bald", dict(options), user=member)
        message = await settled(interaction)
        assert message.text == shown(stage.discord, expected[language]), language
        assert message.attachments == []


def both(error: RecedeError) -> dict[str, str]:
    """The error's sentence in both languages; never the code, never one for the other."""
    sentences: dict[str, str] = {language: say_error(language, error) for language in LOCALES}
    assert len(set(sentences.values())) == len(LOCALES)
    return sentences


@shared("Nobody's face is in the picture.", "A sentence in the reader's language: send one with a face.")
async def no_face(stage: Stage) -> None:
    await _sentences(stage, picture(do="raise", code="no_face"), both(NoFace("")))


@shared("The face is a child's.", "A sentence in the reader's language: this is for grown-ups; nothing is made.")
async def too_young(stage: Stage) -> None:
    await _sentences(stage, picture(do="raise", code="too_young"), both(TooYoung("")))


@shared("Another format is asked for, and no engine has the frames any more.", "It is made as a picture of its own.")
async def frames_gone(stage: Stage) -> None:
    member = stage.member()
    made = await (await stage.discord.slash("bald", picture(film=False), user=member)).finished(60.0)
    again = await (await stage.discord.click(made, "As WebP", user=member)).finished(60.0)
    assert again.attachments[0]["filename"] == "recede-bald.webp"


@shared("What goes wrong is nobody else's business.", "The sentence goes to the asker alone; nothing stays in public.")
async def told_alone(stage: Stage) -> None:
    # Before any progress was shown, and after.
    await _is_told_alone(await stage.discord.slash("bald", picture(do="raise", code="no_face"), user=stage.member()))
    image, gate = held(stage.installation.folder, do="raise", code="no_face")
    later = await stage.discord.slash("bald", image, user=stage.member())
    await working(later)
    gate.touch()
    await _is_told_alone(later)


async def _is_told_alone(interaction: Interaction) -> None:
    message = await settled(interaction)
    assert (message.text, message.ephemeral) == (say_error("en", NoFace("")), True)
    await interaction.until(lambda: interaction.messages() == [message], 10.0, "nothing in public")
    assert interaction.original is not None
    assert all(message.text not in look["content"] for _, look in interaction.original.history)


@shared("What goes wrong cannot be said to the asker alone.", "The sentence in public, with a button to remove it.")
async def told_in_public(stage: Stage) -> None:
    stage.discord.fail(Fault("POST /webhooks/*/*", 403, times=1, code=50001, message="Missing Access"))
    interaction = await stage.discord.slash("bald", picture(do="raise", code="no_face"), user=stage.member())
    message = await settled(interaction)
    assert (message.text, message.ephemeral) == (say_error("en", NoFace("")), False)
    await stage.discord.click(message, "Delete", user=interaction.user)
    await stage.discord.until(lambda: message.deleted)


@shared("A hat covers the hair.", "A sentence in the reader's language: without a hat, please.")
async def hat(stage: Stage) -> None:
    await _sentences(stage, picture(do="raise", code="hat_in_the_way"), both(HatInTheWay("")))


@shared("The head is bald already, or cut off by the picture's edge.", "A sentence in the reader's language.")
async def no_hair_or_cut_face(stage: Stage) -> None:
    await _sentences(stage, picture(do="raise", code="no_hair_left"), both(NoHairLeft("")))
    await _sentences(stage, picture(do="raise", code="nothing_to_edit"), both(NothingToEdit("")))
    await _sentences(stage, picture(do="raise", code="face_cut"), both(FaceCut("")))
    await _sentences(stage, picture(do="raise", code="face_blurred"), both(FaceBlurred("")))


@shared("The face is a cartoon's.", "A sentence in the reader's language: drawn hair stays on.")
async def drawn_face(stage: Stage) -> None:
    await _sentences(stage, picture(do="raise", code="drawn_face"), both(DrawnFace("")))


@shared("The attachment is not a picture.", "A sentence at once, in the reader's language; nothing is downloaded.")
async def unreadable_attachment(stage: Stage) -> None:
    served = len(stage.discord.cdn.served)
    await _sentences(stage, {"image": Upload("notes.txt", b"hello", old_client=True)}, both(NotAnImage("")))
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
    stage.discord.fail(Fault("GET /cdn/ephemeral-attachments/*", 404, times=6))
    stage.discord.fail(Fault("POST /attachments/refresh-urls", 404, times=2))
    await _sentences(stage, picture(), {language: say(language, "photo_gone") for language in LOCALES})
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


@shared("Somebody opts out while a picture of them is being made.", "It ends, and a sentence says why.")
async def opt_out_meanwhile(stage: Stage) -> None:
    discord = stage.discord
    options, gate = held(stage.installation.folder)
    shy, asker = stage.member("Shy", avatar=photo()), stage.member()
    interaction = await discord.slash("bald", {**options, "user": shy}, user=asker)
    await interaction.until(lambda: interaction.original and interaction.original.attachments, 60.0, "a preview")
    avatar = await discord.on_user("Bald this avatar", shy, user=stage.member())
    await queued(avatar)
    await (await discord.slash("recede privacy", {"choice": "out"}, user=shy)).answered()
    dropped = await settled(avatar)  # what nobody has begun yet does not wait for what is before it
    gate.touch()
    for message in (await settled(interaction), dropped):
        assert message.text == say("en", "opted_out", user=f"<@{shy.id}>"), message.text
        assert message.attachments == []
    # What they are working on with their own picture goes on.
    await (await discord.on_user("Bald this avatar", shy, user=shy)).finished(60.0)


@shared("Somebody opts out, and others take the bot's own answer for a photo of theirs.", "A refusal to the asker.")
async def opt_out_of_answers(stage: Stage) -> None:
    discord = stage.discord
    shy, asker = stage.member("Shy", avatar=photo()), stage.member()
    avatar = await (await discord.on_user("Bald this avatar", shy, user=asker)).finished(60.0)
    posted = await (await discord.slash("bald", picture(), user=shy)).finished(60.0)
    await (await discord.slash("recede privacy", {"choice": "out"}, user=shy)).answered()
    for message in (avatar, posted):
        refused = await settled(await discord.on_message("Bald this picture", message, user=asker))
        assert refused.text == say("en", "opted_out", user=f"<@{shy.id}>")
    refused = await settled(await discord.click(posted, "Weaker", user=asker))
    assert refused.text == say("en", "opted_out", user=f"<@{shy.id}>")
    await (await discord.on_message("Bald this picture", posted, user=shy)).finished(60.0)


async def _own_guild(stage: Stage, settings: dict[str, Any]) -> tuple[Any, Any]:
    """A channel of a server with `settings`, and a member of it."""
    guild = await stage.discord.join("Strict")
    channel = next(iter(guild.channels.values()))
    if settings:
        change = stage.discord.slash("recede-admin settings", settings, user=guild.owner, channel=channel)
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
    image, gate = held(stage.installation.folder)
    first = await stage.discord.slash("bald", image, user=member, channel=channel)
    await first.until(lambda: first.ack)
    second = await settled(await stage.discord.slash("bald", picture(), user=member, channel=channel))
    assert second.text == shown(stage.discord, say("en", "enough_under_way", limit=1))
    assert second.ephemeral
    gate.touch()
    await first.finished(60.0)


@shared("A member was blocked by the moderators.", "A sentence, to them alone.")
async def blocked_user(stage: Stage) -> None:
    channel, member = await _own_guild(stage, {})
    owner = channel.guild.owner
    await (await stage.discord.slash("recede-admin block", {"user": member}, user=owner, channel=channel)).answered()
    message = await settled(await stage.discord.slash("bald", picture(), user=member, channel=channel))
    assert (message.text, message.ephemeral) == (say("en", "blocked"), True)
    change = stage.discord.slash("recede-admin block", {"user": member, "off": True}, user=owner, channel=channel)
    await (await change).answered()
    await (await stage.discord.slash("bald", picture(), user=member, channel=channel)).finished(60.0)


@shared("Only the bot's owners may block everywhere, and a moderator tries.", "A sentence, to them alone.")
async def owners_only(stage: Stage) -> None:
    channel, member = await _own_guild(stage, {})
    moderator = stage.discord.world.add_member(
        channel.guild, stage.discord.world.add_user("Mod"), MEMBER | MANAGE_GUILD
    )
    options = {"user": member, "everywhere": True}
    answer = stage.discord.slash("recede-admin block", options, user=moderator, channel=channel)
    assert (await settled(await answer)).text == say("en", "owners_only")


@shared("Whoever wants to be asked first cannot be reached.", "A sentence, to the asker alone; nothing is made.")
async def cannot_ask(stage: Stage) -> None:
    discord, shy, asker = stage.discord, stage.member("Shy", avatar=photo()), stage.member()
    await (await discord.slash("recede privacy", {"choice": "ask"}, user=shy)).answered()
    shy.dms_open = False
    message = await settled(await discord.slash("bald", {"user": shy, "private": True}, user=asker))
    assert (message.text, message.ephemeral) == (say("en", "cannot_ask", user=f"<@{shy.id}>"), True)
    assert not any(f"/avatars/{shy.id}/" in path for path in discord.cdn.served)


@shared("A question is answered after it has ended.", "A sentence, to whoever answers.")
async def question_over(stage: Stage) -> None:
    discord, shy, asker = stage.discord, stage.member("Shy", avatar=photo()), stage.member()
    await (await discord.slash("recede privacy", {"choice": "ask"}, user=shy)).answered()
    question = await (await discord.on_user("Bald this avatar", shy, user=asker)).answered()
    await (await discord.slash("recede privacy", {"choice": "out"}, user=shy)).answered()
    late = await (await discord.click(question, "Go ahead", user=shy)).until(lambda: discord.posted is not None)
    await late.until(lambda: [m for m in late.followups if m.text == say("en", "question_over")])


@shared("A menu of pictures is used after a restart.", "A sentence: open it again.")
async def choice_forgotten(stage: Stage) -> None:
    discord, member = stage.discord, stage.member()
    files = (Upload("a.png", photo()), Upload("b.png", photo()))
    message = discord.messages.by_member(discord.world.channel, member, "two", *files)
    menu = await (await discord.on_message("Bald this picture", message, user=member)).answered()
    for button in menu.buttons():
        button["custom_id"] = button["custom_id"].replace(":", ":1", 2).replace("recede:1", "recede:", 1)
    told = await (await discord.click(menu, "1", user=member)).answered()
    assert (told.text, told.ephemeral) == (say("en", "choice_forgotten"), True)
