"""A Discord for tests: REST v10, gateway v10 and CDN on a loopback port, with Discord's limits and its moods."""

from tests.bot.fake_discord.command_rules import NotOffered
from tests.bot.fake_discord.interactions import Interaction, Message
from tests.bot.fake_discord.server import FakeDiscord
from tests.bot.fake_discord.world import Channel, Guild, Upload, User, World

__all__ = ["Channel", "FakeDiscord", "Guild", "Interaction", "Message", "NotOffered", "Upload", "User", "World"]
