"""From an interaction to an order: what costs a pause, what is hidden or for adults, where one may ask, and in whose
language the years count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.messages import say, say_error
from bot.order import Language
from engine.errors import Cancelled, NoFace
from tests.support.bot.members import held, own_server, picture, queued, settled, working
from tests.support.bot.stage import Stage
from tests.support.bot.standin import photo
from tests.support.fake_discord import Channel, Upload, User
from tests.support.fake_discord.faults import Fault
from tests.support.fake_discord.world import MANAGE_GUILD, MEMBER

EXPLICIT = {"flags": 1 << 4}
SPOILER = {"flags": 1 << 3}
AN_HOUR_S = 3600


@pytest.fixture(scope="module")
def stage(inner: Stage) -> Stage:
    """The bot in this process."""
    return inner


async def patient_server(stage: Stage) -> tuple[Channel, User]:
    """A channel of a server in which one waits an hour between two requests, and a member."""
    discord = stage.discord
    guild = await discord.join("Patient")
    channel = next(iter(guild.channels.values()))
    manager = discord.world.add_member(guild, discord.world.add_user("Max"), MEMBER | MANAGE_GUILD)
    settings = discord.slash("recede-admin settings", {"cooldown": AN_HOUR_S}, user=manager, channel=channel)
    await (await settings).answered()
    return channel, discord.world.add_member(guild, discord.world.add_user("Moe"))


def test_a_photo_that_came_to_nothing_costs_no_pause_and_one_that_was_made_does(stage: Stage) -> None:
    async def scenario() -> None:
        channel, member = await patient_server(stage)
        where: dict[str, Any] = {"user": member, "channel": channel}
        refused = await settled(await stage.discord.slash("bald", picture(do="raise", code="no_face"), **where))
        assert refused.text == say_error("en", NoFace(""))
        image, gate = held(stage.installation.folder)
        cancelled = await stage.discord.slash("bald", image, **where)
        await working(cancelled)
        assert cancelled.original is not None
        await stage.discord.click(cancelled.original, "Cancel", user=member)
        assert (await settled(cancelled)).text == say_error("en", Cancelled(""))
        gate.touch()
        made = await (await stage.discord.slash("bald", picture(film=False), **where)).finished(60.0)
        again = await settled(await stage.discord.slash("bald", picture(), **where))
        assert again.text in {
            say("en", "cooldown", seconds=seconds) for seconds in range(AN_HOUR_S - 60, AN_HOUR_S + 1)
        }
        # Another file of one's own does not count as a new picture.
        await (await stage.discord.click(made, "As WebP", user=member)).finished(60.0)
        # Nor does it end the pause, where it is cancelled before it is made.
        image, gate = held(stage.installation.folder)
        await working(await stage.discord.slash("bald", image, user=stage.member()))
        dropped = await stage.discord.click(made, "As MP4", user=member)
        await queued(dropped)
        assert dropped.original is not None
        await stage.discord.click(dropped.original, "Cancel", user=member)
        await settled(dropped)
        gate.touch()
        weaker = await settled(await stage.discord.click(made, "Weaker", user=member))
        assert weaker.text.startswith(say("en", "cooldown", seconds=7).partition("7")[0])

    stage.run(scenario())


def test_what_discord_takes_for_explicit_is_for_channels_of_adults_and_hidden_there(stage: Stage) -> None:
    async def scenario() -> None:
        discord, member = stage.discord, stage.member()
        adults = await discord.open_channel(discord.world.guild, "adults", age_restricted=True)
        bold = {"image": Upload("me.png", photo(), claims=EXPLICIT)}
        refused = await settled(await discord.slash("bald", bold, user=member))
        assert (refused.text, refused.ephemeral) == (say("en", "explicit"), True)
        made = await (await discord.slash("bald", bold, user=member, channel=adults)).finished(60.0)
        assert made.attachments[0]["filename"].startswith("SPOILER_")
        opened = await settled(await discord.slash("edit", bold, user=member))
        assert opened.text == say("en", "explicit")

    stage.run(scenario())


@pytest.mark.parametrize(("name", "claims"), [("SPOILER_me.png", {}), ("me.png", SPOILER)])
def test_what_was_hidden_is_hidden_in_its_answer_and_in_those_made_from_that(
    stage: Stage, name: str, claims: dict[str, int]
) -> None:
    async def scenario() -> None:
        discord, member = stage.discord, stage.member()
        posted = discord.messages.by_member(discord.world.channel, member, "me", Upload(name, photo(), claims=claims))
        made = await (await discord.on_message("Bald this picture", posted, user=member)).finished(60.0)
        weaker = await (await discord.click(made, "Weaker", user=member)).finished(60.0)
        taken = await (await discord.on_message("Bald this picture", weaker, user=member)).finished(60.0)
        for message in (made, weaker, taken):
            assert message.attachments[0]["filename"] == "SPOILER_recede-bald.gif"

    stage.run(scenario())


def test_a_no_costs_the_asker_no_pause(stage: Stage) -> None:
    async def scenario() -> None:
        channel, member = await patient_server(stage)
        discord = stage.discord
        where: dict[str, Any] = {"user": member, "channel": channel}
        assert channel.guild is not None
        shy = discord.world.add_member(channel.guild, discord.world.add_user("Shy", avatar=photo()))
        await (await discord.slash("recede privacy", {"choice": "ask"}, user=shy, channel=channel)).answered()
        asked = await discord.on_user("Bald this avatar", shy, **where)
        await discord.click(await asked.answered(), "Rather not", user=shy)
        no = say("en", "said_no", user=f"<@{shy.id}>")
        await asked.until(lambda: asked.original and asked.original.text == no)
        await (await discord.slash("bald", picture(), **where)).finished(60.0)

    stage.run(scenario())


def test_a_category_that_is_allowed_lets_its_channels_in_and_no_others(stage: Stage) -> None:
    async def scenario() -> None:
        discord = stage.discord
        guild, outside, manager, member = await own_server(discord, "Categories")
        category = await discord.open_channel(guild, "bots", is_category=True)
        inside = await discord.open_channel(guild, "bald", category=category)
        settings = discord.slash("recede-admin settings", {"allow_channel": category}, user=manager, channel=outside)
        await (await settings).answered()
        await (await discord.slash("bald", picture(), user=member, channel=inside)).finished(60.0)
        refused = await settled(await discord.slash("bald", picture(), user=member, channel=outside))
        assert refused.text == say("en", "other_channel", channels=f"<#{category.id}>")

    stage.run(scenario())


@pytest.mark.parametrize(("locale", "language"), [("en-GB", "en"), ("zh-CN", "zh"), ("zh-TW", "zh")])
def test_the_years_in_the_picture_count_in_the_readers_language(
    stage: Stage, tmp_path: Path, locale: str, language: Language
) -> None:
    async def scenario() -> None:
        log = tmp_path / "begun"
        reader = stage.member(locale=locale)
        await (await stage.discord.slash("bald", picture(log=str(log)), user=reader)).finished(60.0)
        assert log.read_text().split()[2] == language

    stage.run(scenario())


def test_what_turns_out_to_be_missing_is_told_to_the_asker_alone(stage: Stage) -> None:
    async def scenario() -> None:
        discord, member = stage.discord, stage.member()
        asked = await discord.slash("bald", user=member)  # whether there is a picture has to be looked up
        message = await settled(asked)
        assert (message.text, message.ephemeral) == (say("en", "no_photo_given"), True)
        await asked.until(lambda: asked.messages() == [message], 30.0, "nothing in public")
        discord.fail(Fault("POST /webhooks/*/*", 403, times=1, code=50001, message="Missing Access"))
        public = await settled(await discord.slash("bald", user=member))
        assert (public.text, public.ephemeral) == (say("en", "no_photo_given"), False)
        await discord.click(public, "Delete", user=member)
        await discord.until(lambda: public.deleted)

    stage.run(scenario())
