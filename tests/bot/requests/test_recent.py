"""What the engine keeps of a photo for its asker, and who has it dropped: real bot, broker and engine, a stand-in that
tells whether it knows the photo already."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from bot.messages import say
from tests.support.bot.stage import Stage
from tests.support.bot.standin import photo
from tests.support.fake_discord import Message, Upload, User


@pytest.fixture(scope="module")
def stage(inner: Stage) -> Stage:
    """The bot in this process."""
    return inner


def begun(log: Path) -> list[str]:
    """For each job with that log, whether the engine knew its photo."""
    return [line.split()[1] for line in log.read_text().splitlines()]


async def bald(stage: Stage, log: Path, member: User) -> Message:
    """A finished /bald with a photo of that log's."""
    upload = {"image": Upload("me.png", photo(log=str(log)))}
    return await (await stage.discord.slash("bald", upload, user=member)).finished(60.0)


def test_another_stage_finds_the_photo_known_but_not_for_somebody_else(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "begun"

    async def scenario() -> None:
        member, other = stage.member(), stage.member("Otto")
        message = await bald(stage, log, member)
        await (await stage.discord.click(message, "Weaker", user=member)).finished(60.0)
        await (await stage.discord.click(message, "Weaker", user=other)).finished(60.0)
        assert begun(log) == ["new", "known", "new"]

    stage.run(scenario())


def test_delete_has_it_dropped(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "begun"

    async def scenario() -> None:
        member = stage.member()
        message = await bald(stage, log, member)
        await stage.discord.click(message, "Delete", user=member)
        await stage.discord.until(functools.partial(getattr, message, "deleted"))
        await bald(stage, log, member)
        assert begun(log) == ["new", "new"]

    stage.run(scenario())


def test_whoever_opts_out_has_it_dropped_at_their_own_and_at_those_who_used_their_picture(
    stage: Stage, tmp_path: Path
) -> None:
    log = tmp_path / "begun"

    async def scenario() -> None:
        friend, asker = stage.member("Frida"), stage.member()
        upload = Upload("me.png", photo(log=str(log)))
        posted = stage.discord.messages.by_member(stage.discord.world.channel, friend, "me", upload)
        for _ in range(2):
            for user in (friend, asker):
                await (await stage.discord.on_message("Bald this picture", posted, user=user)).finished(60.0)
            for choice in ("out", "in"):
                await (await stage.discord.slash("recede privacy", {"choice": choice}, user=friend)).answered()
        assert begun(log) == ["new"] * 4

    stage.run(scenario())


def test_forget_me_has_it_dropped(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "begun"

    async def scenario() -> None:
        member = stage.member()
        await bald(stage, log, member)
        told = await (await stage.discord.slash("recede forget-me", user=member)).answered()
        await stage.discord.click(told, "Forget me", user=member)
        await stage.discord.until(lambda: told.text == say("en", "forgotten"))
        await bald(stage, log, member)
        assert begun(log) == ["new", "new"]

    stage.run(scenario())
