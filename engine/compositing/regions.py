"""Which parts of a photo's head are what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RegionSettings:
    """Which parts of a photo's head are what, set by eye. Lengths in `_px` are pixels of a face 500 wide, those in
    `_canvas_px` the canvas's, at half of whose size a parser sees. Heights are face widths over the brows."""

    # Features are kept so far around them, but not so near to hair; nothing above this height: what the parser calls a
    # brow there is hair.
    features_px: float = 4
    features_off_hair_canvas_px: float = 2
    protected_below: float = 0.12
    # What hair covers of a brow may begin so far beside it; a brow lies no further than the second off its line.
    brow_margin_px: float = 24.0
    brow_line_px: float = 11.0
    # Below this height the lower face may be bearded and says nothing about skin.
    beard_below: float = -0.30
    # Calm skin lies so far off hair, so far inside, and above this height.
    calm_off_hair_px: float = 16
    calm_inside_canvas_px: int = 4
    calm_above: float = -0.42
    # Around hair its colour mixes with the background's so far at least, and so many pixels of a small photo. How far
    # is measured above this height, where no clothes are.
    halo_px: float = 16.0
    halo_photo_px: float = 4.0
    halo_above: float = -0.5
    # Before other people hair has a narrower rim: likewise so far, and so many pixels of the photo.
    people_rim_px: float = 8.0
    people_rim_photo_px: float = 1.5
    # Gaps up to about twice as wide lie within the hair; they end so softly, between these shares.
    gap_px: float = 32.0
    gap_edge_canvas_px: float = 3
    gap_edge: tuple[float, float] = (0.1, 0.7)
    # Bare shoulders, which the parser has no class for, lie below this height and differ from the face by less than
    # this in the logarithms of their colour's ratios, told over so much (a Gaussian's sigma), where the face shows so
    # many canvas pixels.
    shoulders_below: float = -0.8
    like_skin: float = 0.16
    body_sigma_px: float = 3.0
    # They are wider than twice this, and have so many pixels of a face 500 wide: what is less is the rim of brown hair,
    # or a petal.
    body_thinnest_px: float = 12.0
    min_body_px: float = 6000.0
    min_skin_canvas_area: int = 400
    # An ear that the photo shows has more than so many canvas pixels.
    min_ear_canvas_area: int = 300
