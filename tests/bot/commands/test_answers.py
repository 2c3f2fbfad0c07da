"""What the commands say and do, to a real client whose bot runs in this process."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from bot.errors import Refused
from bot.messages import say, say_error
from engine.errors import Cancelled
from tests.support.bot.members import held, own_server, picture, queued, settled, shown, working
from tests.support.bot.stage import Stage
from tests.support.bot.standin import photo
from tests.support.fake_discord import Channel, Message, User
from tests.support.fake_discord.world import MANAGE_GUILD, MANAGE_MESSAGES, MEMBER


@pytest.fixture(scope="module")
def stage(inner: Stage) -> Stage:
    """The bot in this process."""
    return inner


async def ask(stage: Stage, name: str, options: dict[str, Any], user: User, channel: Channel | None = None) -> Message:
    """A command and its answer."""
    return await settled(await stage.discord.slash(name, options, user=user, channel=channel))


BEARD = {"attribute": "beard", "strength": 2.0}
TWICE = {"second_attribute": "full beard", "second_strength": 1.0}


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({**BEARD, "second_attribute": "gray"}, "half_second"),
        ({**BEARD, "second_strength": 1.0}, "half_second"),
        ({**BEARD, "strength": 0.0}, "no_strength"),
        ({**BEARD, **TWICE, "second_strength": 0.0}, "no_strength"),
        ({**BEARD, **TWICE}, "same_attribute"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_at_once(stage: Stage, options: dict[str, Any], key: str) -> None:
    async def scenario() -> None:
        message = await ask(stage, "edit", {**picture(), **options}, stage.member())
        assert (message.text, message.ephemeral) == (say("en", key), True)

    stage.run(scenario())


def test_an_edit_is_made_of_what_was_meant_and_what_nobody_knows_is_told_what_there_is(stage: Stage) -> None:
    async def scenario() -> None:
        member = stage.member()
        options = {**picture(), "attribute": "grey hair", "strength": 1.5, "private": True}
        made = await (await stage.discord.slash("edit", options, user=member)).finished(60.0)
        assert "gray hair +1.5" in made.text
        assert made.ephemeral
        refused = await ask(stage, "edit", {**picture(), "attribute": "wings!"}, member)
        assert refused.text == say_error("en", Refused("unknown_attribute", name="wings!"))
        guessed = await stage.discord.slash("edit", {"attribute": "moustach"}, user=member, focus="attribute")
        await guessed.until(lambda: guessed.ack)
        assert guessed.choices() == [{"name": "mustache", "value": "mustache"}]

    stage.run(scenario())


def test_the_queue_tells_each_ones_own_and_cancels_it(stage: Stage) -> None:
    async def scenario() -> None:
        member, stranger = stage.member(), stage.member("Stan")
        assert (await ask(stage, "queue", {}, member)).text == say("en", "queue_empty", total=0)
        image, gate = held(stage.installation.folder)
        first = await stage.discord.slash("bald", image, user=member)
        await working(first)
        second = await stage.discord.slash("bald", picture(), user=member)
        await queued(second)
        # Others' first pictures may go before it, so nobody promises it a time.
        assert second.original is not None
        assert second.original.text == say("en", "waiting_only", position=1)
        listed = await ask(stage, "queue", {}, member)
        assert listed.text.splitlines()[0] == say("en", "queue_head", total=2)
        assert listed.text.splitlines()[2] == say("en", "queue_waiting_only", number=2, position=1)
        assert (await ask(stage, "queue", {}, stranger)).text == say("en", "queue_empty", total=2)
        refused = await stage.discord.click(second.original, "Cancel", user=stranger)
        assert (await settled(refused)).text == say("en", "not_yours_to_cancel")
        await stage.discord.click(listed, "Cancel 2", user=member)
        assert (await settled(second)).text == say_error("en", Cancelled(""))
        gate.touch()
        await first.finished(60.0)
        late = await stage.discord.click(listed, "Cancel 1", user=member)
        await late.until(lambda: [m for m in late.followups if m.text == say("en", "cancel_too_late")], 30.0)

    stage.run(scenario())


def test_what_others_may_with_ones_picture_is_chosen_by_command_or_button(stage: Stage) -> None:
    async def scenario() -> None:
        member = stage.member("Shy", avatar=photo())
        told = await ask(stage, "recede privacy", {}, member)
        assert say("en", "consent_in") in told.text
        click = await stage.discord.click(told, say("en", "button_consent_ask"), user=member)
        await click.until(lambda: [m for m in click.followups if m.text == say("en", "consent_ask_now")], 30.0)
        await stage.discord.until(lambda: say("en", "consent_ask") in told.text)
        assert [button["label"] for button in told.buttons()] == [
            say("en", "button_consent_out"),
            say("en", "button_consent_in"),
        ]
        assert (await ask(stage, "recede privacy", {"choice": "out"}, member)).text == say("en", "consent_out_now")
        assert say("en", "consent_out") in (await ask(stage, "recede privacy", {}, member)).text

    stage.run(scenario())


def test_the_bot_tells_how_it_is_and_what_it_can(stage: Stage) -> None:
    async def scenario() -> None:
        reader = stage.member("小明", "zh-CN")
        assert (await ask(stage, "recede help", {}, reader)).text == shown(stage.discord, say("zh", "help"))
        await (await stage.discord.slash("bald", picture(), user=reader)).finished(60.0)
        stats = await ask(stage, "recede stats", {}, reader)
        assert say("zh", "state_ready") in stats.text
        assert stats.ephemeral

    stage.run(scenario())


def test_who_is_blocked_is_turned_away_and_listed_until_it_is_lifted(stage: Stage) -> None:
    async def scenario() -> None:
        _, channel, manager, member = await own_server(stage.discord, "Askers", avatar=photo())
        mention = f"<@{member.id}>"
        told = await ask(stage, "recede-admin block", {"user": member}, manager, channel)
        assert told.text == say("en", "block_done", user=mention)
        assert told.pinged == set()
        assert (await ask(stage, "bald", picture(), member, channel)).text == say("en", "blocked")
        listed = await ask(stage, "recede-admin blocks", {}, manager, channel)
        assert listed.text == say("en", "blocks", count=1, users=mention)
        told = await ask(stage, "recede-admin block", {"user": member, "off": True}, manager, channel)
        assert told.text == say("en", "unblock_done", user=mention)
        assert (await ask(stage, "recede-admin blocks", {}, manager, channel)).text == say("en", "no_blocks")

    stage.run(scenario())


def test_a_pause_holds_in_its_server_and_only_owners_pause_everywhere(stage: Stage) -> None:
    async def scenario() -> None:
        guild, channel, manager, member = await own_server(stage.discord, "Askers", avatar=photo())
        assert (await ask(stage, "recede-admin drain", {}, manager, channel)).text == say("en", "drain_on")
        assert (await ask(stage, "bald", picture(), member, channel)).text == say("en", "draining_here")
        assert (await ask(stage, "recede-admin drain", {"off": True}, manager, channel)).text == say("en", "drain_off")
        refused = await ask(stage, "recede-admin drain", {"everywhere": True}, manager, channel)
        assert refused.text == say("en", "owners_only")
        owner = stage.discord.world.add_member(guild, stage.discord.world.owner, MEMBER | MANAGE_GUILD)
        everywhere = {"everywhere": True}
        told = await ask(stage, "recede-admin drain", everywhere, owner, channel)
        assert told.text == say("en", "drain_everywhere_on")
        assert (await ask(stage, "bald", picture(), stage.member())).text == say("en", "draining")
        told = await ask(stage, "recede-admin drain", {**everywhere, "off": True}, owner, channel)
        assert told.text == say("en", "drain_everywhere_off")
        await (await stage.discord.slash("bald", picture(), user=member, channel=channel)).finished(60.0)

    stage.run(scenario())


def test_settings_by_options_are_kept_and_shown(stage: Stage) -> None:
    async def scenario() -> None:
        guild, channel, manager, member = await own_server(stage.discord, "Askers", avatar=photo())
        options = {"cooldown": 30, "jobs_per_user": 3, "per_day": 9, "preset": "fine", "avatars": False}
        panel = await stage.discord.slash("recede-admin settings", options, user=manager, channel=channel)
        text = (await panel.answered()).text
        for told in ("30 s", ": 3", ": 9 (today: 0)", say("en", "preset_fine")):
            assert told in text, text
        friend = stage.discord.world.add_member(guild, stage.discord.world.add_user("Ava", avatar=photo()))
        refused = await ask(stage, "bald", {"user": friend}, member, channel)
        assert refused.text == shown(stage.discord, say("en", "no_avatars_here"))

    stage.run(scenario())


def test_an_answers_buttons_make_it_again_and_only_some_may_remove_it(stage: Stage) -> None:
    async def scenario() -> None:
        member, stranger, moderator = stage.member(), stage.member("Stan"), stage.member("Mona")
        stage.discord.world.guild.permissions[moderator.id] = MEMBER | MANAGE_MESSAGES
        message = await (await stage.discord.slash("bald", picture(), user=member)).finished(60.0)
        weaker = await (await stage.discord.click(message, "Weaker", user=member)).finished(60.0)
        assert say("en", "bald_done", stage=5) in weaker.text
        other = await (await stage.discord.choose(message, ["beard"], user=member)).finished(60.0)
        assert "bald +2, beard +2" in other.text
        clean = await (await stage.discord.click(message, "Stronger", user=member)).finished(60.0)
        assert say("en", "bald_clean_done") in clean.text
        refused = await settled(await stage.discord.click(message, "Delete", user=stranger))
        assert refused.text == say("en", "not_yours_to_delete")
        await stage.discord.click(message, "Delete", user=moderator)
        await stage.discord.until(functools.partial(getattr, message, "deleted"))

    stage.run(scenario())
