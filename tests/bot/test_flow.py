"""What a member does and what comes back: the real bot in its own process, real broker and engine, a fake Discord."""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageSequence

from bot.client import PERMISSIONS
from bot.messages import say, say_attribute
from tests.support.bot.members import queued, settled, shown, working
from tests.support.bot.stage import Stage
from tests.support.bot.standin import photo
from tests.support.fake_discord import FakeDiscord, Interaction, Message, NotOffered, Upload
from tests.support.fake_discord.interactions import EPHEMERAL, came_true
from tests.support.fake_discord.world import MANAGE_GUILD, MANAGE_MESSAGES, MEMBER

# Discord slows an edit down that comes sooner than every 1.5 to 2 s; the rest is this machine's.
LEAST_EDIT_GAP_S = 1.5
FORMATS = ("gif", "webp", "mp4", "png")


def picture(**order: Any) -> dict[str, Any]:
    """The option `image`."""
    return {"image": Upload("me.png", photo(**order))}


def answer_file(discord: FakeDiscord, message: Message) -> Image.Image:
    """The animation of an answer, opened."""
    assert len(message.attachments) == 1
    return Image.open(io.BytesIO(discord.file(message.attachments[0])))


async def bald(stage: Stage, options: dict[str, Any] | None = None, **how: Any) -> tuple[Interaction, Message]:
    """A finished /bald."""
    interaction = await stage.discord.slash("bald", {**picture(), **(options or {})}, **how)
    return interaction, await interaction.finished(60.0)


def test_a_photo_becomes_an_animation_with_alt_text_the_stage_of_today_a_mark_and_buttons(stage: Stage) -> None:
    async def scenario() -> None:
        interaction, message = await bald(stage, user=stage.member())
        assert interaction.ack is not None
        assert interaction.ack["type"] == 5
        with answer_file(stage.discord, message) as image:
            assert (image.format, image.info["loop"]) == ("GIF", 0)
            assert sum(1 for _ in ImageSequence.Iterator(image)) == 3
        assert "going bald" in message.attachments[0]["description"]
        assert say("en", "norwood_today", stage=2) in message.text
        assert say("en", "edited_mark") in message.text
        labels = [button.get("label") for button in message.buttons()]
        assert labels == ["Weaker", "Stronger", "As WebP", "As MP4", "Before / after", "Delete"]
        assert len(message.selects()) == 1
        assert interaction.messages() == [message]
        assert message.pinged == set()

    stage.run(scenario())


@pytest.mark.slow
def test_progress_is_one_message_that_is_edited_slowly_and_shows_stage_bar_and_preview(stage: Stage) -> None:
    async def scenario() -> None:
        interaction, message = await bald(stage, picture(seconds=7.0), user=stage.member())
        texts = [payload["content"] for _, payload in message.history]
        assert any("▰" in text and "%" in text for text in texts)
        previews = [payload["attachments"] for _, payload in message.history[:-1] if payload["attachments"]]
        assert previews
        assert {file["filename"] for files in previews for file in files} == {"preview.jpg"}
        with Image.open(io.BytesIO(stage.discord.file(previews[0][0]))) as preview:
            assert preview.format == "JPEG"
        assert [file["filename"] for file in message.attachments] == ["recede-bald.gif"]
        gaps = [b - a for a, b in zip(interaction.edits_s[:-1], interaction.edits_s[1:-1], strict=False)]
        assert gaps
        assert min(gaps) >= LEAST_EDIT_GAP_S, gaps
        assert interaction.messages() == [message]

    stage.run(scenario())


def test_a_reader_of_chinese_types_chinese_and_reads_chinese(stage: Stage) -> None:
    async def scenario() -> None:
        reader = stage.member("小明", "zh-CN")
        image = Upload("me.png", photo(seconds=2.0))
        names = {option["name"]: option["name_localizations"]["zh-CN"] for option in _options(stage, "bald")}
        interaction = await stage.discord.slash("秃头", {names["image"]: image, names["stage"]: 3}, user=reader)
        message = await interaction.finished(60.0)
        assert say("zh", "bald_done", stage=3) in message.text
        assert say("zh", "edited_mark") in message.text
        labels = [button["label"] for button in message.buttons()]
        assert labels[0] == say("zh", "button_weaker")
        for _, payload in message.history[1:]:
            assert not any(word in payload["content"] for word in ("Reading", "Waiting", "about", "Got it")), payload
        alt_text = message.attachments[0]["description"]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in alt_text)

    stage.run(scenario())


