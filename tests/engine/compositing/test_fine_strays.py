"""Stray hair of whatever colour before a blurred background."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.fine_strays import fine_strays
from engine.compositing.view import View
from engine.imaging.ops import Mask, distance_to
from engine.parsing import FaceClass
from tests.support.schematic_head import FACE_PX, SchematicHead


def seen(
    head: SchematicHead, behind: NDArray[np.float32], drawn: Mask, levels: float, edges: Mask | None = None
) -> Mask:
    """What is found where the background is this one, but for what is drawn on it, so many levels brighter. edges:
    where something else may end."""
    wall = np.asarray(head.photo_classes == FaceClass.BACKGROUND, bool)
    picture = np.where(wall[..., None], behind[..., None], head.photo.picture).astype(np.float32)
    picture[drawn & wall] += np.float32(levels)
    view: View = replace(head.photo, picture=picture)
    away = distance_to(np.asarray(head.photo_classes == FaceClass.HAIR, bool))
    return fine_strays(view, wall, np.zeros_like(wall) if edges is None else edges, away, FACE_PX / 500)


def strand(shape: tuple[int, ...], x: int) -> Mask:
    """A curl a little beside the head's hair."""
    plane = np.zeros((shape[0], shape[1]), np.uint8)
    cv2.polylines(plane, [np.array([[x, 80], [x + 8, 100], [x + 2, 118], [x + 9, 130]], np.int32)], False, (1,), 1)
    return np.asarray(plane > 0, bool)


def blurred(shape: tuple[int, ...]) -> NDArray[np.float32]:
    noise = np.random.default_rng(0).normal(0, 900, (shape[0], shape[1])).astype(np.float32)
    return np.asarray(120 + cv2.GaussianBlur(noise, (0, 0), 12), np.float32)


def test_strands_are_found_that_are_lighter_and_darker_than_what_is_blurred_behind(head: SchematicHead) -> None:
    shape = head.photo_classes.shape
    curl = strand(shape, 366)
    for levels in (40.0, -40.0):
        found = seen(head, blurred(shape), curl, levels)
        assert found[curl].mean() > 0.8
        assert found[distance_to(curl) > 4].sum() == 0


def test_before_a_background_that_is_as_sharp_nothing_is_told(head: SchematicHead) -> None:
    shape = head.photo_classes.shape
    curl = strand(shape, 366)
    twigs = np.zeros(shape, np.uint8)
    for x, y in np.random.default_rng(1).integers(0, shape[0] - 30, (90, 2)):
        cv2.line(twigs, (int(x), int(y)), (int(x) + 25, int(y) + 12), (1,), 1)
    assert seen(head, blurred(shape), curl | (twigs > 0), 40.0).sum() == 0


def test_what_is_short_is_a_speck(head: SchematicHead) -> None:
    shape = head.photo_classes.shape
    speck = np.zeros((shape[0], shape[1]), bool)
    speck[100:104, 372:375] = True
    assert seen(head, blurred(shape), speck, 40.0).sum() == 0


def test_a_strand_goes_on_where_the_light_behind_it_changes_and_an_edge_that_is_one_all_along_is_none(
    head: SchematicHead,
) -> None:
    shape = head.photo_classes.shape
    curl = strand(shape, 366)
    rows = np.broadcast_to(np.arange(shape[0])[:, None], shape)
    assert seen(head, blurred(shape), curl, 40.0, rows > 112)[curl].mean() > 0.8
    assert seen(head, blurred(shape), curl, 40.0, rows > 88)[curl].mean() < 0.2
