"""Photo and bald picture become every year in between, on the whole photo, changed only where hair was or goes."""

from engine.compositing.canvas import Canvas, border_fade, canvas_and_view, render_view
from engine.compositing.paste import Placement, covered, paste, placement
from engine.compositing.plate import BaldPlate, build_plate
from engine.compositing.years import Fall, Head, hair_share, head_at, prepare_fall, times_for_years

__all__ = [
    "BaldPlate",
    "Canvas",
    "Fall",
    "Head",
    "Placement",
    "border_fade",
    "build_plate",
    "canvas_and_view",
    "covered",
    "hair_share",
    "head_at",
    "paste",
    "placement",
    "prepare_fall",
    "render_view",
    "times_for_years",
]
