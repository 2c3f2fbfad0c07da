"""The fake's gateway, against a real discord.py client."""

from __future__ import annotations

import discord
import pytest

from tests.support.bot.loops import in_loop
from tests.support.bot.members import picture
from tests.support.bot.tiny_client import respond, running
from tests.support.fake_discord import FakeDiscord


@in_loop
async def test_a_cut_gateway_is_resumed_and_what_was_missed_is_handed_out() -> None:
    async with FakeDiscord() as fake, running(fake, respond) as client:
        await fake.online()
        fake.gateway.cut()
        interaction = await fake.slash("bald", picture())
        assert (await interaction.answered(30.0)).text == "hello"
        await fake.until(lambda: client.resumed)
        assert sum(session.resumes for session in fake.gateway.sessions.values()) == 1


@pytest.mark.parametrize("how", ["asked to reconnect", "invalid but resumable", "invalid", "closed with 4000"])
def test_every_kind_of_lost_session_is_survived(how: str) -> None:
    @in_loop
    async def scenario() -> None:
        async with FakeDiscord() as fake, running(fake, respond):
            await fake.online()
            before = list(fake.gateway.connections)
            if how == "asked to reconnect":
                await fake.gateway.ask_to_reconnect()
            elif how == "closed with 4000":
                await fake.gateway.close(4000)
            else:
                await fake.gateway.invalidate(how == "invalid but resumable")
            await fake.until(lambda: fake.gateway.ready() and fake.gateway.connections != before, 30.0, "a new one")
            resumes = sum(session.resumes for session in fake.gateway.sessions.values())
            assert resumes == (0 if how == "invalid" else 1)
            await (await fake.slash("bald", picture())).answered()

    scenario()


@in_loop
async def test_a_heart_that_beats_keeps_the_session_and_an_unanswered_one_ends_it() -> None:
    async with FakeDiscord(heartbeat_s=0.3) as fake, running(fake, respond):
        await fake.online()
        connection = fake.gateway.connections[0]
        await fake.until(lambda: len(connection.sent) >= 3, 30.0, "two heartbeats after its name")
        assert len(fake.gateway.sessions) == 1

        def ended() -> bool:
            connection.heard_s -= 60.0  # whenever it is heard in between
            return connection not in fake.gateway.connections

        await fake.until(ended, 30.0, "its end")
        assert fake.gateway.closings[0][0] == 4009


@in_loop
async def test_shards_identify_one_after_the_other_and_each_hears_of_its_own_guilds() -> None:
    async with FakeDiscord(shards=2, identify_period_s=4.5) as fake:
        other = fake.world.add_guild("Other", fake.world.owner)
        async with running(fake, respond):
            await fake.online(60.0)
            assert {s.shard for s in fake.gateway.sessions.values()} == {0, 1}
            channel = next(iter(other.channels.values()))
            for place in (channel, fake.world.channel):
                interaction = await fake.slash("bald", picture(), user=fake.world.owner, channel=place)
                await interaction.answered()
                assert interaction.callbacks == 1
            assert fake.misbehaviour() == []


@in_loop
async def test_a_wrong_token_and_privileged_intents_are_turned_away() -> None:
    async with FakeDiscord() as fake:
        async with running(fake, respond, token="wrong") as client:
            await fake.until(lambda: client.failure)
            assert isinstance(client.failure, discord.LoginFailure)
        async with running(fake, respond, intents=discord.Intents(guilds=True, members=True)) as client:
            await fake.until(lambda: client.failure)
            assert isinstance(client.failure, discord.PrivilegedIntentsRequired)
