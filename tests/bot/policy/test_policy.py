"""Who may ask for what, where, and how often."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.components.panel import settings_text
from bot.config import BotConfig
from bot.errors import Refused
from bot.messages import say
from bot.order import Language
from bot.policy import policy as policy_module
from bot.policy.policy import Asker, Policy, load_policy
from bot.policy.settings import EVERYWHERE, GuildSettings, mentions
from bot.storage.storage import open_storage

ME, GUILD, CHANNEL = 1, 20, 30
HERE = Asker(ME, GUILD, CHANNEL)


@asynccontextmanager
async def policy_in(folder: Path, **config: float) -> AsyncIterator[Policy]:
    storage = await open_storage(folder / "bot.sqlite3")
    yield await load_policy(storage, BotConfig(**config), "fast")  # type: ignore[arg-type]
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
        async with policy_in(tmp_path) as policy:
            await policy.change(GUILD, channels=(31, 32), cooldown_s=5.0, spoiler=True, preset="fine", avatars=False)
            await policy.block(GUILD, 7, True)
            await policy.set_consent(8, "out")

    async def look() -> None:
        async with policy_in(tmp_path) as policy:
            settings = policy.of(GUILD)
            assert (settings.channels, settings.cooldown_s, settings.preset) == ((31, 32), 5.0, "fine")
            assert (settings.spoiler, settings.avatars, settings.jobs_per_user) == (True, False, 2)
            assert refusal(lambda: policy.check_place(Asker(7, GUILD, 31))) == "blocked"
            assert policy.consent_of(8) == "out"

    asyncio.run(change())
    asyncio.run(look())


def test_settings_of_another_version_are_read_as_far_as_known(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = await open_storage(tmp_path / "bot.sqlite3")
        await storage.put_guild(GUILD, json.dumps({"spoiler": True, "of_tomorrow": 1}))
        policy = await load_policy(storage, BotConfig(cooldown_s=3.0), "fine")
        assert (policy.of(GUILD).spoiler, policy.of(GUILD).cooldown_s, policy.of(GUILD).preset) == (
            True,
            3.0,
            "fine",
        )
        await storage.close()

    asyncio.run(scenario())


def test_only_allowed_channels_and_their_threads_may_be_used(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            policy.check_place(HERE)
            await policy.change(GUILD, channels=(31,))
            with pytest.raises(Refused) as told:
                policy.check_place(HERE)
            assert (told.value.key, told.value.details) == ("other_channel", {"channels": "<#31>"})
            policy.check_place(Asker(ME, GUILD, 31))
            policy.check_place(Asker(ME, GUILD, 99, parent_id=31))
            policy.check_place(Asker(ME, 0, CHANNEL))

    asyncio.run(scenario())


def test_a_block_holds_in_its_server_and_one_everywhere_holds_everywhere(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            await policy.block(GUILD, ME, True)
            assert refusal(lambda: policy.check_place(HERE)) == "blocked"
            policy.check_place(Asker(ME, 21, CHANNEL))
            policy.check_place(Asker(2, GUILD, CHANNEL))
            await policy.block(GUILD, ME, False)
            policy.check_place(HERE)
            await policy.block(EVERYWHERE, ME, True)
            for guild_id in (0, GUILD, 21):
                assert refusal(lambda guild_id=guild_id: policy.check_place(Asker(ME, guild_id, 1))) == "blocked"  # type: ignore[misc]

    asyncio.run(scenario())


def test_pauses_hold_in_one_server_everywhere_or_while_the_bot_stops(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            await policy.change(GUILD, draining=True)
            assert refusal(lambda: policy.check_place(HERE)) == "draining_here"
            policy.check_place(Asker(ME, 21, CHANNEL))
            await policy.change(EVERYWHERE, draining=True)
            assert refusal(lambda: policy.check_place(Asker(ME, 21, CHANNEL))) == "draining"
            await policy.change(EVERYWHERE, draining=False)
            policy.check_place(Asker(ME, 21, CHANNEL))
            policy.draining = True
            assert refusal(lambda: policy.check_place(Asker(ME, 21, CHANNEL))) == "draining"

    asyncio.run(scenario())


def test_a_member_waits_between_two_requests_and_has_so_many_under_way(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path, cooldown_s=60.0, jobs_per_user=2) as policy:
            policy.check_pace(HERE, 1)
            assert refusal(lambda: policy.check_pace(HERE, 2)) == "enough_under_way"
            policy.note_use(HERE, "a")
            with pytest.raises(Refused) as told:
                policy.check_pace(HERE, 0)
            assert told.value.key == "cooldown"
            assert 1 <= float(told.value.details["seconds"]) <= 60
            policy.check_pace(Asker(2, GUILD, CHANNEL), 0)
            policy.check_pace(HERE, 0, at_once=True)
            policy.forget_use(GUILD, ME, "a")
            policy.check_pace(HERE, 0)
            policy.note_use(HERE, "b")
            policy.forget_use(GUILD, ME, "a")
            assert refusal(lambda: policy.check_pace(HERE, 0)) == "cooldown"
            await policy.change(GUILD, cooldown_s=0.0)
            policy.check_pace(HERE, 0)

    asyncio.run(scenario())


def test_who_opted_out_is_left_alone_by_everybody_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            await policy.set_consent(8, "out")
            assert refusal(lambda: policy.check_pictured(HERE, 8)) == "opted_out"
            policy.check_pictured(Asker(8, GUILD, CHANNEL), 8)
            policy.check_pictured(HERE, 9)
            policy.check_pictured(HERE, 0)
            await policy.set_consent(8, "in")
            policy.check_pictured(HERE, 8)

    asyncio.run(scenario())


def test_a_server_may_forbid_all_avatars_but_ones_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            policy.check_avatars(HERE, 2)
            await policy.change(GUILD, avatars=False)
            assert refusal(lambda: policy.check_avatars(HERE, 2)) == "no_avatars_here"
            policy.check_avatars(HERE, ME)

    asyncio.run(scenario())


def test_a_category_stands_for_its_channels_and_a_channel_goes_before_its_category(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            inside, outside = Asker(ME, GUILD, 31, category_id=30), Asker(ME, GUILD, 41, category_id=40)
            thread = Asker(ME, GUILD, 99, parent_id=32, category_id=30)
            await policy.allow_channel(GUILD, 30)
            policy.check_place(inside)
            policy.check_place(thread)
            assert refusal(lambda: policy.check_place(outside)) == "other_channel"
            await policy.forbid_channel(GUILD, 32)
            policy.check_place(inside)
            assert refusal(lambda: policy.check_place(thread)) == "other_channel"

    asyncio.run(scenario())


def test_forbidding_never_opens_what_was_closed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            await policy.forbid_channel(GUILD, CHANNEL)
            assert refusal(lambda: policy.check_place(HERE)) == "not_this_channel"
            policy.check_place(Asker(ME, GUILD, 31))
            await policy.allow_channel(GUILD, 31)
            with pytest.raises(Refused) as told:
                await policy.forbid_channel(GUILD, 31)
            assert told.value.key == "last_channel"
            assert refusal(lambda: policy.check_place(HERE)) == "other_channel"
            await policy.open_channels(GUILD)
            policy.check_place(HERE)

    asyncio.run(scenario())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_settings_and_refusals_with_very_many_channels_fit_a_message(language: Language) -> None:
    channels = tuple(10**18 + number for number in range(300))
    assert len(settings_text(language, GuildSettings(channels=channels, forbidden=channels))) < 2000
    assert len(say(language, "other_channel", channels=mentions(channels))) < 2000


def test_roles_say_who_may_and_who_may_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            bald, hairy = (Asker(ME, GUILD, CHANNEL, roles=(role,)) for role in (50, 60))
            await policy.change(GUILD, roles=(50,))
            policy.check_place(bald)
            assert refusal(lambda: policy.check_place(hairy)) == "role_needed"
            assert refusal(lambda: policy.check_place(HERE)) == "role_needed"
            await policy.change(GUILD, forbidden_roles=(50,))
            assert refusal(lambda: policy.check_place(bald)) == "role_forbidden"

    asyncio.run(scenario())


def test_a_server_has_so_many_pictures_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            await policy.change(GUILD, per_day=2)
            policy.check_day(GUILD, 1)
            assert refusal(lambda: policy.check_day(GUILD, 2)) == "day_full"
            for count in (1, 2):
                assert policy.note_picture(GUILD) is not None
                assert policy.today(GUILD) == count
            assert refusal(lambda: policy.check_day(GUILD, 0)) == "day_full"
            policy.check_day(0, 99)  # direct messages are nobody's server
            tomorrow = policy_module.day_now() + 1
            monkeypatch.setattr(policy_module, "day_now", lambda: tomorrow)
            policy.check_day(GUILD, 0)

    asyncio.run(scenario())


def test_only_ones_own_picture_is_what_a_server_may_ask_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            await policy.change(GUILD, own_only=True)
            assert refusal(lambda: policy.check_pictured(HERE, 8)) == "own_only"
            policy.check_pictured(HERE, ME)
            policy.check_pictured(HERE, 0)
            policy.check_pictured(Asker(ME, 21, CHANNEL), 8)

    asyncio.run(scenario())


def test_who_is_asked_first_is_not_asked_again_after_a_no(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with policy_in(tmp_path) as policy:
            await policy.set_consent(8, "ask")
            assert policy.must_ask(ME, 8)
            assert not policy.must_ask(8, 8)
            policy.check_pictured(HERE, 8)
            policy.note_no(ME, 8)
            assert refusal(lambda: policy.check_pictured(HERE, 8)) == "said_no"
            policy.check_pictured(Asker(2, GUILD, CHANNEL), 8)
            assert await policy.forget_user(8) == 1
            assert policy.consent_of(8) == "in"

    asyncio.run(scenario())
