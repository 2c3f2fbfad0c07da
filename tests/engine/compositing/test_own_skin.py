"""What of a photo's forehead surely is skin."""

from __future__ import annotations

from dataclasses import replace

from engine.compositing import Setting
from engine.compositing.own_skin import own_skin
from engine.compositing.view import View
from engine.imaging.ops import erode
from engine.parsing import FaceClass
from tests.support.schematic_head import HAIR, SchematicHead


def test_it_is_what_lies_between_brows_and_hair(head: SchematicHead, setting: Setting) -> None:
    own = own_skin(setting)
    forehead = (head.photo_classes == FaceClass.SKIN) & (setting.v > 0.14)
    assert own[erode(forehead & ~setting.matte.hard, 8)].mean() > 0.98
    assert not own[~forehead & (setting.v > 0.14)].any()
    assert not own[setting.v < 0.1].any()


def test_what_a_parser_takes_for_skin_in_hair_is_none(head: SchematicHead) -> None:
    """As in the thin hair at a far temple."""
    setting = head.setting
    forehead = (head.photo_classes == FaceClass.SKIN) & ~setting.matte.hard & (setting.v > 0.13)
    temple = forehead & (setting.u > setting.u[forehead].max() - 0.07)
    picture = head.photo.picture.copy()
    picture[temple] = HAIR
    taken = replace(setting, photo=View(picture, head.photo.probabilities, head.photo.real))
    assert own_skin(setting)[temple].mean() > 0.3
    assert own_skin(taken)[temple].mean() < 0.02
    rest = erode(forehead & ~temple, 8)
    assert own_skin(taken)[rest].mean() > 0.98
