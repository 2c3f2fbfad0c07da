"""Other files of a fresh answer, which the engine makes of the pictures that it still has: no job, no place, no pause.

Real bot, broker and engine; the stand-in keeps its answers' pictures as the real pipeline does.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import BotConfig
from bot.delivery.delivery import Delivery
from bot.errors import Refused
from bot.jobs.active import Active
from bot.jobs.progress import Pacer, ProgressMessage
from bot.jobs.reencoding import Reencoding
from bot.jobs.under_way import UnderWay
from bot.messages import say
from bot.order import Order
from tests.support.bot.loops import in_loop
from tests.support.bot.members import held, own_server, picture, settled, working
from tests.support.bot.orders import order
from tests.support.bot.stage import Stage
from tests.support.bot.standin import photo
from tests.support.fake_discord import Message, Upload, User
from tests.support.faults.harness import Installation, receiving
from tests.support.faults.shared_broker import SharedBroker

AN_HOUR_S = 3600
LIMIT_BYTES = 300_000
DAY_FULL = "This server has had its fill for today (1)."


@pytest.fixture(scope="module")
def stage(inner: Stage) -> Stage:
    """The bot in this process."""
    return inner


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, shared_broker: SharedBroker) -> Iterator[Installation]:
    """A broker and an engine."""
    made = Installation(tmp_path_factory.mktemp("reencoding"), shared_broker.lines())
    made.start_engine()
    yield made
    made.end()


async def bald(stage: Stage, member: User, log: Path, **what: Any) -> Message:
    """A finished /bald; every job of its photo leaves a line in the log."""
    upload = {"image": Upload("me.png", photo(log=str(log), **what))}
    return await (await stage.discord.slash("bald", upload, user=member)).finished(60.0)


def jobs(log: Path) -> int:
    return len(log.read_text().splitlines())


def test_it_is_there_before_what_the_engine_is_at_without_pause_place_or_a_picture_of_the_day(
    stage: Stage, tmp_path: Path
) -> None:
    log = tmp_path / "log"

    async def scenario() -> None:
        discord = stage.discord
        guild, channel, manager, member = await own_server(discord, "Strict")
        rules = {"cooldown": AN_HOUR_S, "jobs_per_user": 1, "per_day": 1}
        await (await discord.slash("recede-admin settings", rules, user=manager, channel=channel)).answered()
        first = await discord.slash("bald", picture(log=str(log)), user=member, channel=channel)
        answer = await first.finished(60.0)
        busy, gate = held(tmp_path)
        other = await discord.slash("bald", busy, user=stage.member("Bea"))
        await working(other)
        shown = answer
        for label, ending in (("As WebP", "webp"), ("As MP4", "mp4"), ("Before / after", "png"), ("As GIF", "gif")):
            click = await discord.click(shown, label, user=member)
            shown = await settled(click)
            assert shown.attachments[0]["filename"] == f"recede-bald.{ending}"
            assert say("en", "bald_done", stage=7) in shown.text
            # It said nothing before: Discord's own "is thinking", and then the answer.
            assert [bool(seen["attachments"]) for _, seen in shown.history] == [False, True]
        assert not other.animation_message()
        gate.touch()
        await other.finished(60.0)
        assert jobs(log) == 1
        # A picture more waits: for the pause, as the first one costs one, and then for tomorrow.
        refused = await settled(await discord.click(shown, "Weaker", user=member))
        assert refused.text.startswith(say("en", "cooldown", seconds=0).partition("0")[0])
        friend = discord.world.add_member(guild, discord.world.add_user("Fay"))
        full = await settled(await discord.slash("bald", picture(), user=friend, channel=channel))
        assert full.text.startswith(DAY_FULL)

    stage.run(scenario())


def test_where_the_engine_has_the_pictures_no_more_it_is_a_job(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def scenario() -> None:
        member = stage.member()
        answer = await bald(stage, member, log, film=False)
        webp = await (await stage.discord.click(answer, "As WebP", user=member)).finished(60.0)
        assert webp.attachments[0]["filename"] == "recede-bald.webp"
        assert jobs(log) == 2

    stage.run(scenario())


def test_a_job_for_it_has_to_have_room_and_its_asker_is_told_so_alone(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def scenario() -> None:
        discord = stage.discord
        _, channel, manager, member = await own_server(discord, "Full")
        await (await discord.slash("recede-admin settings", {"per_day": 1}, user=manager, channel=channel)).answered()
        first = await discord.slash("bald", picture(log=str(log), film=False), user=member, channel=channel)
        answer = await first.finished(60.0)
        click = await discord.click(answer, "As WebP", user=member)
        refused = await settled(click)
        assert refused.text.startswith(DAY_FULL)
        assert refused.ephemeral
        await click.until(lambda: all(message.ephemeral for message in click.messages()))
        assert jobs(log) == 1

    stage.run(scenario())


def test_what_is_forgotten_is_not_made_another_file_of(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def scenario() -> None:
        member = stage.member()
        first, second = [await bald(stage, member, log) for _ in range(2)]
        await stage.discord.click(first, "Delete", user=member)
        await stage.discord.until(functools.partial(getattr, first, "deleted"))
        webp = await (await stage.discord.click(second, "As WebP", user=member)).finished(60.0)
        assert webp.attachments[0]["filename"] == "recede-bald.webp"
        assert log.read_text().split()[1::3] == ["new", "known", "new"]

    stage.run(scenario())


def test_somebody_else_begins_at_the_beginning(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def scenario() -> None:
        answer = await bald(stage, stage.member(), log)
        await (await stage.discord.click(answer, "As WebP", user=stage.member("Otto"))).finished(60.0)
        assert log.read_text().split()[1::3] == ["new", "new"]

    stage.run(scenario())


def test_a_file_that_discord_finds_too_large_is_made_smaller_of_the_same_pictures(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def scenario() -> None:
        member = stage.member()
        image = {"image": Upload("me.png", photo(log=str(log), bytes=400_000))}
        interaction = await stage.discord.slash("bald", image, user=member, upload_limit=LIMIT_BYTES)
        interaction.payload["attachment_size_limit"] = LIMIT_BYTES // 2  # not what was said
        answer = await interaction.finished(60.0)
        assert {refusal.body["code"] for refusal in interaction.refusals} == {40005}
        assert answer.attachments[0]["size"] < LIMIT_BYTES // 2
        assert jobs(log) == 1

    stage.run(scenario())


async def nothing() -> None:
    return


def active(made: Order) -> Active:
    period_s = BotConfig().progress_period_s
    return Active(made, ProgressMessage(made, Delivery(), Pacer(), period_s, lambda: None, nothing))


def test_an_engine_that_promises_it_and_then_says_nothing_is_not_waited_for(installation: Installation) -> None:
    @in_loop
    async def scenario() -> None:
        async with receiving(installation) as receiver:
            job_id = await receiver.submit("film", user="4000", again=60.0)
            await receiver.result(job_id)
            rooms: list[tuple[int, int]] = []
            under_way = UnderWay()
            copy = active(order("78", drawn_by=job_id))
            under_way.put(copy)
            assert (under_way.count(4000), under_way.copies(4000)) == (0, 1)
            reencoding = Reencoding(under_way, lambda *who: rooms.append(who), None, limit_s=0.3)
            begun_s = time.monotonic()
            assert not await reencoding.serve(receiver.queue, copy)
            assert time.monotonic() - begun_s >= 0.3
            assert (rooms, copy.order.drawn_by) == ([(4000, 2000)], "")
            assert (under_way.count(4000), under_way.copies(4000)) == (1, 0)

    scenario()


def test_where_there_is_no_room_it_is_refused_and_another_attempt_at_the_same_answer_is_not(
    installation: Installation,
) -> None:
    def full(user_id: int, guild_id: int) -> None:
        raise Refused("crowded", seconds=5)

    @in_loop
    async def scenario() -> None:
        async with receiving(installation) as receiver:
            reencoding = Reencoding(UnderWay(), full, None)
            with pytest.raises(Refused):
                await reencoding.serve(receiver.queue, active(order("78", drawn_by="77")))
            smaller = active(order("78", attempt=2, drawn_by="78"))
            assert not await reencoding.serve(receiver.queue, smaller)
            assert not await reencoding.serve(receiver.queue, active(order("79")))

    scenario()
