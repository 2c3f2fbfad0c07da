"""Who may ask for what, where, and how often."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import manners as manners_module
from bot.config import BotConfig
from bot.errors import Refused
from bot.manners import EVERYWHERE, Asker, GuildSettings, Manners, load_manners, mentions
from bot.messages import say
from bot.order import Language
from bot.panel import settings_text
from bot.storage import open_storage

ME, GUILD, CHANNEL = 1, 20, 30
HERE = Asker(ME, GUILD, CHANNEL)


@asynccontextmanager
async def manners_in(folder: Path, **config: float) -> AsyncIterator[Manners]:
    storage = await open_storage(folder / "bot.sqlite3")
    yield await load_manners(storage, BotConfig(**config), "fast")  # type: ignore[arg-type]
    await storage.close()


def refusal(check: Callable[[], None]) -> str:
    """The key of the refusal, "" when there is none."""
    try:
        check()
    except Refused as refused:
        return refused.key
    return ""


def test_settings_blocks_and_wishes_outlive_a_restart(tmp_path: Path) -> None:
    async def change() -> None:
        async with manners_in(tmp_path) as manners:
            await manners.change(GUILD, channels=(31, 32), cooldown_s=5.0, spoiler=True, preset="fine", avatars=False)
            await manners.block(GUILD, 7, True)
            await manners.set_consent(8, "out")

    async def look() -> None:
        async with manners_in(tmp_path) as manners:
            settings = manners.of(GUILD)
            assert (settings.channels, settings.cooldown_s, settings.preset) == ((31, 32), 5.0, "fine")
            assert (settings.spoiler, settings.avatars, settings.jobs_per_user) == (True, False, 2)
            assert refusal(lambda: manners.check_place(Asker(7, GUILD, 31))) == "blocked"
            assert manners.consent_of(8) == "out"

    asyncio.run(change())
    asyncio.run(look())


def test_settings_of_another_version_are_read_as_far_as_known(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        await storage.put_guild(GUILD, json.dumps({"spoiler": True, "of_tomorrow": 1}))
        manners = await load_manners(storage, BotConfig(cooldown_s=3.0), "fine")
        assert (manners.of(GUILD).spoiler, manners.of(GUILD).cooldown_s, manners.of(GUILD).preset) == (
            True,
            3.0,
            "fine",
        )
        await storage.close()

    asyncio.run(scenario())


def test_only_allowed_channels_and_their_threads_may_be_used(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            manners.check_place(HERE)
            await manners.change(GUILD, channels=(31,))
            with pytest.raises(Refused) as told:
                manners.check_place(HERE)
            assert (told.value.key, told.value.details) == ("other_channel", {"channels": "<#31>"})
            manners.check_place(Asker(ME, GUILD, 31))
            manners.check_place(Asker(ME, GUILD, 99, parent_id=31))
            manners.check_place(Asker(ME, 0, CHANNEL))

    asyncio.run(scenario())


def test_a_block_holds_in_its_server_and_one_everywhere_holds_everywhere(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            await manners.block(GUILD, ME, True)
            assert refusal(lambda: manners.check_place(HERE)) == "blocked"
            manners.check_place(Asker(ME, 21, CHANNEL))
            manners.check_place(Asker(2, GUILD, CHANNEL))
            await manners.block(GUILD, ME, False)
            manners.check_place(HERE)
            await manners.block(EVERYWHERE, ME, True)
            for guild_id in (0, GUILD, 21):
                assert refusal(lambda guild_id=guild_id: manners.check_place(Asker(ME, guild_id, 1))) == "blocked"  # type: ignore[misc]

    asyncio.run(scenario())


def test_pauses_hold_in_one_server_everywhere_or_while_the_bot_stops(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            await manners.change(GUILD, draining=True)
            assert refusal(lambda: manners.check_place(HERE)) == "draining_here"
            manners.check_place(Asker(ME, 21, CHANNEL))
            await manners.change(EVERYWHERE, draining=True)
            assert refusal(lambda: manners.check_place(Asker(ME, 21, CHANNEL))) == "draining"
            await manners.change(EVERYWHERE, draining=False)
            manners.check_place(Asker(ME, 21, CHANNEL))
            manners.draining = True
            assert refusal(lambda: manners.check_place(Asker(ME, 21, CHANNEL))) == "draining"

    asyncio.run(scenario())


def test_a_member_waits_between_two_requests_and_has_so_many_under_way(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path, cooldown_s=60.0, jobs_per_user=2) as manners:
            manners.check_pace(HERE, 1)
            assert refusal(lambda: manners.check_pace(HERE, 2)) == "enough_under_way"
            manners.note_use(HERE)
            with pytest.raises(Refused) as told:
                manners.check_pace(HERE, 0)
            assert told.value.key == "cooldown"
            assert 1 <= float(told.value.details["seconds"]) <= 60
            manners.check_pace(Asker(2, GUILD, CHANNEL), 0)
            manners.check_pace(HERE, 0, at_once=True)
            manners.forget_use(GUILD, ME)
            manners.check_pace(HERE, 0)
            manners.note_use(HERE)
            assert refusal(lambda: manners.check_pace(HERE, 0)) == "cooldown"
            await manners.change(GUILD, cooldown_s=0.0)
            manners.check_pace(HERE, 0)

    asyncio.run(scenario())


def test_who_opted_out_is_left_alone_by_everybody_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            await manners.set_consent(8, "out")
            assert refusal(lambda: manners.check_pictured(HERE, 8)) == "opted_out"
            manners.check_pictured(Asker(8, GUILD, CHANNEL), 8)
            manners.check_pictured(HERE, 9)
            manners.check_pictured(HERE, 0)
            await manners.set_consent(8, "in")
            manners.check_pictured(HERE, 8)

    asyncio.run(scenario())


def test_a_server_may_forbid_all_avatars_but_ones_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            manners.check_avatars(HERE, 2)
            await manners.change(GUILD, avatars=False)
            assert refusal(lambda: manners.check_avatars(HERE, 2)) == "no_avatars_here"
            manners.check_avatars(HERE, ME)

    asyncio.run(scenario())


def test_a_category_stands_for_its_channels_and_a_channel_goes_before_its_category(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            inside, outside = Asker(ME, GUILD, 31, category_id=30), Asker(ME, GUILD, 41, category_id=40)
            thread = Asker(ME, GUILD, 99, parent_id=32, category_id=30)
            await manners.allow_channel(GUILD, 30)
            manners.check_place(inside)
            manners.check_place(thread)
            assert refusal(lambda: manners.check_place(outside)) == "other_channel"
            await manners.forbid_channel(GUILD, 32)
            manners.check_place(inside)
            assert refusal(lambda: manners.check_place(thread)) == "other_channel"

    asyncio.run(scenario())


def test_forbidding_never_opens_what_was_closed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            await manners.forbid_channel(GUILD, CHANNEL)
            assert refusal(lambda: manners.check_place(HERE)) == "not_this_channel"
            manners.check_place(Asker(ME, GUILD, 31))
            await manners.allow_channel(GUILD, 31)
            with pytest.raises(Refused) as told:
                await manners.forbid_channel(GUILD, 31)
            assert told.value.key == "last_channel"
            assert refusal(lambda: manners.check_place(HERE)) == "other_channel"
            await manners.open_channels(GUILD)
            manners.check_place(HERE)

    asyncio.run(scenario())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_settings_and_refusals_with_very_many_channels_fit_a_message(language: Language) -> None:
    channels = tuple(10**18 + number for number in range(300))
    assert len(settings_text(language, GuildSettings(channels=channels, forbidden=channels))) < 2000
    assert len(say(language, "other_channel", channels=mentions(channels))) < 2000


def test_roles_say_who_may_and_who_may_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            bald, hairy = (Asker(ME, GUILD, CHANNEL, roles=(role,)) for role in (50, 60))
            await manners.change(GUILD, roles=(50,))
            manners.check_place(bald)
            assert refusal(lambda: manners.check_place(hairy)) == "role_needed"
            assert refusal(lambda: manners.check_place(HERE)) == "role_needed"
            await manners.change(GUILD, forbidden_roles=(50,))
            assert refusal(lambda: manners.check_place(bald)) == "role_forbidden"

    asyncio.run(scenario())


def test_a_server_has_so_many_pictures_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            await manners.change(GUILD, per_day=2)
            manners.check_day(GUILD, 1)
            assert refusal(lambda: manners.check_day(GUILD, 2)) == "day_full"
            for count in (1, 2):
                assert manners.note_picture(GUILD) is not None
                assert manners.today(GUILD) == count
            assert refusal(lambda: manners.check_day(GUILD, 0)) == "day_full"
            manners.check_day(0, 99)  # direct messages are nobody's server
            tomorrow = manners_module.day_now() + 1
            monkeypatch.setattr(manners_module, "day_now", lambda: tomorrow)
            manners.check_day(GUILD, 0)

    asyncio.run(scenario())


def test_only_ones_own_picture_is_what_a_server_may_ask_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            await manners.change(GUILD, own_only=True)
            assert refusal(lambda: manners.check_pictured(HERE, 8)) == "own_only"
            manners.check_pictured(HERE, ME)
            manners.check_pictured(HERE, 0)
            manners.check_pictured(Asker(ME, 21, CHANNEL), 8)

    asyncio.run(scenario())


def test_who_is_asked_first_is_not_asked_again_after_a_no(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with manners_in(tmp_path) as manners:
            await manners.set_consent(8, "ask")
            assert manners.must_ask(ME, 8)
            assert not manners.must_ask(8, 8)
            manners.check_pictured(HERE, 8)
            manners.note_no(ME, 8)
            assert refusal(lambda: manners.check_pictured(HERE, 8)) == "said_no"
            manners.check_pictured(Asker(2, GUILD, CHANNEL), 8)
            assert await manners.forget_user(8) == 1
            assert manners.consent_of(8) == "in"

    asyncio.run(scenario())
