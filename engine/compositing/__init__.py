"""The generator's heads laid into the photo, which changes only where hair was or goes."""

from engine.compositing.canvas import Canvas, border_fade, canvas_and_view, crop_px_for, shrunk, smaller_canvas
from engine.compositing.drawn import DrawnHead, DrawnHeads, behind_heads, draw_heads
from engine.compositing.hair_reach import ALL_HAIR, CanvasSettings
from engine.compositing.others import off_own_head, without_others_hair, without_strangers_hair
from engine.compositing.overlay import Overlay, merged, over
from engine.compositing.paste import Placement, covered, paste, placement, warped_to
from engine.compositing.render_view import render_view
from engine.compositing.setting import Setting

__all__ = [
    "ALL_HAIR",
    "Canvas",
    "CanvasSettings",
    "DrawnHead",
    "DrawnHeads",
    "Overlay",
    "Placement",
    "Setting",
    "behind_heads",
    "border_fade",
    "canvas_and_view",
    "covered",
    "crop_px_for",
    "draw_heads",
    "merged",
    "off_own_head",
    "over",
    "paste",
    "placement",
    "render_view",
    "shrunk",
    "smaller_canvas",
    "warped_to",
    "without_others_hair",
    "without_strangers_hair",
]
