"""Photos on their way in: what is refused by its description alone, and how the rest is fetched."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import time
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import aiohttp

from bot.errors import Refused
from bot.order import PhotoSource
from engine.errors import HeicNotRead, NotAnImage, PhotoTooManyBytes, PhotoTooManyPixels, PhotoTooSmall

PHOTO_TYPES = frozenset(
    f"image/{name}" for name in ("jpeg", "jpg", "png", "apng", "webp", "gif", "avif", "bmp", "x-ms-bmp", "heic", "heif")
)
PHOTO_ENDINGS = ("jpg", "jpeg", "jfif", "png", "webp", "gif", "avif", "bmp", "heic", "heif")
# The engine's own limits, told before anything is downloaded. A JPEG may hold more, because it is decoded scaled down.
MAX_PIXELS = 40_000_000
MAX_JPEG_PIXELS = 260_000_000
MIN_SIDE_PX = 64
MAX_SIDE_PX = 4096  # what a longer side is scaled down to
JPEG_ENDINGS = ("jpg", "jpeg", "jfif")
HEIC_ENDINGS = ("heic", "heif")
HEIC_DECODER = "pi_heif"
DISCORD_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
MAX_DOWNLOADS = 8  # at the same time; each may hold a whole photo in memory
CHUNK_BYTES = 2**16
TRIES = 3
RETRY_PAUSE_S = 0.5


class Described(Protocol):
    """What Discord says about an attachment."""

    filename: str
    size: int
    url: str
    content_type: str | None
    width: int | None
    height: int | None

    def is_spoiler(self) -> bool:
        """Whether it is hidden until it is clicked, by its flag or by its name."""
        ...


# Renews the signature of an attachment's address; None where Discord does not.
Refresher = Callable[[str], Awaitable[str | None]]


def looks_like_photo(attachment: Described) -> bool:
    """Whether the attachment claims to be a picture that can be read."""
    kind = (attachment.content_type or "").partition(";")[0].strip().lower()
    if kind and kind != "application/octet-stream":
        return kind in PHOTO_TYPES
    return attachment.filename.lower().rpartition(".")[2] in PHOTO_ENDINGS


def check_attachment(attachment: Described, max_bytes: int) -> PhotoSource:
    """Where the attachment's photo lies. Raises a PhotoError for what its description rules out."""
    if not looks_like_photo(attachment):
        raise NotAnImage("That attachment is no picture: send a JPEG, PNG, WebP, GIF, AVIF, BMP or HEIC.")
    if _is_one_of(attachment, HEIC_ENDINGS) and importlib.util.find_spec(HEIC_DECODER) is None:
        raise HeicNotRead("HEIC photos cannot be read here: send it as JPEG.")
    if attachment.size > max_bytes:
        raise PhotoTooManyBytes(
            f"That file has {attachment.size} bytes, and {max_bytes} is the limit: save it smaller.",
            size_bytes=attachment.size,
            max_bytes=max_bytes,
        )
    if attachment.size == 0:
        raise NotAnImage("That file is empty: send a photo.")
    if attachment.width and attachment.height:
        most = MAX_JPEG_PIXELS if _is_one_of(attachment, JPEG_ENDINGS) else MAX_PIXELS
        if attachment.width * attachment.height > most:
            raise PhotoTooManyPixels("That picture has too many pixels: scale it down.", max_pixels=most)
        short, long = sorted((attachment.width, attachment.height))
        if short * min(1.0, MAX_SIDE_PX / long) < MIN_SIDE_PX - 0.5:
            raise PhotoTooSmall("That picture is too small: send a larger one.", min_side_px=MIN_SIDE_PX)
    return PhotoSource(attachment.url, "attachment", attachment.is_spoiler())


def _is_one_of(attachment: Described, endings: tuple[str, ...]) -> bool:
    """Whether its type, or where none is told its name, says one of these."""
    kind = (attachment.content_type or "").partition(";")[0].strip().lower()
    if kind and kind != "application/octet-stream":
        return kind.rpartition("/")[2] in endings
    return attachment.filename.lower().rpartition(".")[2] in endings


class Photos:
    """Fetches photos from Discord, under a limit on bytes and time. cdn: another address of Discord's, "" for none."""

    def __init__(self, max_bytes: int, timeout_s: float, cdn: str = "") -> None:
        self._max_bytes = max_bytes
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._hosts = DISCORD_HOSTS | ({urlsplit(cdn).netloc} if cdn else set())
        self._room = asyncio.Semaphore(MAX_DOWNLOADS)
        self._session: aiohttp.ClientSession | None = None
        self.refresh: Refresher | None = None

    async def fetch(self, source: PhotoSource) -> bytes:
        """The photo's bytes. Raises PhotoTooManyBytes, or Refused where Discord does not hand it over."""
        url = source.url
        if source.kind == "attachment" and signature_over(url):
            url = await self._refreshed(url)
        async with self._room:
            for attempt in range(TRIES):
                try:
                    return await self._download(url)
                except _Denied:
                    if source.kind == "attachment" and url == source.url:
                        url = await self._refreshed(url)
                    else:
                        raise Refused("photo_gone") from None
                except (aiohttp.ClientError, TimeoutError, OSError):
                    await asyncio.sleep(RETRY_PAUSE_S * (attempt + 1))
        raise Refused("download_failed")

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()

    async def _refreshed(self, url: str) -> str:
        renewed = await self.refresh(url) if self.refresh is not None else None
        if renewed is None or renewed == url:
            raise Refused("photo_gone")
        return renewed

    async def _download(self, url: str) -> bytes:
        if urlsplit(url).netloc not in self._hosts:
            raise Refused("photo_gone")
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, auto_decompress=False)
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status in (401, 403, 404, 410):
                raise _Denied
            response.raise_for_status()
            if response.status != 200:
                raise Refused("download_failed")
            data = bytearray()
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                data += chunk
                if len(data) > self._max_bytes:
                    raise PhotoTooManyBytes("That file is larger than it said.", max_bytes=self._max_bytes)
            return bytes(data)


class _Denied(Exception):
    """Discord has nothing at this address, or the signature is over."""


def signature_over(url: str) -> bool:
    """Whether the address says that it is no longer valid (ex: hexadecimal seconds since 1970)."""
    with contextlib.suppress(ValueError):
        ends = parse_qs(urlsplit(url).query).get("ex")
        return ends is not None and int(ends[0], 16) < time.time()
    return False
