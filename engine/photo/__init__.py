"""Bytes that someone sent -> an upright RGB picture, decoded under limits, or a typed error."""

from engine.photo.decoding.limits import PhotoLimits
from engine.photo.reader import Photo, frames_seen, open_photo, read_photo

__all__ = ["Photo", "PhotoLimits", "frames_seen", "open_photo", "read_photo"]
