"""Frames become a file: GIF, WebP or MP4 below a byte limit, the year drawn in a corner.

    frames --fit_frames--> small frames --encode--> Encoded (bytes, size, what the limit cost)
                                      \\--contact_sheet--> PNG

Every frame is a uint8 array of shape (H, W, 3), RGB, or (H, W, 4), RGBA, where the photo is a cut-out: GIF, WebP and
PNG stay transparent, MP4 gets the backdrop that the photo was worked on. Frames may come as an iterator: each is
scaled down as it arrives, so that a large photo is never held once per year.
"""

from engine.animation.cutout import cut_out, opacity_of
from engine.animation.ladder import Encoded, encode
from engine.animation.sheet import contact_sheet, preview_jpeg
from engine.animation.sizing import fit_frames
from engine.animation.timing import years_for_frames

__all__ = [
    "Encoded",
    "contact_sheet",
    "cut_out",
    "encode",
    "fit_frames",
    "opacity_of",
    "preview_jpeg",
    "years_for_frames",
]
