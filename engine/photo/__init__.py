"""Bytes that someone sent -> an upright RGB picture, decoded under limits, or a typed error."""

from engine.photo.decoding.limits import NEUTRAL_GREY, PhotoLimits
from engine.photo.reader import Photo, frames_seen, open_photo, read_photo

__all__ = ["NEUTRAL_GREY", "Photo", "PhotoLimits", "frames_seen", "open_photo", "read_photo"]
