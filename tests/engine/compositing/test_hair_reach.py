"""How far a canvas goes with the hair, on a lock that hangs down from the crop, told by its colour."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import ALL_HAIR, Canvas, CanvasSettings, border_fade, canvas_and_view
from engine.compositing.view import View
from engine.face.alignment import crop_face
from engine.models.load import Parts
from engine.parsing import BiSeNet, FaceClass

DARK, LIGHT = 30, 200
# The crop in a photo of (900, 640), whose pixels are four of the crop's.
QUAD = np.array([[192.0, 100.0], [192.0, 356.0], [448.0, 356.0], [448.0, 100.0]])
BELOW, FURTHER_PX = 356, 600
USUAL = CanvasSettings()


def hanging(to: int) -> NDArray[np.uint8]:
    """A photo with hair that goes beyond the crop's left side, and hangs down to a row."""
    photo = np.full((900, 640, 3), LIGHT, np.uint8)
    photo[150:200, 170:330] = DARK
    photo[150:to, 280:330] = DARK
    return photo


def told_by_colour(crop: NDArray[np.uint8], size_px: int) -> NDArray[np.float32]:
    """Class probabilities (19,S,S) of a picture."""
    step = crop.shape[0] // size_px
    dark = crop[::step, ::step, 0][:size_px, :size_px] < (DARK + LIGHT) / 2
    probabilities = np.zeros((19, size_px, size_px), np.float32)
    probabilities[FaceClass.HAIR], probabilities[FaceClass.BACKGROUND] = dark, ~dark
    return probabilities


class Looks(list[int]):
    """The sides of all looks beyond the crop."""

    def parse(
        self, parser: BiSeNet, crop: NDArray[np.uint8], size_px: int = 512, *, mirrored: bool = True
    ) -> NDArray[np.float32]:
        self.append(size_px)
        return told_by_colour(crop, size_px)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    made = Looks()
    monkeypatch.setattr("engine.compositing.hair_reach.parse", made.parse)
    return made


def seen(parts: Parts, photo: NDArray[np.uint8], settings: CanvasSettings) -> tuple[Canvas, View]:
    crop = crop_face(photo, QUAD)
    return canvas_and_view(parts.parser, photo, QUAD, crop, told_by_colour(crop, 512), settings)


def below_px(canvas: Canvas) -> int:
    return canvas.height_px - canvas.crop_px - canvas.top_px


def test_where_all_hair_is_to_go_the_canvas_goes_down_to_its_ends(parts: Parts, looks: Looks) -> None:
    photo = hanging(BELOW + FURTHER_PX // 4)
    canvas, view = seen(parts, photo, ALL_HAIR)
    assert FURTHER_PX + USUAL.stray_room_px <= below_px(canvas) <= FURTHER_PX + 3 * USUAL.pad_multiple_px
    assert not canvas.ends_in_hair
    hair, _ = np.nonzero(view.is_any(FaceClass.HAIR))
    ends = int(hair.max()) - canvas.top_px - canvas.crop_px
    assert ends == pytest.approx(FURTHER_PX, abs=16)
    fade = border_fade(canvas, photo.shape)
    assert fade[canvas.top_px + canvas.crop_px + FURTHER_PX, canvas.left_px + 400] == 1


def test_where_some_is_to_stay_it_ends_before_and_says_so(parts: Parts, looks: Looks) -> None:
    canvas, _ = seen(parts, hanging(BELOW + FURTHER_PX // 4), USUAL)
    assert below_px(canvas) == USUAL.max_pad_px
    assert canvas.ends_in_hair
    assert len(looks) == 1


def test_hair_that_ends_near_the_crop_is_not_looked_at_from_further_off(parts: Parts, looks: Looks) -> None:
    near = hanging(BELOW + 40)
    (usual, _), (whole, view) = (seen(parts, near, settings) for settings in (USUAL, ALL_HAIR))
    assert (usual.width_px, usual.height_px) == (whole.width_px, whole.height_px)
    assert not usual.ends_in_hair
    assert looks == [512, 512]
    np.testing.assert_allclose(view.probabilities.sum(0), 1, atol=1e-5)


def test_hair_that_leaves_the_crop_below_alone_is_followed_only_where_all_is_to_go(parts: Parts, looks: Looks) -> None:
    photo = hanging(BELOW + 40)
    photo[:, :270] = LIGHT
    (usual, _), (whole, _) = (seen(parts, photo, settings) for settings in (USUAL, ALL_HAIR))
    assert (below_px(usual), usual.ends_in_hair) == (0, True)
    assert below_px(whole) >= 160
    assert not whole.ends_in_hair
