"""The file that was handed in."""

from __future__ import annotations

from engine.errors.base import RecedeError


class PhotoError(RecedeError):
    """The file that was handed in cannot be used."""

    code = "photo"


class NotAnImage(PhotoError):
    """The bytes are of no image format that is read here."""

    code = "not_an_image"


class HeicNotRead(NotAnImage):
    """A HEIC picture, on a machine without its decoder."""

    code = "heic_not_read"


class TruncatedPhoto(PhotoError):
    """The file ends too early or is damaged."""

    code = "truncated_photo"


class PhotoTooManyBytes(PhotoError):
    """The file is above the limit on bytes."""

    code = "photo_too_many_bytes"


class PhotoTooManyPixels(PhotoError):
    """The picture is above the limit on pixels."""

    code = "photo_too_many_pixels"


class PhotoTooSmall(PhotoError):
    """The picture has too few pixels for any face to be seen."""

    code = "photo_too_small"


class PhotoDecodeFailed(PhotoError):
    """The decoder hit its limit on time or memory."""

    code = "photo_decode_failed"
