"""Bytes that someone sent -> an upright RGB picture, decoded under limits, or a typed error."""

from engine.photo.decoder import PhotoLimits
from engine.photo.reader import read_photo

__all__ = ["PhotoLimits", "read_photo"]
