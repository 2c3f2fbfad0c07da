"""Forms, thumbnails and panels: what members choose by looking, and what others have to say about it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bot.messages import say
from tests.support.bot.members import own_server, picture, settled, shown
from tests.support.bot.stage import Stage
from tests.support.bot.standin import photo
from tests.support.fake_discord import Interaction, Message, Upload, User
from tests.support.fake_discord.command_rules import NotOffered


def posted(stage: Stage, author: User, *uploads: Upload, **more: Any) -> Message:
    return stage.discord.messages.by_member(stage.discord.world.channel, author, "look", *uploads, **more)


async def form(interaction: Interaction) -> dict[str, dict[str, Any]]:
    """The fields of the form that was shown, by their ids."""
    await interaction.until(lambda: interaction.ack, what="a form")
    assert interaction.ack is not None
    assert interaction.ack["type"] == 9, interaction.seen()
    labels = interaction.ack["data"]["components"]
    return {label["component"]["custom_id"]: label["component"] for label in labels}


@pytest.fixture(scope="module")
def stage(inner: Stage) -> Stage:
    """The bot in this process."""
    return inner


def test_edit_without_anything_opens_a_form_with_a_place_for_the_photo(stage: Stage) -> None:
    async def scenario() -> None:
        member = stage.member()
        opened = await stage.discord.slash("edit", user=member)
        assert list(await form(opened)) == ["photo", "attribute", "amount", "private"]
        filled = {"photo": Upload("me.png", photo()), "attribute": ["beard"], "amount": "lot", "private": True}
        message = await (await stage.discord.submit(opened, filled)).finished(60.0)
        assert "beard +3" in message.text
        assert message.ephemeral
        again = await stage.discord.slash("edit", user=member)
        await form(again)
        with pytest.raises(NotOffered, match="photo is required"):
            await stage.discord.submit(again, {"attribute": ["beard"]})

    stage.run(scenario())


def test_what_was_typed_stands_in_the_form_already(stage: Stage) -> None:
    async def scenario() -> None:
        opened = await stage.discord.slash("edit", {"attribute": "goatee"}, user=stage.member())
        fields = await form(opened)
        assert [option["value"] for option in fields["attribute"]["options"] if option.get("default")] == ["beard"]
        reader = stage.member("小明", "zh-TW")
        opened = await stage.discord.slash("修圖", {"圖片": Upload("me.png", photo())}, user=reader)
        assert list(await form(opened)) == ["attribute", "amount", "private"]
        message = await (await stage.discord.submit(opened, {"attribute": ["gray"], "amount": "less"})).finished(60.0)
        assert "灰白髮 -2" in message.text

    stage.run(scenario())


def test_a_picture_and_an_avatar_are_edited_by_their_menus(stage: Stage) -> None:
    async def scenario() -> None:
        author, member = stage.member("Arno", avatar=photo()), stage.member()
        opened = await stage.discord.on_message(
            "Edit this picture", posted(stage, author, Upload("a.png", photo())), user=member
        )
        assert "photo" not in await form(opened)
        message = await (await stage.discord.submit(opened, {"attribute": ["bangs"]})).finished(60.0)
        assert "bangs +2" in message.text
        whose = say("en", "whose_picture", user=f"<@{author.id}>", asker=f"<@{member.id}>")
        assert shown(stage.discord, whose) in message.text
        opened = await stage.discord.on_user("Edit this avatar", author, user=member)
        await form(opened)
        await (await stage.discord.submit(opened, {"attribute": ["bangs"]})).finished(60.0)

    stage.run(scenario())


def test_a_form_of_an_earlier_run_is_told_to_be_opened_again(stage: Stage) -> None:
    async def scenario() -> None:
        opened = await stage.discord.slash("edit", {"image": Upload("a.png", photo())}, user=stage.member())
        await form(opened)
        assert opened.ack is not None
        opened.ack["data"]["custom_id"] = "of-an-earlier-run"
        late = await (await stage.discord.submit(opened, {"attribute": ["bangs"]})).answered()
        assert (late.text, late.ephemeral) == (say("en", "form_forgotten"), True)

    stage.run(scenario())


def test_of_several_pictures_one_is_picked_by_its_thumbnail(stage: Stage) -> None:
    async def scenario() -> None:
        author, member = stage.member("Arno"), stage.member()
        message = posted(stage, author, Upload("a.png", photo(do="raise", code="no_face")), Upload("b.png", photo()))
        menu = await (await stage.discord.on_message("Bald this picture", message, user=member)).answered()
        assert menu.ephemeral
        assert say("en", "which_picture", count=2) in menu.text
        gallery = next(part for part in menu.payload["components"] if part["type"] == 12)
        assert [item["media"]["url"] for item in gallery["items"]] == [file["url"] for file in message.attachments]
        await (await stage.discord.click(menu, "2", user=member)).finished(60.0)
        opened = await stage.discord.on_message("Edit this picture", message, user=member)
        assert "attribute" in await form(await stage.discord.click(await opened.answered(), "1", user=member))

    stage.run(scenario())


def test_bald_alone_takes_the_askers_latest_picture_and_says_which(stage: Stage) -> None:
    async def scenario() -> None:
        discord, member = stage.discord, stage.member()
        channel = discord.world.channel
        nothing = await settled(await discord.slash("bald", user=member))
        assert nothing.text == say("en", "no_photo_given")
        await (await discord.slash("bald", picture(), user=member)).finished(60.0)
        again = await (await discord.slash("bald", user=member)).finished(60.0)
        assert say("en", "from_last_order") in again.text
        mine = posted(stage, member, Upload("me.png", photo()))
        posted(stage, stage.member("Other"), Upload("other.png", photo(do="raise", code="no_face")))
        discord.message_content = True
        try:
            seen = await (await discord.slash("bald", user=member)).finished(60.0)
        finally:
            discord.message_content = False
        assert channel.guild is not None
        link = f"https://discord.com/channels/{channel.guild.id}/{channel.id}/{mine.id}"
        assert say("en", "from_message", message=link) in seen.text

    stage.run(scenario())


def test_who_wants_to_be_asked_first_is_asked_before_anything_is_made(stage: Stage) -> None:
    async def scenario() -> None:
        discord, shy, asker = stage.discord, stage.member("Shy", avatar=photo()), stage.member()
        await (await discord.slash("recede privacy", {"choice": "ask"}, user=shy)).answered()
        asked = await discord.on_user("Bald this avatar", shy, user=asker)
        question = await asked.answered()
        assert question.text == say("en", "question", user=f"<@{shy.id}>", asker=f"<@{asker.id}>")
        assert question.pinged == {shy.id}
        twice = await (await discord.on_user("Bald this avatar", shy, user=asker)).answered()
        assert twice.text == say("en", "already_asked", user=f"<@{shy.id}>")
        meddler = await (await discord.click(question, "Go ahead", user=asker)).answered()
        assert meddler.text == say("en", "not_yours_to_allow", user=f"<@{shy.id}>")
        assert not any(f"/avatars/{shy.id}/" in path for path in discord.cdn.served)
        await discord.click(question, "Go ahead", user=shy)
        await asked.finished(60.0)
        again = await discord.on_user("Bald this avatar", shy, user=asker)
        await discord.click(await again.answered(), "Rather not", user=shy)
        no = say("en", "said_no", user=f"<@{shy.id}>")
        await again.until(lambda: again.original and again.original.text == no)
        refused = await (await discord.on_user("Bald this avatar", shy, user=asker)).answered()
        assert (refused.text, refused.ephemeral) == (no, True)
        # Their own picture is theirs.
        await (await discord.on_user("Bald this avatar", shy, user=shy)).finished(60.0)

    stage.run(scenario())


def test_a_private_request_is_asked_about_by_a_direct_message(stage: Stage) -> None:
    async def scenario() -> None:
        discord, shy, asker = stage.discord, stage.member("Shy", avatar=photo()), stage.member()
        await (await discord.slash("recede privacy", {"choice": "ask"}, user=shy)).answered()
        asked = await discord.slash("bald", {"user": shy, "private": True}, user=asker)
        direct = discord.world.direct(shy)
        await discord.until(lambda: [m for m in discord.posted if m.channel is direct])
        question = next(m for m in discord.posted if m.channel is direct)
        await discord.click(question, "Go ahead", user=shy)
        assert (await asked.finished(60.0)).ephemeral
        shy.dms_open = False
        refused = await settled(await discord.slash("bald", {"user": shy, "private": True}, user=asker))
        assert refused.text == say("en", "cannot_ask", user=f"<@{shy.id}>")

    stage.run(scenario())


def test_the_panel_changes_settings_and_members_do_not_see_its_command(stage: Stage) -> None:
    async def scenario() -> None:
        discord = stage.discord
        guild, channel, manager, member = await own_server(stage.discord, "Choosers")
        with pytest.raises(NotOffered):
            await discord.slash("recede-admin settings", user=member, channel=channel)
        panel = await (await discord.slash("recede-admin settings", user=manager, channel=channel)).answered()
        other = await discord.open_channel(guild)
        click = await discord.choose(panel, [other.id], user=manager)
        await click.until(lambda: f"<#{other.id}>" in panel.text)
        wrong = await (await discord.slash("bald", picture(), user=member, channel=channel)).answered()
        assert wrong.text == say("en", "other_channel", channels=f"<#{other.id}>")
        await (await discord.choose(panel, [], user=manager)).until(lambda: f"<#{other.id}>" not in panel.text)
        await (await discord.choose(panel, [guild.id], user=manager, menu_number=2)).until(
            lambda: f"<@&{guild.id}>" in panel.text
        )
        await (await discord.choose(panel, ["1234"], user=manager, menu_number=2)).until(
            lambda: "<@&1234>" in panel.text
        )
        refused = await (await discord.slash("bald", picture(), user=member, channel=channel)).answered()
        assert refused.text == say("en", "role_needed", roles="<@&1234>")
        await (await discord.choose(panel, [], user=manager, menu_number=2)).until(lambda: "<@&1234>" not in panel.text)
        await discord.click(panel, say("en", "switch_own_only"), user=manager)
        friend = discord.world.add_member(guild, discord.world.add_user("Ava", avatar=photo()))
        only = await (await discord.slash("bald", {"user": friend}, user=member, channel=channel)).answered()
        assert only.text == say("en", "own_only")

    stage.run(scenario())


def test_a_server_has_so_many_pictures_a_day_and_buttons_for_their_askers(stage: Stage) -> None:
    async def scenario() -> None:
        discord = stage.discord
        _, channel, manager, member = await own_server(stage.discord, "Choosers")
        settings = await discord.slash("recede-admin settings", {"per_day": 1}, user=manager, channel=channel)
        panel = await settings.answered()
        await discord.click(panel, say("en", "switch_asker_buttons"), user=manager)
        message = await (await discord.slash("bald", picture(), user=member, channel=channel)).finished(60.0)
        meddling = await (await discord.click(message, "Weaker", user=manager)).answered()
        assert meddling.text == shown(discord, say("en", "buttons_of_asker"))
        full = await (await discord.slash("bald", picture(), user=member, channel=channel)).answered()
        assert full.text.startswith("This server has had its fill for today (1).")

    stage.run(scenario())


def test_who_asks_to_be_forgotten_is(stage: Stage) -> None:
    async def scenario() -> None:
        discord, member = stage.discord, stage.member()
        message = await (await discord.slash("bald", picture(), user=member)).finished(60.0)
        told = await (await discord.slash("recede forget-me", user=member)).answered()
        await discord.click(told, "Forget me", user=member)
        await discord.until(lambda: told.text == say("en", "forgotten"))
        gone = await settled(await discord.click(message, "Weaker", user=member))
        assert gone.text == shown(discord, say("en", "post_forgotten"))

    stage.run(scenario())


def test_a_server_that_is_left_is_forgotten(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "recede.bot")

    async def scenario() -> None:
        discord = stage.discord
        guild, channel, manager, member = await own_server(stage.discord, "Choosers")
        await (await discord.slash("recede-admin drain", user=manager, channel=channel)).answered()
        await discord.gateway.dispatch("GUILD_DELETE", {"id": guild.id}, guild)
        await discord.until(lambda: any(vars(entry).get("event") == "guild_left" for entry in caplog.records))
        await discord.gateway.dispatch("GUILD_CREATE", guild.payload(discord.world.bot), guild)
        await (await discord.slash("bald", picture(), user=member, channel=channel)).finished(60.0)

    stage.run(scenario())
