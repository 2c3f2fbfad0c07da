"""Photo and bald picture become every year in between, on the whole photo, changed only where hair was or goes."""

from engine.compositing.canvas import Canvas, border_fade, canvas_and_view, render_view
from engine.compositing.fall import Fall, prepare_fall
from engine.compositing.paste import Placement, covered, paste, placement
from engine.compositing.plate import BaldPlate, build_plate
from engine.compositing.scene import Scene, draw, scene_of
from engine.compositing.years import Head, hair_share, head_at, times_for_years

__all__ = [
    "BaldPlate",
    "Canvas",
    "Fall",
    "Head",
    "Placement",
    "Scene",
    "border_fade",
    "build_plate",
    "canvas_and_view",
    "covered",
    "draw",
    "hair_share",
    "head_at",
    "paste",
    "placement",
    "prepare_fall",
    "render_view",
    "scene_of",
    "times_for_years",
]
