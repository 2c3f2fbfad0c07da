"""The commands. `add_commands` puts all of them on a client's tree."""

from __future__ import annotations

from typing import Any

from bot.client import RecedeClient
from bot.commands.about import Recede
from bot.commands.admin import Admin
from bot.commands.bald import bald
from bot.commands.edit import edit
from bot.commands.menus import bald_this_avatar, bald_this_picture, edit_this_avatar, edit_this_picture
from bot.commands.queue import queue

__all__ = ["add_commands"]


def add_commands(client: RecedeClient) -> None:
    """Put every command on the client's tree."""
    commands: tuple[Any, ...] = (
        bald,
        edit,
        queue,
        bald_this_picture,
        edit_this_picture,
        bald_this_avatar,
        edit_this_avatar,
    )
    for command in commands:
        client.tree.add_command(command)
    client.tree.add_command(Recede())
    client.tree.add_command(Admin())
