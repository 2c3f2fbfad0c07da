"""What was drawn over a photo is found to its rim; what a camera saw is not taken for it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.in_front import drawn_over, painted_out

SIDE_PX = 512


@pytest.fixture(scope="module")
def scene() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Brown hair with strands over a light, slightly uneven wall, and where the hair is."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX]
    wall = np.array([170, 175, 180]) + 20 * (columns / SIDE_PX)[..., None] + rng.normal(0, 2, (SIDE_PX, SIDE_PX, 3))
    strands = cv2.GaussianBlur(rng.normal(0, 60, (SIDE_PX, SIDE_PX)), (0, 0), sigmaX=1.2, sigmaY=12)
    hair = np.array([90, 60, 40]) + 4 * strands[..., None] + rng.normal(0, 3, (SIDE_PX, SIDE_PX, 3))
    where = np.hypot(rows - 280, columns - 256) < 190
    return np.clip(np.where(where[..., None], hair, wall), 0, 255).astype(np.uint8), where


def jpeg(picture: NDArray[np.uint8], quality: int = 85) -> NDArray[np.float32]:
    """As it comes on a canvas of 1024 px, by way of a JPEG."""
    _, file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(cv2.resize(decoded, (1024, 1024), interpolation=cv2.INTER_CUBIC), np.float32)


def enlarged(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return cv2.resize(mask.astype(np.uint8), (1024, 1024), interpolation=cv2.INTER_NEAREST).astype(bool)


def found(
    picture: NDArray[np.uint8], shape: NDArray[np.bool_], hair: NDArray[np.bool_], quality: int = 85
) -> tuple[float, float]:
    """Share of the shape that is found, and what is found beyond it as a share of it."""
    mask, shape = drawn_over(jpeg(picture, quality), enlarged(hair)), enlarged(shape)
    return float(mask[shape].mean()), float((mask & ~shape).sum() / shape.sum())


@pytest.mark.parametrize("colour", [(20, 20, 60), (28, 27, 30), (240, 60, 60), (255, 255, 255)])
def test_a_band_over_the_hair_is_found_whole(
    scene: tuple[NDArray[np.uint8], NDArray[np.bool_]], colour: tuple[int, int, int]
) -> None:
    picture, hair = scene[0].copy(), scene[1]
    cv2.ellipse(picture, (256, 300), (150, 170), 0, 180, 360, colour, 22, cv2.LINE_AA)
    shape = (np.abs(picture.astype(int) - colour).max(2) == 0) & (picture != scene[0]).any(2)
    share, beyond = found(picture, shape, hair)
    assert share > 0.98
    assert beyond < 0.5  # its rim


def test_a_phone_keeps_its_lens(scene: tuple[NDArray[np.uint8], NDArray[np.bool_]]) -> None:
    """What it holds is of another colour, and has shades."""
    picture, hair = scene[0].copy(), scene[1]
    cv2.rectangle(picture, (300, 120), (400, 320), (200, 30, 50), -1)
    shape = (picture != scene[0]).any(2)
    glass = np.hypot(*np.mgrid[-150:362, -350:162]) < 14
    picture[glass] = np.random.default_rng(2).normal(60, 25, (int(glass.sum()), 3)).clip(0, 255).astype(np.uint8)
    share, beyond = found(picture, shape, hair)
    assert share > 0.99
    assert beyond < 0.2


def test_a_small_smiley_keeps_its_eyes_and_mouth(scene: tuple[NDArray[np.uint8], NDArray[np.bool_]]) -> None:
    picture, hair = scene[0].copy(), scene[1]
    cv2.circle(picture, (256, 200), 34, (250, 210, 40), -1, cv2.LINE_AA)
    shape = (picture == (250, 210, 40)).all(2)
    for x in (244, 268):
        cv2.circle(picture, (x, 192), 5, (40, 30, 20), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (256, 205), (18, 14), 0, 20, 160, (40, 30, 20), 5, cv2.LINE_AA)
    assert found(picture, shape, hair, quality=95)[0] > 0.99


def test_a_frame_around_a_head_does_not_hold_it(scene: tuple[NDArray[np.uint8], NDArray[np.bool_]]) -> None:
    picture, hair = scene[0].copy(), scene[1]
    cv2.ellipse(picture, (256, 270), (110, 120), 0, 0, 360, (240, 60, 60), 24, cv2.LINE_AA)
    mask = drawn_over(jpeg(picture), enlarged(hair))
    assert mask.any()
    assert not mask[480:600, 460:560].any()


def test_what_a_letter_goes_around_is_hair(scene: tuple[NDArray[np.uint8], NDArray[np.bool_]]) -> None:
    """An O is as solid as a phone, but small."""
    picture, hair = scene[0].copy(), scene[1]
    cv2.ellipse(picture, (256, 270), (26, 34), 0, 0, 360, (240, 60, 60), 26, cv2.LINE_AA)
    mask = drawn_over(jpeg(picture), enlarged(hair))
    assert mask[532:548, 470:480].all()
    assert not mask[532:548, 504:520].any()


@pytest.mark.parametrize("colour", [(22, 22, 26), (38, 30, 28)])
def test_dark_hair_beside_a_dark_phone_is_no_part_of_it(colour: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(5)
    strands = cv2.GaussianBlur(rng.normal(0, 60, (SIDE_PX, SIDE_PX)), (0, 0), sigmaX=1.2, sigmaY=12)
    hair = np.array(colour) + 24 + 5 * strands[..., None] + rng.normal(0, 2, (SIDE_PX, SIDE_PX, 3))
    picture = np.clip(hair, 0, 255).astype(np.uint8)
    before = picture.copy()
    cv2.rectangle(picture, (200, 120), (300, 320), colour, -1)
    shape = np.zeros((SIDE_PX, SIDE_PX), bool)
    shape[120:321, 200:301] = True
    assert (picture != before).any()
    share, beyond = found(picture, shape, np.ones_like(shape))
    assert share > 0.98
    assert beyond < 0.11


def test_all_letters_of_a_caption_are_found_and_beside_the_hair_too(
    scene: tuple[NDArray[np.uint8], NDArray[np.bool_]],
) -> None:
    picture = np.repeat(np.repeat(scene[0], 2, 0), 2, 1)
    hair = np.repeat(np.repeat(scene[1], 2, 0), 2, 1)
    before = picture.copy()
    for colour, width in (((0, 0, 0), 24), ((255, 255, 255), 10)):
        cv2.putText(picture, "WHO TOOK IT", (20, 400), cv2.FONT_HERSHEY_SIMPLEX, 4.6, colour, width, cv2.LINE_AA)
    share, beyond = found(picture, (picture != before).any(2), hair)
    assert share > 0.97
    assert beyond < 0.4


def test_hair_against_the_sun_is_nothing_drawn(scene: tuple[NDArray[np.uint8], NDArray[np.bool_]]) -> None:
    """What a sensor cannot hold is one white too, but it ends here and there in strands."""
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX]
    light = 700 * np.exp(-((np.hypot(rows - 150, columns - 330) / 80) ** 6))
    strands = scene[0].astype(np.float64).mean(2, keepdims=True) / 90  # what is lit is the strands
    sunlit = np.clip(scene[0] + light[..., None] * strands, 0, 255).astype(np.uint8)
    white = (sunlit == 255).all(2)
    assert white.sum() > 5000
    assert not drawn_over(jpeg(sunlit), enlarged(scene[1])).any()


def test_what_a_camera_saw_is_nothing_drawn(
    scene: tuple[NDArray[np.uint8], NDArray[np.bool_]], astronaut: NDArray[np.uint8]
) -> None:
    assert not drawn_over(jpeg(scene[0]), enlarged(scene[1])).any()
    black = np.clip(scene[0].astype(int) // 3 - 20, 0, 255).astype(np.uint8)  # hair without light
    assert not drawn_over(jpeg(black), enlarged(scene[1])).any()
    hair = np.zeros((512, 512), np.uint8)
    cv2.ellipse(hair, (222, 75), (75, 60), 0, 0, 360, 1, -1)
    assert not drawn_over(jpeg(astronaut), enlarged(hair.astype(bool))).any()


def test_how_a_photo_is_carried_on_beyond_its_edge_is_nothing_drawn(
    scene: tuple[NDArray[np.uint8], NDArray[np.bool_]],
) -> None:
    """Plain colours, over a head whose hair ends at the photo's edge."""
    picture, real = jpeg(scene[0]), np.ones((1024, 1024), bool)
    real[:300] = False
    picture[:300] += np.random.default_rng(1).normal(0, 30, (300, 1024, 1))
    picture[:300, 400:600] = (58, 54, 50)
    hair = enlarged(scene[1]) | ~real
    assert drawn_over(picture, hair).any()
    assert not drawn_over(picture, hair, real).any()