def _options(stage: Stage, command: str) -> list[dict[str, Any]]:
    return list(stage.discord.commands[command, 1]["options"])


def test_every_name_and_description_has_its_chinese(stage: Stage) -> None:
    def missing(entry: dict[str, Any], where: str) -> list[str]:
        found = []
        for key in ("name", "description"):
            if entry.get(key) and not (entry.get(f"{key}_localizations") or {}).get("zh-CN"):
                found.append(f"{where} {key} {entry[key]}")
        for child in [*(entry.get("options") or []), *(entry.get("choices") or [])]:
            found += missing(child, f"{where}/{child['name']}")
        return found

    commands = stage.discord.commands
    assert ("bald", 1) in commands
    assert commands["bald", 1]["name_localizations"]["zh-CN"] == "秃头"
    lacking = [line for (name, _), command in commands.items() for line in missing(command, name)]
    # Choices that are names of formats are the same everywhere.
    assert [line for line in lacking if line.split()[-1] not in FORMATS] == []
    for (name, _), command in commands.items():
        if name != "recede-admin":
            assert set(command["integration_types"]) == {0, 1}
            assert 1 in command["contexts"]


def test_the_invite_links_are_printed_at_the_start(stage: Stage) -> None:
    server, user = stage.installation.out_path.read_text().splitlines()
    assert f"permissions={PERMISSIONS.value}" in server
    assert "integration_type=1" in user


def test_no_privileged_intent_is_asked_for(stage: Stage) -> None:
    session = next(iter(stage.discord.gateway.sessions.values()))
    assert session.intents == 1


def test_in_direct_messages_a_user_install_is_answered_by_edits_alone(stage: Stage) -> None:
    async def scenario() -> None:
        user = stage.discord.world.add_user("Solo")
        user.installed = True
        interaction, _ = await bald(stage, user=user, channel=stage.discord.world.direct(user))
        assert interaction.payload["authorizing_integration_owners"] == {"1": user.id}
        assert interaction.followups == []

    stage.run(scenario())


@pytest.mark.parametrize(("format", "kind"), [("webp", "WEBP"), ("mp4", "")])
def test_another_format_is_made_when_asked_for(stage: Stage, format: str, kind: str) -> None:
    async def scenario() -> None:
        _, message = await bald(stage, {"format": format}, user=stage.member())
        assert message.attachments[0]["filename"] == f"recede-bald.{format}"
        if kind:
            with answer_file(stage.discord, message) as image:
                assert image.format == kind
        assert f"As {'MP4' if format == 'webp' else 'WebP'}" in [b.get("label") for b in message.buttons()]

    stage.run(scenario())


def test_a_private_answer_is_seen_by_its_asker_alone(stage: Stage) -> None:
    async def scenario() -> None:
        interaction, message = await bald(stage, {"private": True}, user=stage.member())
        assert message.ephemeral
        assert interaction.ack is not None
        assert interaction.ack["data"]["flags"] & EPHEMERAL

    stage.run(scenario())


def test_an_avatar_is_taken_by_option_and_by_menu(stage: Stage) -> None:
    async def scenario() -> None:
        friend = stage.member("Frida", avatar=photo())
        asker = stage.member()
        interaction = await stage.discord.slash("bald", {"user": friend}, user=asker)
        message = await interaction.finished(60.0)
        assert any(f"/avatars/{friend.id}/" in path for path in stage.discord.cdn.served)
        # The one who is pictured may remove it.
        await stage.discord.click(message, "Delete", user=friend)
        await stage.discord.until(lambda: message.deleted)
        await (await stage.discord.on_user("Bald this avatar", friend, user=asker)).finished(60.0)

    stage.run(scenario())


def test_somebody_without_an_avatar_is_named_in_the_refusal(stage: Stage) -> None:
    async def scenario() -> None:
        friend = stage.member("Plain")
        interaction = await stage.discord.on_user("Bald this avatar", friend, user=stage.member())
        message = await interaction.answered()
        assert message.text == shown(stage.discord, say("en", "no_own_avatar", user=f"<@{friend.id}>"))
        assert message.ephemeral
        assert message.pinged == set()

    stage.run(scenario())


