"""The fake itself, against a real discord.py client: what REST and CDN enforce, and that injected failures come."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress
from typing import Any

import aiohttp
import discord
import pytest

from tests.support.bot.loops import in_loop
from tests.support.bot.members import picture
from tests.support.bot.standin import photo
from tests.support.bot.tiny_client import refused, respond, running
from tests.support.fake_discord import FakeDiscord, NotOffered, Upload
from tests.support.fake_discord.faults import Fault
from tests.support.fake_discord.prune_openapi import PRUNED, prune, written
from tests.support.fake_discord.schema import check_request
from tests.support.fake_discord.world import ATTACH_FILES, MANAGE_GUILD, SEND_MESSAGES, VIEW_CHANNEL


@in_loop
async def test_a_real_client_logs_in_syncs_and_answers_and_every_body_is_checked() -> None:
    async with FakeDiscord() as fake, running(fake, respond):
        await fake.online()
        assert ("bald", 1) in fake.commands
        message = await (await fake.slash("bald", picture())).answered()
        assert message.text == "hello"
        assert fake.misbehaviour() == []
        assert fake.requests("PUT /applications/") == 1


@in_loop
async def test_an_attachment_carries_its_metadata_and_can_be_downloaded_until_its_address_ends() -> None:
    seen: list[Any] = []

    async def look(interaction: discord.Interaction) -> None:
        image: discord.Attachment = interaction.extras["image"]
        await interaction.response.defer()
        seen.extend([image.width, image.content_type, image.size, await image.read()])
        async with aiohttp.ClientSession() as session, session.get(image.url.replace("ex=7fffffff", "ex=1")) as late:
            seen.append(late.status)
        await interaction.edit_original_response(content="done")

    data = photo(side_px=100)
    async with FakeDiscord() as fake, running(fake, look):
        await fake.online()
        await (await fake.slash("bald", {"image": Upload("me.png", data)})).answered()
        assert seen == [100, "image/png", len(data), data, 404]


@in_loop
async def test_an_answer_after_three_seconds_is_refused_with_10062() -> None:
    async def sleepy(interaction: discord.Interaction) -> None:
        await asyncio.sleep(0.4)
        await interaction.response.send_message("late")

    async with FakeDiscord(ack_limit_s=0.2) as fake, running(fake, sleepy):
        await fake.online()
        assert await refused(await fake.slash("bald", picture())) == [10062]


@in_loop
async def test_a_token_dies_with_50027() -> None:
    async def late(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await asyncio.sleep(0.5)
        await interaction.edit_original_response(content="late")

    async with FakeDiscord(token_life_s=0.4) as fake, running(fake, late):
        await fake.online()
        assert await refused(await fake.slash("bald", picture())) == [50027]


@in_loop
async def test_an_interaction_delivered_twice_is_acknowledged_once_and_then_refused_with_40060() -> None:
    async with FakeDiscord() as fake, running(fake, respond):
        await fake.online()
        interaction = await fake.slash("bald", picture())
        await interaction.answered()
        await fake.repeat(interaction)
        assert await refused(interaction) == [40060]


@in_loop
async def test_a_file_above_the_limit_of_the_place_is_refused_with_40005() -> None:
    async def upload(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        size = interaction.filesize_limit
        for extra in (1, 0):
            file = discord.File(io.BytesIO(b"." * (size + extra)), "a.gif", description="dots")
            with suppress(discord.HTTPException):
                await interaction.edit_original_response(attachments=[file])

    async with FakeDiscord() as fake, running(fake, upload):
        await fake.online()
        interaction = await fake.slash("bald", picture(), upload_limit=50_000)
        message = await interaction.finished()
        assert [refusal.body["code"] for refusal in interaction.refusals] == [40005]
        assert (message.attachments[0]["size"], message.attachments[0]["description"]) == (50_000, "dots")


@in_loop
async def test_edits_faster_than_discord_allows_are_answered_with_429_and_counted() -> None:
    answers: list[Any] = []

    async def hasty(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        url = f"{fake.api_url}/webhooks/{interaction.application_id}/{interaction.token}/messages/@original"
        async with aiohttp.ClientSession() as session:  # discord.py itself waits as it is told
            for number in range(6):
                async with session.patch(url, json={"content": str(number)}) as response:
                    left = response.headers["X-RateLimit-Remaining"]
                    answers.append((response.status, left, "Via" in response.headers))
                    body = await response.json()
        answers.append(0 < body["retry_after"] <= 5.0)

    async with FakeDiscord() as fake, running(fake, hasty):
        await fake.online()
        await fake.slash("bald", picture())
        await fake.until(lambda: len(answers) == 7, 10.0)
        assert answers == [(200, str(left), False) for left in (4, 3, 2, 1, 0)] + [(429, "0", True), True]
        assert len(fake.misbehaviour()) == 1


@in_loop
async def test_a_user_install_has_five_followups_and_no_more() -> None:
    async def chatty(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("0")
        for number in range(1, 7):
            await interaction.followup.send(str(number))

    async with FakeDiscord() as fake, running(fake, chatty):
        await fake.online()
        fake.limits.everything.limit = 1000
        stranger = fake.world.add_guild("Elsewhere", fake.world.owner, installed=False)
        user = fake.world.add_member(stranger, fake.world.member)
        user.installed = True
        fake.commands["bald", 1]["integration_types"] = [0, 1]
        channel = next(iter(stranger.channels.values()))
        interaction = await fake.slash("bald", picture(), channel=channel)
        assert await refused(interaction) == [40094]
        assert len(interaction.followups) == 5


@in_loop
async def test_bodies_that_discord_does_not_take_are_refused_by_its_own_document() -> None:
    route = "/api/v10/webhooks/1/t/messages/@original"
    check_request("PATCH", route, {"content": "a", "attachments": [{"id": 0, "filename": "a.gif"}]})
    with pytest.raises(ValueError, match="maxLength"):
        check_request("PATCH", route, {"content": "a" * 5000})
    button = {"type": 2, "style": 1, "label": "x", "custom_id": "c" * 101}
    with pytest.raises(ValueError, match="custom_id: maxLength"):
        check_request("PATCH", route, {"components": [{"type": 1, "components": [button]}]})
    with pytest.raises(ValueError, match="no route"):
        check_request("POST", "/api/v10/nonsense", {})


@in_loop
async def test_what_a_client_would_not_offer_cannot_be_done() -> None:
    async with FakeDiscord() as fake, running(fake, respond):
        await fake.online()
        with pytest.raises(NotOffered, match="required"):
            await fake.slash("bald")
        with pytest.raises(NotOffered, match="may not use"):
            await fake.slash("admin", {"level": 1})
        fake.world.guild.permissions[fake.world.member.id] |= MANAGE_GUILD
        with pytest.raises(NotOffered, match="outside"):
            await fake.slash("admin", {"level": 6})
        with pytest.raises(NotOffered, match="direct messages|context"):
            await fake.slash("admin", {"level": 1}, channel=fake.world.direct(fake.world.member))
        await (await fake.slash("admin", {"level": 5})).answered()


@in_loop
async def test_missing_permissions_and_closed_direct_messages_have_their_codes() -> None:
    codes: list[int] = []

    async def post(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("trying")
        client = interaction.client
        for channel in (muted, hidden, no_files):
            try:
                await client.get_partial_messageable(int(channel.id)).send(file=discord.File(io.BytesIO(b"x"), "x.gif"))
            except discord.Forbidden as error:
                codes.append(error.code)
        try:
            await interaction.user.send("psst")
        except discord.Forbidden as error:
            codes.append(error.code)

    async with FakeDiscord() as fake:
        muted = fake.world.add_channel(fake.world.guild, "muted", denied=SEND_MESSAGES)
        hidden = fake.world.add_channel(fake.world.guild, "hidden", denied=VIEW_CHANNEL)
        no_files = fake.world.add_channel(fake.world.guild, "words", denied=ATTACH_FILES)
        fake.world.member.dms_open = False
        async with running(fake, post):
            await fake.online()
            await fake.slash("bald", picture())
            await fake.until(lambda: len(codes) == 4, 10.0)
            assert codes == [50013, 50001, 50013, 50007]


@in_loop
async def test_injected_failures_come_as_often_as_they_were_asked_for() -> None:
    async def callback(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="after all")

    async with FakeDiscord() as fake, running(fake, callback):
        await fake.online()
        fault = fake.fail(Fault("PATCH /webhooks/*", 429, times=2, retry_after_s=0.1))
        worse = fake.fail(Fault("PATCH /webhooks/*", 502, times=1))
        await (await fake.slash("bald", picture())).answered()
        assert (fault.used, worse.used) == (2, 1)


@in_loop
async def test_a_connection_that_is_cut_after_the_request_leaves_the_client_in_doubt() -> None:
    caught: list[BaseException] = []

    async def callback(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        try:
            await interaction.edit_original_response(content="did it arrive?")
        except (OSError, aiohttp.ClientError) as error:
            caught.append(error)

    async with FakeDiscord() as fake, running(fake, callback):
        await fake.online()
        fake.fail(Fault("PATCH /webhooks/*", cut="after"))
        message = await (await fake.slash("bald", picture())).answered()
        await fake.until(lambda: caught)
        assert message.text == "did it arrive?"


@in_loop
async def test_too_many_invalid_requests_end_in_a_ban_that_no_client_retries() -> None:
    async with FakeDiscord(invalid_limit=3) as fake, aiohttp.ClientSession() as session:
        statuses = []
        for _ in range(4):
            async with session.get(f"{fake.api_url}/users/@me") as response:
                statuses.append((response.status, "Via" in response.headers))
        assert statuses == [(401, False)] * 3 + [(429, False)]


@in_loop
async def test_more_than_fifty_requests_a_second_are_too_many_for_a_bot() -> None:
    async with FakeDiscord() as fake, aiohttp.ClientSession(headers={"Authorization": f"Bot {fake.token}"}) as session:
        fake.limits.everything.period_s = 300.0  # a busy machine needs more than a second for as many
        statuses = []
        for _ in range(51):
            async with session.get(f"{fake.api_url}/users/@me") as response:
                statuses.append(response.status)
                last = response
                body = await response.json()
        assert statuses == [200] * 50 + [429]
        assert last.headers["X-RateLimit-Global"] == "true"
        assert body["global"] is True


def test_commands_that_discord_refuses_are_refused() -> None:
    from tests.support.fake_discord.command_rules import check_commands

    def command(**what: Any) -> dict[str, Any]:
        return {"name": "a", "description": "b", "type": 1, **what}

    wrong = [
        [command(), command()],
        [command(name="Capital")],
        [command(name_localizations={"zh-CN": "有 空格"})],
        [
            command(
                options=[
                    {"name": "o", "description": "d", "type": 3},
                    {"name": "p", "description": "d", "type": 3, "required": True},
                ]
            )
        ],
        [command(description="x" * 101)],
        [command(type=3)],
    ]
    for commands in wrong:
        with pytest.raises(ValueError, match="."):
            check_commands(commands)
    check_commands([command(name_localizations={"zh-CN": "秃头"}), command(type=3, description="", name="Bald this")])


def test_the_pruned_document_is_what_pruning_gives() -> None:
    """Pruning is idempotent where nothing is left to prune, so the committed part can be checked without the whole."""
    import json

    document = json.loads(PRUNED.read_text("utf-8"))
    assert document["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    full = {
        **document,
        "paths": {
            path: {
                method: {"requestBody": {"content": {"application/json": {"schema": about.get("body")}}}}
                for method, about in methods.items()
            }
            for path, methods in document["paths"].items()
        },
    }
    assert written(prune(full)) == PRUNED.read_text("utf-8")