def test_a_caption_at_the_photo_s_edge_is_found_up_to_there(
    scene: tuple[NDArray[np.uint8], NDArray[np.bool_]],
) -> None:
    picture, real = jpeg(scene[0]), np.ones((1024, 1024), bool)
    real[:300] = False
    picture[:380, 300:700] = (240, 60, 60)
    found = drawn_over(picture, enlarged(scene[1]) | ~real, real)
    assert found[303:376, 304:696].all()
    assert not found[:290].any()


def test_where_noise_leaves_no_place_flat_nothing_was_drawn_over() -> None:
    noise = np.random.default_rng(6).normal(120, 40, (200, 200, 3)).clip(0, 255).astype(np.float32)
    assert not drawn_over(noise, np.ones((200, 200), bool)).any()


def test_a_shape_that_does_not_touch_the_hair_is_nobodys_business(
    scene: tuple[NDArray[np.uint8], NDArray[np.bool_]],
) -> None:
    picture, hair = scene[0].copy(), scene[1]
    cv2.rectangle(picture, (5, 5), (75, 65), (240, 60, 60), -1)
    assert not drawn_over(jpeg(picture), enlarged(hair)).any()


def test_in_place_of_what_was_drawn_over_lies_what_is_around_it(
    scene: tuple[NDArray[np.uint8], NDArray[np.bool_]],
) -> None:
    picture, hair = scene[0].copy(), scene[1]
    cv2.line(picture, (150, 280), (360, 280), (255, 255, 255), 14)
    band = (picture != scene[0]).any(2)
    seen = painted_out(picture, band)
    np.testing.assert_array_equal(seen[~band], picture[~band])
    assert np.abs(seen[band & hair].mean(0) - scene[0][hair].mean(0)).max() < 15
    assert painted_out(picture, np.zeros_like(band)) is picture
