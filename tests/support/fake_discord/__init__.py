"""A Discord for tests: REST v10, gateway v10 and CDN on a loopback port, with Discord's limits and its moods."""

from tests.support.fake_discord.command_rules import NotOffered
from tests.support.fake_discord.interactions import Interaction, Message
from tests.support.fake_discord.server import FakeDiscord
from tests.support.fake_discord.world import Channel, Guild, Upload, User, World

__all__ = ["Channel", "FakeDiscord", "Guild", "Interaction", "Message", "NotOffered", "Upload", "User", "World"]
