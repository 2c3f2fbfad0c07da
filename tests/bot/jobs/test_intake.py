"""Photos on their way in: refused by their description, or fetched under limits."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from aiohttp import web

from bot.errors import Refused
from bot.jobs.intake import (
    MAX_JPEG_PIXELS,
    MAX_PIXELS,
    MAX_SIDE_PX,
    MIN_SIDE_PX,
    Photos,
    check_attachment,
    looks_like_photo,
    signature_over,
)
from bot.order import PhotoSource
from engine.errors import HeicNotRead, NotAnImage, PhotoError, PhotoTooManyBytes, PhotoTooManyPixels, PhotoTooSmall
from engine.photo import PhotoLimits
from engine.photo.decoding import jpeg

LIMIT = 100_000


@dataclass
class Described:
    """An attachment as Discord describes it."""

    filename: str = "me.jpg"
    size: int = 5000
    url: str = "https://cdn.discordapp.com/attachments/1/2/me.jpg"
    content_type: str | None = "image/jpeg"
    width: int | None = 800
    height: int | None = 600
    hidden: bool = False
    explicit: bool = False

    @property
    def flags(self) -> discord.flags.AttachmentFlags:
        return discord.flags.AttachmentFlags(contains_explicit_media=self.explicit)

    def is_spoiler(self) -> bool:
        return self.hidden


def test_what_is_refused_unseen_is_what_the_engine_would_refuse() -> None:
    limits = PhotoLimits()
    assert (limits.max_pixels, limits.min_side_px, limits.max_side_px) == (MAX_PIXELS, MIN_SIDE_PX, MAX_SIDE_PX)
    assert jpeg.MAX_STORED_PIXELS == MAX_JPEG_PIXELS


def test_what_discord_calls_explicit_is_remembered_as_such() -> None:
    assert check_attachment(Described(explicit=True), LIMIT).explicit
    assert not check_attachment(Described(), LIMIT).explicit


def test_heic_is_not_queued_where_nothing_decodes_it() -> None:
    with pytest.raises(HeicNotRead):
        check_attachment(Described(filename="IMG_1.HEIC", content_type="image/heic"), LIMIT, "no_such_decoder")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"content_type": "text/plain"}, NotAnImage),
        ({"content_type": "video/mp4", "filename": "me.jpg"}, NotAnImage),
        ({"content_type": "image/svg+xml"}, NotAnImage),
        ({"content_type": None, "filename": "me.exe"}, NotAnImage),
        ({"content_type": None, "filename": "jpg"}, None),
        ({"size": 0}, NotAnImage),
        ({"size": LIMIT + 1}, PhotoTooManyBytes),
        ({"size": LIMIT}, None),
        ({"width": 10_000, "height": MAX_PIXELS // 10_000 + 1, "content_type": "image/png"}, PhotoTooManyPixels),
        ({"width": 10_000, "height": MAX_PIXELS // 10_000, "content_type": "image/png"}, None),
        ({"width": 16_320, "height": 12_240}, None),
        ({"width": 16_320, "height": MAX_JPEG_PIXELS // 16_320 + 1}, PhotoTooManyPixels),
        ({"width": 64, "height": 300_000, "content_type": "image/png"}, PhotoTooSmall),
        ({"width": 63}, PhotoTooSmall),
        ({"width": None, "height": None}, None),
        ({"content_type": "image/png; charset=x"}, None),
        ({"content_type": "IMAGE/WEBP"}, None),
        ({"content_type": "application/octet-stream", "filename": "ME.HEIC"}, None),
    ],
)
def test_descriptions_are_enough_to_refuse(changes: dict[str, object], error: type[PhotoError] | None) -> None:
    described = dataclasses.replace(Described(), **changes)  # type: ignore[arg-type]
    if error is None:
        assert check_attachment(described, LIMIT) == PhotoSource(described.url, "attachment")
    else:
        with pytest.raises(error):
            check_attachment(described, LIMIT)


def test_the_limit_is_among_the_details_of_the_refusal() -> None:
    with pytest.raises(PhotoTooManyBytes) as told:
        check_attachment(Described(size=LIMIT * 2), LIMIT)
    assert told.value.details == {"size_bytes": LIMIT * 2, "max_bytes": LIMIT}


def test_a_claimed_type_goes_before_the_name() -> None:
    assert not looks_like_photo(Described(filename="a.png", content_type="application/pdf"))


@pytest.mark.parametrize(
    ("query", "over"), [("?ex=5f000000&is=1&hm=2", True), ("?ex=7fffffff&hm=2", False), ("", False), ("?ex=zz", False)]
)
def test_a_signatures_end_is_read_from_the_address(query: str, over: bool) -> None:
    assert signature_over(f"https://cdn.discordapp.com/attachments/1/2/me.png{query}") is over


class Cdn:
    """A server that answers with what `answers` holds, in turn; the last answer stays."""

    def __init__(self, *answers: bytes | int | float) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return web.Response(body=b"late")
        if isinstance(answer, int):
            return web.Response(status=answer, headers={"Location": "/elsewhere"} if answer == 302 else None)
        response = web.StreamResponse()  # says nothing about its length
        await response.prepare(request)
        await response.write(answer)
        return response


@asynccontextmanager
async def serving(cdn: Cdn, timeout_s: float = 5.0) -> AsyncIterator[tuple[Photos, str]]:
    """Photos that may be fetched from `cdn`, and its address."""
    app = web.Application()
    app.router.add_get("/{tail:.*}", cdn.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    photos = Photos(LIMIT, timeout_s, url, retry_pause_s=0.01)
    try:
        yield photos, url
    finally:
        await photos.close()
        await runner.cleanup()


async def refused(photos: Photos, source: PhotoSource) -> str:
    with pytest.raises(Refused) as told:
        await photos.fetch(source)
    return told.value.key


def test_a_photo_arrives_whole() -> None:
    async def scenario() -> None:
        async with serving(Cdn(b"x" * LIMIT)) as (photos, url):
            assert await photos.fetch(PhotoSource(f"{url}/a.png")) == b"x" * LIMIT

    asyncio.run(scenario())


def test_a_file_that_is_longer_than_it_said_is_cut_off() -> None:
    async def scenario() -> None:
        async with serving(Cdn(b"x" * (LIMIT + 1))) as (photos, url):
            with pytest.raises(PhotoTooManyBytes):
                await photos.fetch(PhotoSource(f"{url}/a.png"))

    asyncio.run(scenario())


def test_trouble_that_passes_is_waited_out_and_the_rest_told() -> None:
    async def scenario() -> None:
        cdn = Cdn(503, b"photo")
        async with serving(cdn) as (photos, url):
            assert await photos.fetch(PhotoSource(f"{url}/a.png")) == b"photo"
            assert len(cdn.asked) == 2
        async with serving(Cdn(500)) as (photos, url):
            assert await refused(photos, PhotoSource(f"{url}/a.png")) == "download_failed"
        async with serving(Cdn(30.0), timeout_s=0.05) as (photos, url):
            assert await refused(photos, PhotoSource(f"{url}/a.png")) == "download_failed"

    asyncio.run(scenario())


def test_a_signature_that_is_over_is_renewed_before_or_after_asking() -> None:
    async def scenario() -> None:
        cdn = Cdn(b"photo")
        async with serving(cdn) as (photos, url):

            async def renew(old: str) -> str:
                return f"{url}/renewed"

            photos.refresh = renew
            ended = f"{url}/a.png?ex={int(time.time()) - 10:x}"
            assert await photos.fetch(PhotoSource(ended)) == b"photo"
            assert cdn.asked == ["/renewed"]
            cdn.asked.clear()
            cdn.answers[:] = [404, b"photo"]
            assert await photos.fetch(PhotoSource(f"{url}/a.png?ex=7fffffff")) == b"photo"
            assert cdn.asked == ["/a.png?ex=7fffffff", "/renewed"]

    asyncio.run(scenario())


def test_a_photo_that_discord_no_longer_has_is_asked_for_again() -> None:
    async def scenario() -> None:
        async with serving(Cdn(404)) as (photos, url):
            assert await refused(photos, PhotoSource(f"{url}/a.png")) == "photo_gone"
            assert await refused(photos, PhotoSource(f"{url}/a.png", "avatar")) == "photo_gone"

            async def nothing(old: str) -> None:
                return None

            photos.refresh = nothing
            assert await refused(photos, PhotoSource(f"{url}/a.png?ex=1")) == "photo_gone"

    asyncio.run(scenario())


def test_nothing_is_fetched_from_anywhere_but_discord() -> None:
    async def scenario() -> None:
        cdn = Cdn(302)
        async with serving(cdn) as (photos, url):
            elsewhere = url.replace("127.0.0.1", "localhost")
            assert await refused(photos, PhotoSource(f"{elsewhere}/a.png")) == "photo_gone"
            assert cdn.asked == []
            assert await refused(photos, PhotoSource(f"{url}/a.png")) == "download_failed"
            assert cdn.asked == ["/a.png"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("described", "hidden"), [({}, False), ({"filename": "SPOILER_me.jpg"}, True), ({"flags": 8}, True)]
)
def test_a_photo_that_was_hidden_stays_hidden_in_its_answer(described: dict[str, Any], hidden: bool) -> None:
    data = {
        "id": "1",
        "filename": "me.jpg",
        "size": 5000,
        "url": Described.url,
        "proxy_url": Described.url,
        **described,
    }
    data |= {"content_type": "image/jpeg", "width": 800, "height": 600}
    attachment = discord.Attachment(data=data, state=SimpleNamespace(http=None))  # type: ignore[arg-type]
    assert check_attachment(attachment, LIMIT).spoiler is hidden