def test_a_message_with_a_picture_goes_bald_by_its_menu(stage: Stage) -> None:
    async def scenario() -> None:
        author = stage.member("Arno")
        posted = stage.discord.messages.by_member(
            stage.discord.world.channel, author, "look", Upload("a.txt", b"no"), Upload("me.png", photo())
        )
        menu = "Bald this picture"
        await (await stage.discord.on_message(menu, posted, user=stage.member())).finished(60.0)
        bare = stage.discord.messages.by_member(stage.discord.world.channel, author, "no picture")
        refused = await (await stage.discord.on_message(menu, bare, user=stage.member())).answered()
        assert refused.text == say("en", "no_picture_in_message")

    stage.run(scenario())


def test_the_buttons_below_an_answer_make_variations_of_it(stage: Stage) -> None:
    async def scenario() -> None:
        member = stage.member()
        _, message = await bald(stage, user=member)
        weaker = await (await stage.discord.click(message, "Weaker", user=member)).finished(60.0)
        assert say("en", "bald_done", stage=5) in weaker.text
        stronger = await (await stage.discord.click(message, "Stronger", user=member)).finished(60.0)
        assert say("en", "bald_clean_done") in stronger.text
        webp = await (await stage.discord.click(weaker, "As WebP", user=member)).finished(60.0)
        assert webp.attachments[0]["filename"] == "recede-bald.webp"
        assert say("en", "bald_done", stage=5) in webp.text
        other = await (await stage.discord.choose(message, ["beard"], user=member)).finished(60.0)
        assert say_attribute("en", "beard") in other.text
        # Others' clicks are orders of their own; the first answer stays as it is.
        assert not message.deleted
        assert message.attachments[0]["filename"] == "recede-bald.gif"

    stage.run(scenario())


def test_an_answer_can_be_removed_by_its_asker_and_by_moderators_and_by_nobody_else(stage: Stage) -> None:
    async def scenario() -> None:
        member, stranger, moderator = stage.member(), stage.member("Stan"), stage.member("Mona")
        stage.discord.world.guild.permissions[moderator.id] = MEMBER | MANAGE_MESSAGES
        for allowed in (member, moderator):
            _, message = await bald(stage, user=member)
            refused = await (await stage.discord.click(message, "Delete", user=stranger)).answered()
            assert refused.text == say("en", "not_yours_to_delete")
            assert not message.deleted
            await stage.discord.click(message, "Delete", user=allowed)
            await stage.discord.until(functools.partial(getattr, message, "deleted"))

    stage.run(scenario())


def test_an_edit_offers_attributes_in_both_languages_and_is_made(stage: Stage) -> None:
    async def scenario() -> None:
        member = stage.member()
        english = await stage.discord.slash("edit", {"attribute": "bea"}, user=member, focus="attribute")
        await english.until(lambda: english.ack)
        assert english.choices() == [{"name": "beard", "value": "beard"}]
        reader = stage.member("小红", "zh-CN")
        chinese = await stage.discord.slash("edit", {"attribute": ""}, user=reader, focus="attribute")
        await chinese.until(lambda: chinese.ack)
        names = {choice["value"]: choice["name"] for choice in chinese.choices()}
        assert names["beard"] == say_attribute("zh", "beard")
        assert 5 <= len(names) <= 25
        options = {
            **picture(),
            "attribute": "beard",
            "strength": 2.0,
            "second_attribute": "gray",
            "second_strength": -1.0,
        }
        message = await (await stage.discord.slash("edit", options, user=member)).finished(60.0)
        assert "beard +2, gray hair -1" in message.text
        assert message.attachments[0]["filename"] == "recede-edit.gif"

    stage.run(scenario())


def test_the_queue_shows_what_is_under_way_and_cancels_it(stage: Stage) -> None:
    async def scenario() -> None:
        member = stage.member()
        slow = await stage.discord.slash("bald", picture(seconds=30.0, steps=60), user=member)
        await working(slow)  # before the other comes: which of two the engine begins is chance
        second = await stage.discord.slash("bald", picture(), user=member)
        await queued(second)
        shown = await (await stage.discord.slash("queue", user=member)).answered()
        assert shown.ephemeral
        assert len(shown.buttons()) == 2
        assert "2." in shown.text
        assert second.original is not None
        stranger = await stage.discord.click(second.original, "Cancel", user=stage.member("Stan"))
        assert (await stranger.answered()).text == say("en", "not_yours_to_cancel")
        await stage.discord.click(shown, "Cancel 1", user=member)
        assert "Cancelled" in (await settled(slow)).text
        # The one below the progress message does the same.
        await second.finished(60.0)

    stage.run(scenario())


