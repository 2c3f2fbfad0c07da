"""The options that /bald and /edit have in common, as Discord shows them."""

from __future__ import annotations

from typing import Literal

Formats = Literal["gif", "webp", "mp4", "png"]
IMAGE = "A photo in which someone looks towards the camera"
FORMAT = "GIF plays everywhere; WebP and MP4 are finer; PNG is before and after"
PRIVATE = "Only you see the answer"
