"""What the bot tells Discord about itself: commands, ways to install, description, emoji; and what if it is refused."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot import registration
from bot.client import RecedeClient, redirect
from bot.config import Endpoints
from bot.delivery.emoji import name_of, sync_emoji
from bot.delivery.markup import PIECES, Markup
from bot.errors import StartFailed
from bot.jobs.intake import PHOTO_ENDINGS
from bot.messages import bar
from bot.registration import FILE_TYPES, Registration, RegistrationPauses, commands_payload
from tests.bot.commands.test_commands import client as unconnected
from tests.support.bot.loops import in_loop
from tests.support.fake_discord import FakeDiscord
from tests.support.fake_discord.command_rules import FILE_GROUPS, check_commands
from tests.support.fake_discord.faults import Fault

QUICK = RegistrationPauses(refused_s=0.01, first_s=0.01)


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `redirect` changes in discord.py comes back."""
    import discord

    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)


@asynccontextmanager
async def logged_in(fake: FakeDiscord, folder: Path) -> AsyncIterator[RecedeClient]:
    """A client with all commands that has signed in and is not connected."""
    async with fake:
        redirect(Endpoints(api=fake.api_url))
        made = unconnected(folder)
        await made.login(fake.token)
        try:
            yield made
        finally:
            await made.close()


def attachments(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    inside = [found for entry in entries for found in attachments(entry.get("options") or [])]
    return [entry for entry in entries if entry.get("type") == 11] + inside


@in_loop
async def test_attachment_options_name_the_types_that_the_intake_takes(tmp_path: Path) -> None:
    async with logged_in(FakeDiscord(), tmp_path) as client:
        payload = await commands_payload(client)
        check_commands(payload)
        options = attachments([entry for entry in payload if entry["type"] == 1])
        assert options
        for option in options:
            assert option["file_types"] == list(FILE_TYPES)
        offered = {end for kind in FILE_TYPES for end in FILE_GROUPS.get(kind, (kind,))}
        assert {f".{ending}" for ending in PHOTO_ENDINGS} <= offered


@in_loop
async def test_ways_to_install_and_the_description_are_set_where_they_are_missing(tmp_path: Path) -> None:
    fake = FakeDiscord()
    fake.integration_types_config = {"0": {}}
    async with logged_in(fake, tmp_path) as client:
        assert await Registration(client, Markup()).begin()
        assert fake.integration_types_config["0"] == {}  # set by the admin: it stays
        assert fake.integration_types_config["1"]["oauth2_install_params"]["scopes"] == ["applications.commands"]
        assert "/bald" in fake.description
        assert fake.commands
        fake.description = "Mine."
        known = fake.requests("PATCH /applications/@me")
        assert await Registration(client, Markup()).begin()
        assert fake.description == "Mine."
        assert fake.requests("PATCH /applications/@me") == known
        assert fake.misbehaviour() == []


@in_loop
async def test_a_private_application_gets_both_ways_without_a_link(tmp_path: Path) -> None:
    fake = FakeDiscord()
    fake.integration_types_config, fake.public = {"0": {}}, False
    async with logged_in(fake, tmp_path) as client:
        assert await Registration(client, Markup()).begin()
        assert set(fake.integration_types_config) == {"0", "1"}


@in_loop
async def test_commands_in_a_refused_shape_are_told_in_the_plain_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeDiscord()
    async with logged_in(fake, tmp_path) as client:
        why = "Invalid Form Body\nIn 0.options.0: file_types"
        fake.fail(Fault("PUT /applications/*/commands", 400, code=50035, message=why))
        told = Registration(client, Markup(), QUICK)
        with caplog.at_level(logging.WARNING, "recede.bot"):
            assert not await told.begin()
            await told.insist(lambda: client)
        assert attachments(list(fake.commands.values()))
        assert not any("file_types" in option for option in attachments(list(fake.commands.values())))
        [line] = [record.getMessage() for record in caplog.records]
        assert "Invalid Form Body In 0.options.0: file_types" in line


@in_loop
async def test_commands_that_are_refused_again_and_again_are_a_reason_to_end(tmp_path: Path) -> None:
    fake = FakeDiscord()
    async with logged_in(fake, tmp_path) as client:
        fault = fake.fail(Fault("PUT /applications/*/commands", 400, times=99, code=50035))
        told = Registration(client, Markup(), QUICK)
        assert not await told.begin()
        with pytest.raises(StartFailed, match="refuses the commands"):
            await told.insist(lambda: client)
        assert fault.used == registration.REFUSALS


@in_loop
async def test_while_discord_does_not_answer_it_is_asked_again_with_one_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeDiscord()
    async with logged_in(fake, tmp_path) as client:
        fault = fake.fail(Fault("PUT /applications/*/commands", times=4, cut="before"))
        markup = Markup()
        told = Registration(client, markup, QUICK)
        with caplog.at_level(logging.WARNING, "recede.bot"):
            assert not await told.begin()
            await told.insist(lambda: client)
        assert fault.used == 4
        assert fake.commands
        assert len(caplog.records) == 1
        [command] = [entry for entry in fake.commands.values() if entry["name"] == "bald"]
        assert markup.dress("/bald") == f"</bald:{command['id']}>"


@in_loop
async def test_the_bars_emoji_are_uploaded_once_and_old_ones_removed(tmp_path: Path) -> None:
    fake = FakeDiscord()
    async with logged_in(fake, tmp_path) as client:
        await client.create_application_emoji(name="recede_0_start_full", image=PNG)
        await client.create_application_emoji(name="somebody_elses", image=PNG)
        assert await sync_emoji(client) == (len(PIECES), 1)
        assert await sync_emoji(client) == (0, 0)
        names = {emoji["name"] for emoji in fake.emoji.values()}
        assert names == {"somebody_elses", *map(name_of, PIECES)}
        markup = Markup()
        assert await Registration(client, markup).begin()
        [first] = [emoji for emoji in fake.emoji.values() if emoji["name"] == name_of("start_full")]
        assert markup.dress(bar(1.0)).startswith(f"<:{first['name']}:{first['id']}>")
        assert fake.misbehaviour() == []


PNG = (Path(registration.__file__).parent / "assets" / "emoji" / "start_full.png").read_bytes()