def test_help_privacy_and_statistics_are_told_to_the_asker_alone(stage: Stage) -> None:
    async def scenario() -> None:
        member = stage.member()
        for name, word in (("recede help", "/bald"), ("recede privacy", "kept"), ("recede stats", "ready")):
            message = await (await stage.discord.slash(name, user=member)).answered()
            assert message.ephemeral
            assert word in message.text

    stage.run(scenario())


def test_settings_belong_to_those_who_manage_the_server(stage: Stage) -> None:
    async def scenario() -> None:
        discord = stage.discord
        guild = await discord.join("Settings")
        channel = next(iter(guild.channels.values()))
        other = await discord.open_channel(guild)
        manager = discord.world.add_member(guild, discord.world.add_user("Max"), MEMBER | MANAGE_GUILD)
        member = discord.world.add_member(guild, discord.world.add_user("Moe"))
        try:
            refused = await (await discord.slash("recede-admin settings", user=member, channel=channel)).answered()
            assert refused.text == say("en", "managers_only")
        except NotOffered:
            pass  # not even shown to them
        await (
            await discord.slash("recede-admin settings", {"allow_channel": other}, user=manager, channel=channel)
        ).answered()
        wrong = await (await discord.slash("bald", picture(), user=member, channel=channel)).answered()
        assert wrong.text == say("en", "other_channel", channels=f"<#{other.id}>")
        options = {"spoiler": True, "all_channels": True}
        await (await discord.slash("recede-admin settings", options, user=manager, channel=channel)).answered()
        _, message = await bald(stage, user=member, channel=channel)
        assert message.attachments[0]["filename"].startswith("SPOILER_")
        settings = discord.slash("recede-admin settings", {"avatars": False}, user=manager, channel=channel)
        await (await settings).answered()
        friend = discord.world.add_member(guild, discord.world.add_user("Ava", avatar=photo()))
        avatar = await (await discord.slash("bald", {"user": friend}, user=member, channel=channel)).answered()
        assert avatar.text == shown(stage.discord, say("en", "no_avatars_here"))
        await (await discord.slash("recede-admin drain", user=manager, channel=channel)).answered()
        paused = await (await discord.slash("bald", picture(), user=member, channel=channel)).answered()
        assert paused.text == say("en", "draining_here")

    stage.run(scenario())


def test_an_answer_is_made_to_fit_the_limit_of_its_place(stage: Stage) -> None:
    async def scenario() -> None:
        options = picture(bytes=1_000_000)
        interaction = await stage.discord.slash("bald", options, user=stage.member(), upload_limit=300_000)
        message = await interaction.finished(60.0)
        assert message.attachments[0]["size"] <= 300_000
        assert interaction.refusals == []

    stage.run(scenario())


def test_nothing_of_a_photo_or_an_answer_is_left_behind(stage: Stage) -> None:
    async def scenario() -> None:
        mark = "A-PHOTO-THAT-MUST-NOT-STAY"
        await bald(stage, picture(mark=mark), user=stage.member())

        def read(path: Path) -> bytes:
            try:
                return path.read_bytes()
            except FileNotFoundError:  # the broker has just thrown it away
                return b""

        def left() -> list[str]:
            files = [path for path in stage.installation.folder.rglob("*") if path.is_file()]
            return [str(path) for path in files if mark.encode() in read(path)]

        gone = await came_true(lambda: not left(), 10.0)
        assert gone, left()

    stage.run(scenario())


def test_the_log_holds_no_token_and_no_address_of_a_photo(stage: Stage) -> None:
    async def scenario() -> None:
        await bald(stage, user=stage.member())
        log = stage.installation.log_path.read_text() + stage.installation.out_path.read_text()
        assert "answered" in log
        assert stage.discord.token not in log
        assert not [token for token in stage.discord.interactions if token in log]
        assert "/cdn/" not in log

    stage.run(scenario())
