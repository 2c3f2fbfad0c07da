"""Pictures are worn as photos are: differently each time, and still recognisably the same."""

from __future__ import annotations

import numpy as np

from engine.training.augmentation import augmented, occluded, unlike


def test_some_pictures_stay_clean_and_the_others_stay_alike() -> None:
    y, x = np.mgrid[:256, :256]
    picture = np.stack([x, y, (x + y) // 2], -1).astype(np.uint8)
    rng = np.random.default_rng(0)
    seen = [augmented(picture, rng) for _ in range(60)]
    assert all(one.shape == picture.shape and one.dtype == np.uint8 for one in seen)
    clean = sum(np.array_equal(one, picture) for one in seen)
    assert 5 <= clean <= 30
    likeness = [np.corrcoef(one.ravel(), picture.ravel())[0, 1] for one in seen]
    assert float(np.median(likeness)) > 0.9
    assert len({one.tobytes() for one in seen}) == 60 - clean + 1


def test_the_same_seed_wears_a_picture_the_same_way() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (256, 256, 3), np.uint8)
    first, second = (augmented(picture, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_face_that_no_latent_draws_is_bent_and_shaded_and_still_the_same_face() -> None:
    y, x = np.mgrid[:256, :256]
    rings = np.asarray(128 + 100 * np.sin(np.hypot(x - 128, y - 128) / 8), np.uint8)
    picture = np.repeat(rings[..., None], 3, 2)
    rng = np.random.default_rng(0)
    seen = [unlike(picture, rng) for _ in range(20)]
    assert all(one.shape == picture.shape and one.dtype == np.uint8 for one in seen)
    assert len({one.tobytes() for one in seen}) == 20
    likeness = [np.corrcoef(one.ravel(), picture.ravel())[0, 1] for one in seen]
    assert 0.5 < float(np.median(likeness)) < 0.999


def test_what_is_before_a_face_covers_a_part_of_it_and_leaves_the_rest() -> None:
    picture = np.full((256, 256, 3), 100, np.uint8)
    rng = np.random.default_rng(0)
    shares = [float((np.abs(occluded(picture, rng).astype(int) - 100) > 1).mean()) for _ in range(60)]
    covered = [share for share in shares if share > 0]
    assert 8 <= len(covered) <= 30
    assert 0.01 < float(np.median(covered)) < 0.5
