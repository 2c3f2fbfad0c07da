"""Going bald: one way from the photo over the generator's balding heads, the person's own hair on it as long as it can.

The heads lie on one straight latent path, so the light and the style of the hair stay the same between them. A moment
is a position on that path. Own hair stays where the head of that moment still has hair all around; at its edges, and
where it has fallen, that head is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.drawn import DrawnHeads
from engine.compositing.overlay import Overlay
from engine.compositing.setting import Setting
from engine.compositing.strand_texture import TextureSettings, lock_texture
from engine.edits.ahead import Ahead, RecessionSettings, ahead_of_the_rest
from engine.edits.falling import FallSettings, near_skin, off_hair, passed_hair
from engine.edits.flyaways import Flyaways, flyaways
from engine.edits.hairline import Hairline, hairlines
from engine.edits.kept import KeptSettings, hanging_ends, kept_until_bald
from engine.edits.layers import Warp
from engine.edits.outline import Outline, OutlineSettings, outlines
from engine.edits.sinking import Sinking, sinking
from engine.edits.strand_outline import in_strands
from engine.imaging.ops import Picture, Plane, blur, bounding_box, smoothstep
from engine.imaging.scale import at_scale

THREADS = 2
# A layer's planes and pictures that are each alone.
PLANES = (
    *("photo", "behind", "own_hair", "change", "strands", "spread", "out"),
    *("passed", "off", "near_skin", "gaps", "kept", "ends"),
)
# The sum of two weights beside which a hundred-thousandth is lost in single precision.
LARGE_WEIGHT = 4096.0


@dataclass(frozen=True)
class Balding:
    """A layer over the canvas.

    photo, behind: H,W,3, the photo and what is seen where no head is; own_hair, change: H,W, 0..1, the photo's hair and
    where it may be replaced; people: the drawn persons along the path, H,W,3 each, with colours that go on beyond their
    outlines; heads: how much of each pixel they are (H,W, 0..1); hair: their hair; ahead: which spots are ahead of the
    rest; strands: H,W, -1..1; spread: H,W, by how many heads single strands are ahead; out: H,W, 0..1, outside of the
    first head; passed: H,W, 0..1, how much of each pixel was hair when the outline passed, 1 where the first head is
    not; off: H,W, 0..1, how far off its hair, 1 the furthest own hair; near_skin: H,W, 0..1, how near to the
    horseshoe's skin; gaps: H,W, 0..1, background between own locks; kept: H,W, how far inside (face widths) of what
    stays until the horseshoe, negative outside; ends: H,W, how high it hangs (face widths), its locks by turns; hangs:
    from where to where; sinking: how hair at the sides moves in; flyaways: single hairs off the head; outlines,
    hairlines: between neighbouring heads; way: index of the horseshoe; unit_px: pixels per 1/500 face width; positions:
    on the path (in heads), at moments of the layer's progress that are as far apart, the last one its end; soft_px: how
    soft the edges of a blurred photo are (a Gaussian's sigma); fall: when own hair goes.
    """

    photo: Picture
    behind: Picture
    own_hair: Plane
    change: Plane
    people: tuple[NDArray[np.uint8] | Picture, ...]
    heads: tuple[Plane, ...]
    hair: tuple[Plane, ...]
    ahead: Ahead
    strands: Plane
    spread: Plane
    out: Plane
    passed: Plane
    off: Plane
    near_skin: Plane
    gaps: Plane
    kept: Plane
    ends: Plane
    hangs: tuple[float, float]
    sinking: Sinking
    flyaways: Flyaways
    outlines: tuple[Outline, ...]
    hairlines: tuple[Hairline, ...]
    way: int
    unit_px: float
    positions: NDArray[np.float64]
    soft_px: float = 0.0
    fall: FallSettings = field(default_factory=FallSettings)

    @property
    def cover(self) -> Plane:
        """Where hair may fall."""
        return self.change

    def overlay(self, progress: float) -> Overlay:
        """The head at a moment, where it replaces the photo's."""
        moments = np.linspace(0, 1, len(self.positions))
        return self.at(float(np.interp(progress, moments, self.positions)))

    def at(self, position: float) -> Overlay:
        """The same at a position on the path, 0 for the photo."""
        return self.moment(position)[0]

    def hair_left(self, position: float) -> Plane:
        """H,W, 0..1: hair that is seen at a position, own or drawn."""
        return self.moment(position)[1]

    def moment(self, position: float) -> tuple[Overlay, Plane]:
        """Both at once."""
        if position <= 0:
            return Overlay(self.photo, np.zeros_like(self.change)), self.own_hair
        ahead = self.ahead.at(position)
        picture, whole, head = self._drawn(position, ahead)
        head, hair = in_strands(head, whole, self.strands, self.unit_px)
        picture = self.flyaways.over(self.behind, picture, hair, head)
        own = self._own(position, ahead, hair, head)
        if self.soft_px:
            own = blur(own, self.soft_px)
        alpha = np.asarray(self.change * (1 - own), np.float32)
        left = self.own_hair * (1 - alpha) + np.minimum(whole, self.own_hair) * alpha
        sunk = self.sinking.laid(self.photo, picture, self.change, own, position / self.way, self._beyond(position))
        return Overlay(*sunk), np.asarray(left, np.float32)

    def warped(self, warp: Warp, scale: float) -> Balding:
        """On other pixels."""
        # OpenCV lets go of the interpreter's lock while it computes.
        with ThreadPoolExecutor(THREADS) as pool:
            alone = {name: pool.submit(warp, getattr(self, name)) for name in PLANES}
            people = pool.map(lambda person: warp(person.astype(np.float32)), self.people)
            heads, hair = pool.map(warp, self.heads), pool.map(warp, self.hair)
            edges = pool.map(lambda outline: outline.warped(warp), self.outlines)
            lines = pool.map(lambda line: line.warped(warp), self.hairlines)
            planes: dict[str, Any] = {name: plane.result() for name, plane in alone.items()}
            return replace(
                self,
                **planes,
                people=tuple(people),
                heads=tuple(heads),
                hair=tuple(hair),
                ahead=self.ahead.warped(warp),
                sinking=self.sinking.warped(warp),
                flyaways=self.flyaways.warped(warp),
                outlines=tuple(edges),
                hairlines=tuple(lines),
                unit_px=self.unit_px * scale,
                soft_px=self.soft_px * scale,
            )

    def _drawn(self, position: float, ahead: Plane) -> tuple[Picture, Plane, Plane]:
        """The picture between two neighbouring heads, each spot at its own place on the path, its hair and its head."""
        last = len(self.heads) - 1
        # At the photo, and from the horseshoe on, every spot is where the path is.
        begun = float(np.clip(min(position, self.way - position), 0, 1))
        place = np.clip(position + ahead + self.spread * begun, 0, last)
        if position > self.way:
            # What is drawn gets shorter with the own hair: below both nothing of it is left.
            aside = smoothstep(np.abs(self.sinking.across), *self.fall.aside)
            aside = np.maximum(aside, smoothstep(-self.ends, *self.fall.below)) * self._hangs_long
            ended = aside * smoothstep(self._ends_at(position) - self.ends, 0, self.fall.drawn_edge)
            # Behind own hair that ends is the body, where heads on the way have none, either.
            begun = float(np.clip(self._beyond(position) / self.fall.body_begins, 0, 1))
            lacking = self.heads[last] - np.minimum.reduce(self.heads[self.way : last])
            body = smoothstep(lacking, *self.fall.body) * smoothstep(-self.ends, *self.fall.body_below)
            ended = np.maximum(ended, np.float32(begun) * body)
            place = np.asarray(place + (last - place) * ended, np.float32)
        picture, hair, head = np.zeros_like(self.photo), np.zeros_like(self.change), np.zeros_like(self.change)
        for index, outline in enumerate(self.outlines):
            here = (place >= index) & ((place < index + 1) | (index + 1 == last))
            if not here.any():
                continue
            box = bounding_box(here)
            within, share = here[box].astype(np.float32), np.clip(place[box] - np.float32(index), 0, 1)
            # Between two outlines one of them moves; what is within has both heads' colours.
            edge_here = outline.within(box)
            bared = np.maximum(self.hair[index][box] - self.hair[index + 1][box], 0) * self.ahead.hanging[box]
            bared *= 1 - edge_here.moves
            share = share + (smoothstep(share, *self.fall.bared) - share) * bared
            passed = edge_here.eased(share)
            share = self.hairlines[index].eased(share, box)
            moved = share + (passed - share) * edge_here.moves
            one, other = (np.asarray(person[box], np.float32) for person in self.people[index : index + 2])
            # OpenCV divides by the sum of both weights and a little more, which is nothing beside so large ones.
            large = within * np.float32(LARGE_WEIGHT)
            picture[box] += cv2.blendLinear(one, other, large * (1 - share), large * share)
            for at, edge in ((index, 1 - moved), (index + 1, moved)):
                seen = within * edge
                head[box] += self.heads[at][box] * seen
                hair[box] += self.hair[at][box] * seen
        if self.soft_px:
            head, hair = blur(head, self.soft_px), blur(hair, self.soft_px)
        return picture, hair, head

    @property
    def _hangs_long(self) -> np.float32:
        """How much (0..1) hair at the sides hangs."""
        return np.float32(smoothstep(np.full(1, -self.hangs[0], np.float32), *self.fall.hangs)[0])

    def _beyond(self, position: float) -> float:
        """How far a position is on the way from the horseshoe to no hair at all, 0..1."""
        return max(position - self.way, 0.0) / max(len(self.heads) - 1 - self.way, 1)

    def _ends_at(self, position: float) -> np.float32:
        """How high hair ends beyond the horseshoe: it gets shorter, from its ends up."""
        lowest, highest = self.hangs
        edge = max(self.fall.kept_edge, self.fall.drawn_edge)
        return np.float32(lowest + (highest + edge - lowest) * self._beyond(position))

    def _own(self, position: float, ahead: Plane, hair: Plane, head: Plane) -> Plane:
        fall, kept = self.fall, self.kept
        if position > self.way:
            inwards = np.maximum(fall.inner - np.abs(self.sinking.across), 0)
            kept = np.minimum(kept, self.ends - fall.inner_slope * inwards - self._ends_at(position))
            within = 1 + (fall.last_share - 1) * self._hangs_long
            kept = np.minimum(kept, fall.kept_edge * (1 - self._beyond(position)) / within)
        kept = smoothstep(np.asarray(kept, np.float32), 0, fall.kept_edge)
        # Before the background own hair stays up to the outline: it counts as what the head was when that passed.
        here = np.maximum(hair, kept * self.own_hair)
        around = np.minimum(here + (1 - head) * self.passed, 1)
        inside = blur(around, fall.inside_px * self.unit_px) + fall.inside_strands * self.strands
        stays = smoothstep(np.asarray(inside, np.float32), *fall.inside) * smoothstep(here, *fall.on_hair)
        own = np.asarray(stays * (1 - self.gaps) * head, np.float32)
        thinned = smoothstep(np.full(1, position / self.way, np.float32), *fall.thinned)
        own *= 1 - thinned * self.near_skin
        own = np.maximum(own, kept)
        if position >= 1:
            return np.asarray(own, np.float32)
        # Where the outline moves, or the first head is not, own hair goes as it passes; on the head by turns, sooner
        # what is ahead.
        beside = 1 - self.outlines[0].eased(np.full_like(self.out, position))
        place = np.minimum(position + np.maximum(ahead, 0), fall.fallen_position)
        reach = (1 + fall.rim + 2 * fall.strands) * (1 - place / fall.fallen_position) - fall.strands
        not_yet = smoothstep(np.asarray(reach - self.off + fall.strands * self.strands, np.float32), 0, fall.rim)
        outer = not_yet + (beside - not_yet) * np.maximum(self.out, self.outlines[0].moves)
        return np.asarray(np.maximum(own, outer), np.float32)


def balding(
    setting: Setting,
    drawn: DrawnHeads,
    way: int,
    recession: RecessionSettings = RecessionSettings(),
    fall: FallSettings = FallSettings(),
    kept: KeptSettings = KeptSettings(),
) -> Balding:
    """The layer of a face, not yet paced. way: index of the horseshoe among the drawn heads."""
    scale = setting.photo.scale
    fall = at_scale(fall, scale)
    textures, moves = at_scale(TextureSettings(), scale), at_scale(OutlineSettings(), scale)
    locks = lock_texture(setting.photo.picture, setting.unit_px, textures)
    soft_px = drawn.softer_px if drawn.softer_px > fall.least_soft_canvas_px else 0.0
    order = blur(drawn.strands, drawn.softer_px) if drawn.softer_px else drawn.strands
    first, *later = (head.head > 0.5 for head in drawn.heads)
    # NumPy and OpenCV let go of the interpreter's lock while they compute.
    with ThreadPoolExecutor(1) as pool:
        sinks = pool.submit(sinking, setting, drawn, way, locks, soft_px)
        stand_off = pool.submit(flyaways, setting, drawn.behind)
        stays = kept_until_bald(setting, drawn.heads[way], locks, kept)
        moving = outlines([first | setting.matte.solid, *later], setting.unit_px, moves)
    ahead = ahead_of_the_rest(setting, drawn.heads[way], way, order, recession)
    # Asked for beyond the horseshoe alone.
    ends, hangs = setting.v, (0.0, 0.0)
    if len(drawn.heads) > way + 1:
        ends = hanging_ends(setting, locks, kept)
        hair = (stays > 0) & (setting.matte.alpha > fall.out) | (drawn.heads[way].hair > fall.out)
        hangs = _hangs(ends[(drawn.change > 0) & hair], fall)
    return Balding(
        photo=setting.photo.picture,
        behind=drawn.behind,
        own_hair=setting.matte.alpha,
        change=drawn.change,
        people=tuple(head.person for head in drawn.heads),
        heads=tuple(head.head for head in drawn.heads),
        hair=tuple(head.hair for head in drawn.heads),
        ahead=ahead,
        strands=order,
        # Off the head strands do not get fewer, the outline moves.
        spread=recession.strand_spread * order * (1 - np.max([outline.moves for outline in moving], 0)),
        out=smoothstep(1 - drawn.heads[0].head, 0, fall.out),
        passed=passed_hair(drawn.heads),
        off=off_hair(setting.matte.alpha > 0.5, drawn.heads[0].hair > 0.5, setting.axes.width_px, fall),
        near_skin=near_skin(drawn.heads[way], setting.axes.width_px, fall),
        gaps=setting.gaps,
        kept=stays,
        ends=ends,
        hangs=hangs,
        sinking=sinks.result(),
        flyaways=stand_off.result(),
        outlines=moving,
        hairlines=hairlines(drawn.heads, ahead.hanging, order, setting.unit_px),
        way=way,
        unit_px=setting.unit_px,
        positions=np.array([0.0, float(len(drawn.heads) - 1)]),
        soft_px=soft_px,
        fall=fall,
    )


def _hangs(ends: NDArray[np.float32], fall: FallSettings) -> tuple[float, float]:
    """From which height to which hair at the sides ends (ends: N)."""
    if not ends.size:
        return 0.0, 0.0
    lowest, highest = np.percentile(ends, fall.end_percentiles)
    return float(lowest), float(min(highest, fall.highest))


def shares_of_the_way(heads: int) -> Sequence[float]:
    """Even shares, 0 to 1, at which heads are drawn."""
    return [float(share) for share in np.linspace(0, 1, heads)]
