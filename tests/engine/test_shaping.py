"""Moving a latent until hair grows where it is wanted."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from engine.editing import EDIT_SIZE_PX, EDIT_SLOTS

from engine.face import find_faces
from engine.head import HeadFrame, head_frame
from engine.models import Parts
from engine.parsing import parse
from engine.shaping import crown, curtain, edit_planes, edit_shape, fringe
from tests.support.schematic_face import face_points


@pytest.fixture(scope="module")
def frame() -> HeadFrame:
    return head_frame(face_points((512.0, 480.0), 500.0))


def test_a_deeper_fringe_covers_more_forehead_and_never_the_eyes(frame: HeadFrame) -> None:
    u, v = edit_planes(frame)
    shapes = [fringe(frame, depth) for depth in (0.2, 0.6, 1.0)]
    areas = [float(shape.grow.sum()) for shape in shapes]
    assert 0 < areas[0] < areas[1] < areas[2]
    assert all(shape.grow[v < 0.03].max() == 0 for shape in shapes)
    assert all((shape.grow * shape.clear).max() == 0 for shape in shapes)
    assert shapes[2].grow[(np.abs(u) < 0.1) & (v > 0.1) & (v < 0.4)].min() == 1


def test_a_curtain_hangs_beside_the_face_as_long_as_it_is_told(frame: HeadFrame) -> None:
    u, v = edit_planes(frame)
    short, long = curtain(frame, 0.6), curtain(frame, 1.0)
    assert long.grow.sum() > 1.3 * short.grow.sum()
    assert long.grow[np.abs(u) < 0.38].max() == 0
    assert short.grow[v < -0.62].max() == 0
    assert long.clear[(np.abs(u) < 0.3) & (v > -0.7) & (v < 0.2)].min() == 1


def test_a_crown_s_hair_ends_at_its_hairline_and_rises_above_the_skull(frame: HeadFrame) -> None:
    u, v = edit_planes(frame)
    flat, full = crown(frame, 0.40, 0.0), crown(frame, 0.40, 0.15)
    assert full.grow.sum() > flat.grow.sum()
    assert full.grow[(np.abs(u) < 0.2) & (v < 0.38)].max() == 0
    assert flat.grow[(np.abs(u) < 0.2) & (v > 0.42) & (v < 0.55)].min() == 1


def test_descent_grows_hair_where_it_is_wanted(parts: Parts, latents: torch.Tensor) -> None:
    """A few steps on a generated face: more of the region has hair, and the best iterate is what comes back."""
    latent = parts.generator.per_slot(latents[1:2])
    with torch.no_grad():
        drawn = parts.generator(latent).picture[0].clamp(-1, 1)
    picture = ((drawn + 1) * 127.5).byte().permute(1, 2, 0).numpy()
    face = find_faces(parts.face_tools, picture)[0]
    shape = fringe(head_frame(face.landmarks), 0.8)
    heard: list[float] = []

    def grown(steps: int) -> tuple[float, torch.Tensor]:
        edit = edit_shape(
            parts.generator,
            parts.parser,
            latent,
            shape,
            parse(parts.parser, picture, mirrored=False),
            face.landmarks,
            torch.zeros(1, EDIT_SLOTS, 512),
            max_steps=steps,
            rate=0.05,
            report=heard.append,
        )
        return edit.covered, edit.delta

    before, nothing = grown(1)
    after, delta = grown(9)
    assert shape.grow.shape == (EDIT_SIZE_PX, EDIT_SIZE_PX)
    assert nothing.abs().max() == 0
    assert after > before + 0.1
    assert delta.shape == (1, EDIT_SLOTS, 512)
    assert 0.5 < heard[-1] <= 1.0  # it may have had enough before the last step
