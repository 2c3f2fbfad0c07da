"""A picture and its classes."""

from __future__ import annotations

import numpy as np

from engine.compositing.view import likeliest
from engine.parsing import FaceClass
from tests.support.schematic_head import SchematicHead


def test_the_likeliest_class_of_each_pixel_is_the_drawn_one(head: SchematicHead) -> None:
    assert head.photo.labels.shape == head.photo.picture.shape[:2]
    assert (head.photo.labels == head.photo_classes).mean() > 0.98


def test_several_classes_are_asked_for_together(head: SchematicHead) -> None:
    both = head.photo.is_any(FaceClass.HAIR, FaceClass.CLOTH)
    np.testing.assert_array_equal(both, head.photo.is_any(FaceClass.HAIR) | head.photo.is_any(FaceClass.CLOTH))
    assert both.any()
    assert not head.photo.is_any(FaceClass.HAT).any()


def test_probabilities_add_up_at_full_size(head: SchematicHead) -> None:
    total = head.photo.probability(*FaceClass)
    assert total.shape == head.photo.picture.shape[:2]
    np.testing.assert_allclose(total, 1, atol=1e-3)
    hair = head.photo.probability(FaceClass.HAIR)
    assert hair[head.photo_classes == FaceClass.HAIR].mean() > 0.95


def test_snapping_brings_a_soft_edge_closer_to_the_drawn_one(head: SchematicHead) -> None:
    drawn = (head.photo_classes == FaceClass.HAIR).astype(np.float32)
    plain, snapped = head.photo.probability(FaceClass.HAIR), head.photo.snapped(8, 2e-4, FaceClass.HAIR)
    assert snapped.min() >= 0
    assert snapped.max() <= 1
    edge = np.abs(np.clip(plain, 0, 1) - drawn) > 0.1
    assert np.abs(snapped - drawn)[edge].mean() < np.abs(np.clip(plain, 0, 1) - drawn)[edge].mean()


def test_likeliest_is_the_first_of_equals_as_numpy_has_it() -> None:
    probabilities = np.random.default_rng(0).integers(0, 4, (19, 8, 9)).astype(np.float32)
    np.testing.assert_array_equal(likeliest(probabilities), probabilities.argmax(0))


def test_another_picture_keeps_the_classes(head: SchematicHead) -> None:
    labels = head.photo.labels
    other = head.photo.with_picture(255 - head.photo.picture)
    assert other.labels is labels
    assert not np.array_equal(other.picture, head.photo.picture)
