"""A body behind hair, in the photo's own clothes: the drawn head's, with stripes that a render does not have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.own_body import with_own_body
from engine.imaging.ops import Mask, Picture, Plane, dilate, erode
from engine.parsing import FaceClass
from tests.support.schematic_head import HAIR, SchematicHead

# Columns of a stripe.
STRIPE_PX = 12
DARK, LIGHT = 30.0, 200.0


@pytest.fixture(scope="module")
def hung(setting: Setting) -> Mask:
    """Hair before the middle of a sleeve."""
    return np.asarray((setting.v < -0.9) & (np.abs(setting.u - 0.7) < 0.16), bool)


@pytest.fixture(scope="module")
def striped(head: SchematicHead, setting: Setting, hung: Mask) -> Setting:
    """The photo in striped clothes, with that hair."""
    picture, probabilities = head.photo.picture.copy(), head.photo.probabilities.copy()
    cloth = head.photo.is_any(FaceClass.CLOTH)
    stripes = np.where(np.arange(cloth.shape[1]) // STRIPE_PX % 2, DARK, LIGHT).astype(np.float32)
    picture[cloth] = np.broadcast_to(stripes[None, :, None], picture.shape)[cloth]
    picture[hung] = HAIR
    probabilities[:, hung[::2, ::2]] = 0
    probabilities[FaceClass.HAIR, hung[::2, ::2]] = 1
    return replace(setting, photo=replace(head.photo, picture=picture, probabilities=probabilities))


def drawn(head: SchematicHead) -> tuple[Picture, Plane]:
    share = (~head.render.is_any(FaceClass.BACKGROUND)).astype(np.float32)
    return head.render.picture, share


def test_stripes_go_on_where_hair_hung_before_them(head: SchematicHead, striped: Setting, hung: Mask) -> None:
    person, share = drawn(head)
    made = with_own_body(striped, person, share, head.render, np.random.default_rng(0))
    inner = erode(hung & (share > 0), 10)
    assert inner.sum() > 200
    assert person[inner, 0].std() < 10
    assert made[inner, 0].std() > 0.3 * (LIGHT - DARK)
    # In step, as they are above and beside.
    columns = np.arange(inner.shape[1]) // STRIPE_PX % 2
    dark = inner & (columns == 1)[None]
    assert made[inner & ~dark].mean() - made[dark].mean() > 0.5 * (LIGHT - DARK)


def test_the_drawn_face_and_what_no_hair_hid_stay(head: SchematicHead, striped: Setting, hung: Mask) -> None:
    person, share = drawn(head)
    made = with_own_body(striped, person, share, head.render, np.random.default_rng(0))
    far = (striped.v > -0.8) | (striped.u < 0)
    np.testing.assert_array_equal(made[far], person[far])


def test_where_no_clothes_are_seen_the_drawn_ones_stay(head: SchematicHead, setting: Setting) -> None:
    """A neck alone would go on as everything below it."""
    below = np.asarray(setting.v < -0.98, bool)
    probabilities = head.photo.probabilities.copy()
    probabilities[:, below[::2, ::2]] = 0
    probabilities[FaceClass.HAIR, below[::2, ::2]] = 1
    seen = replace(setting, photo=replace(head.photo, probabilities=probabilities))
    person, share = drawn(head)
    assert with_own_body(seen, person, share, head.render, np.random.default_rng(0)) is person


def test_a_chain_is_not_copied(head: SchematicHead, striped: Setting, hung: Mask) -> None:
    """It hangs beside the hair, in a colour of its own."""
    chain = np.asarray((np.abs(striped.u - 0.45) < 0.04) & (striped.v < -1.05), bool)
    picture, probabilities = striped.photo.picture.copy(), striped.photo.probabilities.copy()
    picture[chain] = (250.0, 20.0, 20.0)
    probabilities[:, chain[::2, ::2]] = 0
    probabilities[FaceClass.NECKLACE, chain[::2, ::2]] = 1
    seen = replace(striped, photo=replace(striped.photo, picture=picture, probabilities=probabilities))
    person, share = drawn(head)
    made = with_own_body(seen, person, share, head.render, np.random.default_rng(0))
    inner = erode(hung & (share > 0), 6)
    assert ((made[..., 0] - made[..., 1])[inner] > 100).mean() < 0.01


def test_a_little_cloth_is_enough_for_what_hair_hid_of_it(head: SchematicHead, striped: Setting, hung: Mask) -> None:
    """Right below a collar a crop ends: without its own pieces a plate without a weave would lie there."""
    away = np.asarray((striped.v < -1.0) & (striped.u < 0.15), bool)
    probabilities = striped.photo.probabilities.copy()
    probabilities[:, away[::2, ::2]] = 0
    probabilities[FaceClass.BACKGROUND, away[::2, ::2]] = 1
    seen = replace(striped, photo=replace(striped.photo, probabilities=probabilities))
    assert (seen.photo.is_any(FaceClass.CLOTH) & ~dilate(hung, 5)).mean() < 0.03
    person, share = drawn(head)
    made = with_own_body(seen, person, share, head.render, np.random.default_rng(0))
    inner = erode(hung & (share > 0) & (striped.v < -1.02), 6)
    assert inner.sum() > 100
    assert made[inner, 0].std() > 0.3 * (LIGHT - DARK)


def test_drawn_skin_gets_none_of_the_cloth_s_pieces(head: SchematicHead, striped: Setting, hung: Mask) -> None:
    """Of cloth and a neck together pieces were laid, and cloth stood on the neck."""
    probabilities = head.render.probabilities.copy()
    bare = np.asarray(hung & (striped.u < 0.7), bool)
    probabilities[:, bare[::2, ::2]] = 0
    probabilities[FaceClass.NECK, bare[::2, ::2]] = 1
    person, share = drawn(head)
    render = replace(head.render, probabilities=probabilities)
    made = with_own_body(striped, person, share, render, np.random.default_rng(0))
    inner = erode(bare & (share > 0) & (striped.v < -1.02), 8)
    assert inner.sum() > 50
    np.testing.assert_allclose(made[inner], person[inner], atol=1)
