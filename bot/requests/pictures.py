"""The pictures of a message, wherever Discord shows them: files, link previews, galleries, stickers, forwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import discord

from bot.delivery.buttons import handle_in
from bot.jobs.intake import PHOTO_TYPES, Found, found_in, is_discords, looks_like_photo
from bot.order import PhotoSource

# A gallery of ours shows no more.
MOST = 10
# Files under these paths have an address that ends, and that Discord renews.
ATTACHMENT_PATHS = ("/attachments/", "/ephemeral-attachments/")
# Stickers of this kind are drawings in JSON.
DRAWN = discord.StickerFormatType.lottie


def pictures_in(message: discord.Message, hosts: frozenset[str]) -> tuple[Found, ...]:
    """Every picture in a message and in what it forwards, in reading order and each once. hosts: Discord's."""
    found: dict[str, Found] = {}
    parts: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    for part in parts:
        for picture in _in_part(part, hosts):
            found.setdefault(picture.source.url.partition("?")[0], picture)
    return tuple(found.values())[:MOST]


def pictured_in(message: discord.Message) -> int:
    """Whose picture a message shows, as far as anybody knows: its author's; below an answer of ours, forwarded or
    not, its buttons say who is pictured, or who had posted the photo. 0 where another bot has posted it."""
    if message.author.bot or message.message_snapshots:
        parts: list[Any] = [message, *message.message_snapshots]
        for custom_id in (found for part in parts for found in _custom_ids(part.components)):
            handle = handle_in(custom_id)
            if handle is not None:
                return handle.pictured_id or handle.owner_id
    return 0 if message.author.bot else message.author.id


def _in_part(part: discord.Message | discord.MessageSnapshot, hosts: frozenset[str]) -> Iterator[Found]:
    yield from (found_in(attachment) for attachment in part.attachments if looks_like_photo(attachment))
    for media, spoiler in _galleries(part.components):
        yield from _media(media, hosts, spoiler)
    for embed in part.embeds:
        explicit = embed.flags is not None and embed.flags.contains_explicit_media
        for place in (embed.image, embed.thumbnail):
            yield from _media(place, hosts, explicit=explicit)
    for sticker in part.stickers:
        if sticker.format is not DRAWN and is_discords(sticker.url, hosts):
            yield Found(PhotoSource(sticker.url, "preview"), sticker.url.rpartition("/")[2])


def _media(media: Any, hosts: frozenset[str], spoiler: bool = False, explicit: bool = False) -> Iterator[Found]:
    """What a gallery or an embed shows, where Discord has it: the file itself, or Discord's copy of it."""
    url = next((url for url in (media.url, media.proxy_url) if url and is_discords(url, hosts)), None)
    kind = (media.content_type or "").partition(";")[0]
    if url is None or (kind and kind not in PHOTO_TYPES):
        return
    is_file = urlsplit(url).path.startswith(ATTACHMENT_PATHS)
    explicit = explicit or bool(media.flags.contains_explicit_media)
    source = PhotoSource(url, "attachment" if is_file else "preview", spoiler, explicit)
    found = Found(source, urlsplit(url).path.rpartition("/")[2], None, kind or None, media.width, media.height)
    if not is_file or looks_like_photo(found):
        yield found


def _galleries(components: Iterable[Any]) -> Iterator[tuple[Any, bool]]:
    """Every medium in components, and whether it is hidden."""
    for component in components:
        if isinstance(component, discord.MediaGalleryComponent):
            yield from ((item.media, item.spoiler) for item in component.items)
        elif isinstance(component, discord.ThumbnailComponent | discord.FileComponent):
            yield component.media, component.spoiler
        elif isinstance(component, discord.SectionComponent):
            yield from _galleries([component.accessory])
        yield from _galleries(getattr(component, "children", ()))


def _custom_ids(components: Any) -> Iterator[str]:
    for component in components:
        if custom_id := getattr(component, "custom_id", None):
            yield custom_id
        yield from _custom_ids(getattr(component, "children", ()))
