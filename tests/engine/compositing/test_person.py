"""What of a render is the person, and what of it is hair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.person import HeadSettings, face_share, hair_share, head_share, solid_face
from engine.compositing.view import View
from engine.imaging.ops import Plane, erode
from engine.parsing import FaceClass
from tests.support.schematic_head import SKIN, SchematicHead, with_class


@pytest.fixture(scope="module")
def settings() -> HeadSettings:
    return HeadSettings()


def hair_of(setting: Setting, settings: HeadSettings, render: View) -> Plane:
    head = head_share(setting, render, face_share(setting, settings), settings)
    forehead = face_share(setting, settings, settings.fringe.scale)
    return hair_share(setting, settings, forehead, 0.0, render, head, np.zeros_like(head))


def test_light_locks_among_dark_ones_are_hair(setting: Setting, settings: HeadSettings, head: SchematicHead) -> None:
    """Over the forehead hair is told from skin by its colour, but for what lies among hair."""
    render = head.on_the_way[0]
    locks = render.is_any(FaceClass.HAIR) & (np.abs(setting.u) < 0.3) & (np.abs(np.sin(setting.u * 90)) > 0.6)
    picture = render.picture.copy()
    picture[locks] = SKIN
    hair = hair_of(setting, settings, replace(render, picture=picture))
    deep = locks & (setting.v > 0.55)
    assert deep.sum() > 100
    assert hair[deep].mean() > 0.9


def test_a_spot_of_skins_colour_amid_hair_is_hair(
    setting: Setting, settings: HeadSettings, head: SchematicHead
) -> None:
    """As a parser says, who sees hair there: a bald spot would open in it, years before anything else goes."""
    render = head.on_the_way[0]
    spot = np.hypot(setting.u, setting.v - 0.55) < 0.09
    assert render.is_any(FaceClass.HAIR)[spot].all()
    picture = render.picture.copy()
    picture[spot] = SKIN
    assert hair_of(setting, settings, replace(render, picture=picture))[spot].min() > 0.9


def test_a_bright_lock_between_dark_hair_and_the_heads_outline_is_hair(
    setting: Setting, settings: HeadSettings, head: SchematicHead
) -> None:
    """Beside it lies the background, and no skin."""
    low = with_class(head.on_the_way[0], setting.v > 0.56, FaceClass.BACKGROUND)
    lock = low.is_any(FaceClass.HAIR) & (np.hypot(setting.u, setting.v - 0.56) < 0.08)
    picture = low.picture.copy()
    picture[lock] = SKIN
    inside = erode(lock, 4)
    assert inside.sum() > 100
    assert hair_of(setting, settings, replace(low, picture=picture))[inside].min() > 0.9


def test_a_small_gap_that_a_parser_sees_amid_hair_is_hair(
    setting: Setting, settings: HeadSettings, head: SchematicHead
) -> None:
    """Hair around it that thins out towards bald skin would leave a bald spot there."""
    render = head.on_the_way[0]
    for radius, closes in ((0.03, True), (0.10, False)):
        spot = np.hypot(setting.u, setting.v - 0.48) < radius
        hair = hair_of(setting, settings, with_class(render, spot, FaceClass.SKIN))
        assert (hair[np.hypot(setting.u, setting.v - 0.48) < 0.02].mean() > 0.8) == closes


def test_a_forehead_that_a_parser_takes_for_hair_is_skin(
    setting: Setting, settings: HeadSettings, head: SchematicHead
) -> None:
    forehead = (np.abs(setting.u) < 0.2) & (setting.v > 0.1) & (setting.v < 0.25)
    hair = hair_of(setting, settings, with_class(head.on_the_way[0], forehead, FaceClass.HAIR))
    assert hair[forehead].mean() < 0.05


def test_cloth_beside_a_face_is_not_the_person(setting: Setting, settings: HeadSettings, head: SchematicHead) -> None:
    beside = (setting.u > 0.6) & (setting.u < 0.8) & (np.abs(setting.v) < 0.2)
    render = with_class(head.render, beside, FaceClass.CLOTH)
    assert head_share(setting, render, face_share(setting, settings), settings)[beside].max() < 0.1


def test_a_cheek_that_a_parser_takes_for_background_is_the_person_though_it_opens_to_it(
    setting: Setting, settings: HeadSettings, head: SchematicHead
) -> None:
    opening = (setting.u < -0.3) & (setting.v > -0.35) & (setting.v < -0.15)
    render = with_class(head.render, opening, FaceClass.BACKGROUND)
    cheek = opening & (setting.u > -0.36)
    assert head_share(setting, render, face_share(setting, settings), settings)[cheek].mean() < 0.5
    assert head_share(setting, render, solid_face(setting, settings), settings)[cheek].min() > 0.9


def test_a_hole_above_the_brows_is_closed_though_a_channel_joins_it_to_the_background(
    setting: Setting, settings: HeadSettings, head: SchematicHead
) -> None:
    u, v = setting.u, setting.v
    hole = (np.abs(u + 0.1) < 0.12) & (v > 0.35) & (v < 0.5)
    channel = (u < -0.1) & (np.abs(v - 0.42) < 0.02)
    render = with_class(head.render, hole | channel, FaceClass.BACKGROUND)
    share = head_share(setting, render, face_share(setting, settings), settings)
    assert share[hole].min() > 0.9


def test_what_is_open_beside_the_head_stays_so(setting: Setting, settings: HeadSettings, head: SchematicHead) -> None:
    u, v = setting.u, setting.v
    bay = (u < -0.3) & (v > 0.1) & (v < 0.4)
    render = with_class(head.render, bay, FaceClass.BACKGROUND)
    share = head_share(setting, render, face_share(setting, settings), settings)
    assert share[bay & (u < -0.36)].mean() < 0.1
