"""Pictures in messages, wherever Discord shows them, and never at a stranger's address."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.jobs.intake import discord_hosts, is_discords
from bot.requests.pictures import pictured_in, pictures_in

HOSTS = discord_hosts()
CDN = "https://cdn.discordapp.com/attachments/1/2"
PROXY = "https://images-ext-1.discordapp.net/external/x/https/example.org/a.jpg"
STRANGER = "https://example.org/a.jpg"


class State:
    """What discord.py asks of its connection while it reads a message."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None

    def store_user(self, data: Any, **kwargs: Any) -> discord.User:
        return discord.User(state=self, data=data)  # type: ignore[arg-type]  # it is all that is asked for


def user(bot: bool = False) -> dict[str, Any]:
    return {"id": "7", "username": "mia", "discriminator": "0", "avatar": None, "bot": bot}


def file(name: str, **more: Any) -> dict[str, Any]:
    url = f"{CDN}/{name}?ex=1&"
    return {"id": "2", "filename": name, "size": 9, "url": url, "proxy_url": url, **more}


def message(bot: bool = False, **parts: Any) -> discord.Message:
    plain: dict[str, Any] = {"content": "", "attachments": [], "embeds": [], "components": [], "sticker_items": []}
    base: dict[str, Any] = {"type": 0, "timestamp": "2026-11-25T00:00:00+00:00", "edited_timestamp": None, "flags": 0}
    forwarded = [{"message": {**base, **plain, **part}} for part in parts.pop("forwards", [])]
    head = {"id": "1", "channel_id": "5", "author": user(bot), "pinned": False, "tts": False, "mention_everyone": False}
    lists = {"mentions": [], "mention_roles": [], "message_snapshots": forwarded}
    channel = discord.PartialMessageable(state=State(), id=5)  # type: ignore[arg-type]
    data: Any = {**base, **plain, **head, **lists, **parts}
    return discord.Message(state=State(), channel=channel, data=data)  # type: ignore[arg-type]


def embed(**more: Any) -> dict[str, Any]:
    return {"type": "rich", **more}


def media(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "proxy_url": url, "width": 640, "height": 480, **more}


@pytest.mark.parametrize(
    ("parts", "urls"),
    [
        ({"attachments": [file("a.txt"), file("b.png"), file("c.jpg")]}, [f"{CDN}/b.png?ex=1&", f"{CDN}/c.jpg?ex=1&"]),
        ({"embeds": [embed(type="image", thumbnail={"url": STRANGER, "proxy_url": PROXY})]}, [PROXY]),
        ({"embeds": [embed(type="link", thumbnail={"url": STRANGER})]}, []),
        (
            {"embeds": [embed(image={"url": f"{CDN}/d.png", "proxy_url": "https://media.discordapp.net/d.png"})]},
            [f"{CDN}/d.png"],
        ),
        ({"embeds": [embed(image={"url": STRANGER, "proxy_url": "http://cdn.discordapp.com.example.org/a.png"})]}, []),
        (
            {"sticker_items": [{"id": "9", "name": "wave", "format_type": 1}]},
            ["https://cdn.discordapp.com/stickers/9.png"],
        ),
        ({"sticker_items": [{"id": "9", "name": "wave", "format_type": 3}]}, []),
        (
            {"components": [{"type": 17, "components": [{"type": 12, "items": [{"media": media(f"{CDN}/e.png")}]}]}]},
            [f"{CDN}/e.png"],
        ),
        (
            {
                "components": [
                    {
                        "type": 9,
                        "components": [{"type": 10, "content": "x"}],
                        "accessory": {"type": 11, "media": media(STRANGER, proxy_url=PROXY), "spoiler": True},
                    }
                ]
            },
            [PROXY],
        ),
        ({"components": [{"type": 12, "items": [{"media": media(f"{CDN}/f.mp4", content_type="video/mp4")}]}]}, []),
        ({"forwards": [{"attachments": [file("g.png")]}]}, [f"{CDN}/g.png?ex=1&"]),
        (
            {"forwards": [{"sticker_items": [{"id": "9", "name": "w", "format_type": 2}]}]},
            ["https://cdn.discordapp.com/stickers/9.png"],
        ),
        (
            {"attachments": [file("h.png")], "embeds": [embed(image=media(f"{CDN}/h.png?ex=2&"))]},
            [f"{CDN}/h.png?ex=1&"],
        ),
        ({}, []),
    ],
)
def test_pictures_are_found_where_discord_has_them_and_each_once(parts: dict[str, Any], urls: list[str]) -> None:
    assert [found.source.url for found in pictures_in(message(**parts), HOSTS)] == urls


def test_what_was_hidden_or_flagged_stays_so() -> None:
    gallery = {"type": 12, "items": [{"media": media(PROXY, flags=16), "spoiler": True}]}
    [found] = pictures_in(message(components=[gallery]), HOSTS)
    assert (found.source.kind, found.source.spoiler, found.source.explicit) == ("preview", True, True)
    [found] = pictures_in(message(attachments=[file("a.png", flags=16)]), HOSTS)
    assert (found.source.kind, found.source.spoiler, found.source.explicit) == ("attachment", False, True)
    [found] = pictures_in(message(embeds=[embed(image=media(f"{CDN}/d.png"), flags=16)]), HOSTS)
    assert (found.source.kind, found.source.explicit) == ("attachment", True)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        (f"{CDN}/a.png", True),
        (PROXY, True),
        ("http://cdn.discordapp.com/a.png", False),
        ("https://cdn.discordapp.com@example.org/a.png", False),
        ("https://cdn.discordapp.com:8443/a.png", False),
        ("https://images-ext-1.discordapp.net.example.org/a.png", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_an_address_is_discords_or_a_strangers(url: str, ours: bool) -> None:
    assert is_discords(url, HOSTS) is ours


def test_whose_picture_it_is_follows_our_own_answers() -> None:
    def below(custom_id: str) -> list[dict[str, Any]]:
        return [{"type": 1, "components": [{"type": 2, "style": 2, "label": "x", "custom_id": custom_id}]}]

    assert pictured_in(message()) == 7
    assert pictured_in(message(bot=True)) == 0
    assert pictured_in(message(bot=True, components=below("recede:weaker:1:2:3"))) == 3
    assert pictured_in(message(bot=True, components=below("recede:weaker:1:2:0"))) == 2
    assert pictured_in(message(forwards=[{"components": below("recede:weaker:1:2:3")}])) == 3
