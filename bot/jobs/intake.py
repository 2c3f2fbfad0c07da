"""Photos on their way in: what is refused by its description alone, and how the rest is fetched."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
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
# Where Discord keeps files, and its own copies of what links show: a stranger's address is never asked.
DISCORD_HOSTS = frozenset(
    {
        "cdn.discordapp.com",
        "media.discordapp.net",
        "images-ext-1.discordapp.net",
        "images-ext-2.discordapp.net",
    }
)
MAX_DOWNLOADS = 8  # at the same time; each may hold a whole photo in memory
CHUNK_BYTES = 2**16
TRIES = 3
RETRY_PAUSE_S = 0.5


class Described(Protocol):
    """What Discord says about an attachment. flags: of discord.AttachmentFlags."""

    filename: str
    size: int
    url: str
    content_type: str | None
    width: int | None
    height: int | None

    @property
    def flags(self) -> Any:
        """Discord's marks on it."""
        ...

    def is_spoiler(self) -> bool:
        """Whether it is hidden until it is clicked, by its flag or by its name."""
        ...


@dataclass(frozen=True)
class Found:
    """A picture that Discord shows: where it lies, and what is known of it. size: bytes, None where nobody knows."""

    source: PhotoSource
    filename: str
    size: int | None = None
    content_type: str | None = None
    width: int | None = None
    height: int | None = None


# Renews the signature of an attachment's address; None where Discord does not.
Refresher = Callable[[str], Awaitable[str | None]]


def discord_hosts(cdn: str = "") -> frozenset[str]:
    """The hosts that photos are fetched from. cdn: another address of Discord's, "" for none."""
    return DISCORD_HOSTS | ({urlsplit(cdn).netloc} if cdn else frozenset())


def is_discords(url: str, hosts: frozenset[str]) -> bool:
    """Whether the address is Discord's own."""
    parts = urlsplit(url)
    return parts.netloc in hosts and (parts.scheme == "https" or parts.netloc not in DISCORD_HOSTS)


def looks_like_photo(attachment: Described | Found) -> bool:
    """Whether the attachment claims to be a picture that can be read."""
    return _kind(attachment) in PHOTO_TYPES if _kind(attachment) else _ending(attachment) in PHOTO_ENDINGS


def found_in(attachment: Described) -> Found:
    """An attachment as a picture."""
    flags = attachment.flags
    return Found(
        PhotoSource(attachment.url, "attachment", attachment.is_spoiler(), bool(flags.contains_explicit_media)),
        attachment.filename,
        attachment.size,
        attachment.content_type,
        attachment.width,
        attachment.height,
    )


def check_attachment(attachment: Described, max_bytes: int, heic_decoder: str = HEIC_DECODER) -> PhotoSource:
    """Where the attachment's photo lies. Raises a PhotoError for what its description rules out."""
    return check_found(found_in(attachment), max_bytes, heic_decoder)


def check_found(found: Found, max_bytes: int, heic_decoder: str = HEIC_DECODER) -> PhotoSource:
    """Where the photo lies. Raises a PhotoError for what its description rules out.

    heic_decoder: the module without which no HEIC can be read.
    """
    if found.source.kind == "attachment" and not looks_like_photo(found):
        raise NotAnImage("That attachment is not a picture: send a JPEG, PNG, WebP, GIF, AVIF, BMP or HEIC.")
    if _is_one_of(found, HEIC_ENDINGS) and importlib.util.find_spec(heic_decoder) is None:
        raise HeicNotRead("HEIC photos cannot be read here: send it as JPEG.")
    if found.size is not None and found.size > max_bytes:
        raise PhotoTooManyBytes(
            f"That file has {found.size} bytes, and {max_bytes} is the limit: save it smaller.",
            size_bytes=found.size,
            max_bytes=max_bytes,
        )
    if found.size == 0:
        raise NotAnImage("That file is empty: send a photo.")
    if found.width and found.height:
        most = MAX_JPEG_PIXELS if _is_one_of(found, JPEG_ENDINGS) else MAX_PIXELS
        if found.width * found.height > most:
            raise PhotoTooManyPixels("That picture has too many pixels: scale it down.", max_pixels=most)
        short, long = sorted((found.width, found.height))
        if short * min(1.0, MAX_SIDE_PX / long) < MIN_SIDE_PX - 0.5:
            raise PhotoTooSmall("That picture is too small: send a larger one.", min_side_px=MIN_SIDE_PX)
    return found.source


def _is_one_of(found: Found, endings: tuple[str, ...]) -> bool:
    """Whether its type, or where none is told its name, says one of these."""
    kind = _kind(found)
    return kind.rpartition("/")[2] in endings if kind else _ending(found) in endings


def _kind(file: Described | Found) -> str:
    """The type that Discord tells, "" for none."""
    kind = (file.content_type or "").partition(";")[0].strip().lower()
    return "" if kind == "application/octet-stream" else kind


def _ending(file: Described | Found) -> str:
    return file.filename.lower().rpartition(".")[2]


class Photos:
    """Fetches photos from Discord, under a limit on bytes and time. cdn: another address of Discord's, "" for none;
    retry_pause_s: after the first try that fails, longer after the next."""

    def __init__(self, max_bytes: int, timeout_s: float, cdn: str = "", retry_pause_s: float = RETRY_PAUSE_S) -> None:
        self._retry_pause_s = retry_pause_s
        self._max_bytes = max_bytes
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._hosts = discord_hosts(cdn)
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
                    await asyncio.sleep(self._retry_pause_s * (attempt + 1))
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
        if not is_discords(url, self._hosts):
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
