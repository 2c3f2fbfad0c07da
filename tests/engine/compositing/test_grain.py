"""Texture for drawn skin, read from real skin."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.grain import MOTTLE, NOISE, grain_of
from engine.imaging.ops import blur, dilate, erode
from tests.support.lit_skin import FACE, SCALP, SIZE, lit_skin


def test_grain_is_as_strong_as_on_the_persons_skin_where_the_render_has_none() -> None:
    rng = np.random.default_rng(3)
    noise = blur(rng.normal(0, 6, (SIZE, SIZE, 3)), 0.8)
    photo, smooth = lit_skin() + noise, lit_skin()
    domain = (FACE | SCALP).astype(np.float32)
    grain = grain_of(photo, FACE, np.random.default_rng(0)).on(smooth, smooth, domain, SCALP)
    wanted = (photo - blur(photo, 3))[FACE].std()
    assert 0.4 * wanted < grain[SCALP].std() < 1.3 * wanted
    assert not grain[domain == 0].any()


def test_a_render_with_grain_of_its_own_gets_less() -> None:
    rng = np.random.default_rng(3)
    noise = blur(rng.normal(0, 6, (SIZE, SIZE, 3)), 0.8)
    photo, smooth = lit_skin() + noise, lit_skin()
    whole = np.ones((SIZE, SIZE), np.float32)
    strengths = [
        float(grain_of(photo, FACE, np.random.default_rng(0)).on(render, smooth, whole, FACE).std())
        for render in (smooth, smooth + 0.7 * noise, photo)
    ]
    assert strengths[0] > strengths[1] > strengths[2]
    assert strengths[2] == pytest.approx(0, abs=0.1)


def test_a_smooth_scalp_gets_grain_though_the_render_has_it_on_the_face() -> None:
    rng = np.random.default_rng(3)
    noise = blur(rng.normal(0, 6, (SIZE, SIZE, 3)), 0.8)
    photo, whole = lit_skin() + noise, np.ones((SIZE, SIZE), np.float32)
    render = np.where(SCALP[..., None], lit_skin(), photo)
    grain = grain_of(photo, FACE, np.random.default_rng(0))
    smooth, alike = (grain.on(render, lit_skin(), whole, shown) for shown in (SCALP, FACE))
    assert smooth[SCALP].std() > 3 * alike[SCALP].std()


def test_what_was_painted_smooth_on_a_scalp_gets_grain_beside_what_has_its_own() -> None:
    """Told of the whole scalp, a strip beside the hair stayed as smooth as plastic."""
    rng = np.random.default_rng(3)
    noise = blur(rng.normal(0, 6, (SIZE, SIZE, 3)), 0.8)
    photo, whole = lit_skin() + noise, np.ones((SIZE, SIZE), np.float32)
    columns = np.flatnonzero(SCALP.any(0))
    strip = SCALP & (np.arange(SIZE) < columns[0] + 50)
    painted = strip & (np.arange(SIZE) < columns[0] + 35)
    render = np.where(strip[..., None], lit_skin(), photo)
    laid = grain_of(photo, FACE, np.random.default_rng(0)).on(render, lit_skin(), whole, SCALP)
    assert strip.sum() < 0.4 * SCALP.sum()
    assert laid[painted].std() > 3 * laid[SCALP & ~dilate(strip, 30)].std()


def test_a_head_s_outline_is_no_texture_of_its_rim() -> None:
    """Told of all drawn skin, a smooth rim before a dark background got none."""
    rng = np.random.default_rng(3)
    photo, whole = lit_skin() + blur(rng.normal(0, 6, (SIZE, SIZE, 3)), 0.8), np.ones((SIZE, SIZE), np.float32)
    head = FACE | SCALP
    render = np.where(head[..., None], lit_skin(), 20).astype(np.float32)
    rim, inside = SCALP & ~erode(head, 6), SCALP & erode(head, 30)
    grain = grain_of(photo, FACE, np.random.default_rng(0))
    all_told, told = (grain.on(render, lit_skin(), whole, SCALP, off) for off in (None, erode(head, 16)))
    assert all_told[rim].std() < 0.5 * all_told[inside].std()
    assert told[rim].std() > 0.8 * told[inside].std()


def test_a_small_patch_of_a_noisy_photo_s_skin_makes_drawn_skin_as_noisy() -> None:
    rng = np.random.default_rng(3)
    photo, smooth = lit_skin() + rng.normal(0, 6, (SIZE, SIZE, 3)).astype(np.float32), lit_skin()
    rows, columns = (np.flatnonzero(FACE.any(axis)) for axis in (1, 0))
    little = np.zeros_like(FACE)
    little[rows[0] + 40 : rows[0] + 80, columns[0] + 60 : columns[0] + 100] = True
    whole = np.ones((SIZE, SIZE), np.float32)
    all_of_it, some = (
        float(grain_of(photo, skin, np.random.default_rng(0)).on(smooth, smooth, whole, SCALP)[SCALP].std())
        for skin in (FACE, little & FACE)
    )
    assert some > 0.7 * all_of_it


def test_where_hardly_any_drawn_skin_is_shown_it_is_told_on_the_face() -> None:
    rng = np.random.default_rng(3)
    photo, whole = lit_skin() + blur(rng.normal(0, 6, (SIZE, SIZE, 3)), 0.8), np.ones((SIZE, SIZE), np.float32)
    grain, nowhere = grain_of(photo, FACE, np.random.default_rng(0)), np.zeros((SIZE, SIZE), bool)
    assert float(grain.on(photo, lit_skin(), whole, nowhere).std()) == pytest.approx(0, abs=0.1)


def test_skin_that_is_uneven_makes_drawn_skin_as_uneven_and_no_more() -> None:
    side = 512
    rng = np.random.default_rng(3)
    spots = blur(rng.normal(0, 120, (side, side, 3)), 10)
    smooth, whole = np.full((side, side, 3), 150, np.float32), np.ones((side, side), np.float32)
    skin = np.ones((side, side), bool)
    mottle = grain_of(smooth + spots, skin, np.random.default_rng(0), MOTTLE).on(smooth, smooth, whole, skin)
    there = float(MOTTLE.of(spots).std())
    assert 0.3 * there < mottle.std() < 1.1 * there
    assert mottle.std() < 1.1 * MOTTLE.most_deviation
    noise = grain_of(smooth + spots, skin, np.random.default_rng(0), NOISE).on(smooth, smooth, whole, skin)
    assert noise.std() < 0.5 * mottle.std()  # what is coarse is not taken for noise


def test_a_strand_on_the_skin_is_not_repeated_all_over() -> None:
    rng = np.random.default_rng(3)
    noise = blur(rng.normal(0, 6, (SIZE, SIZE, 3)), 0.8)
    plain = lit_skin() + noise
    crossed = plain.copy()
    rows, columns = np.nonzero(FACE)
    middle = int(columns.mean())
    crossed[rows.min() : rows.max(), middle : middle + 4] -= 90
    textures = [grain_of(photo, FACE, np.random.default_rng(0)).texture for photo in (plain, crossed)]
    assert np.abs(textures[1]).max() < 1.5 * np.abs(textures[0]).max()


def test_a_mole_in_a_noisy_photo_is_not_repeated_all_over() -> None:
    rng = np.random.default_rng(3)
    plain = lit_skin() + blur(rng.normal(0, 9, (SIZE, SIZE, 3)), 0.5)
    found = grain_of(plain, FACE, np.random.default_rng(0))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    away = np.hypot(rows - found.row - found.side_px / 3, columns - found.column - found.side_px / 3)
    marked = plain - 45 * np.exp(-0.5 * (away / 4) ** 2)[..., None]
    marked = marked.astype(np.float32)
    spots = [
        -float(blur(grain_of(photo, FACE, np.random.default_rng(0)).texture, 3).min()) for photo in (plain, marked)
    ]
    assert spots[1] < 1.15 * spots[0]


def test_only_a_patch_with_room_for_pieces_gives_its_lines() -> None:
    side = 512
    photo = 150 + blur(np.random.default_rng(3).normal(0, 4, (side, side, 3)), 0.8)
    photo[::6] += 6

    def lined(half: int) -> float:
        skin = np.zeros((side, side), bool)
        skin[side // 2 - half : side // 2 + half, side // 2 - half : side // 2 + half] = True
        texture = grain_of(photo, skin, np.random.default_rng(0)).texture[..., 0]
        along = np.corrcoef(texture[:, :-3].ravel(), texture[:, 3:].ravel())[0, 1]
        across = np.corrcoef(texture[:-3].ravel(), texture[3:].ravel())[0, 1]
        return float(along - across)

    assert lined(120) > 0.3
    assert abs(lined(50)) < 0.1


def test_wrinkles_are_not_laid_all_over_the_scalp() -> None:
    rng = np.random.default_rng(3)
    pores = blur(rng.normal(0, 6, (SIZE, SIZE, 3)), 0.8)
    rows = np.arange(SIZE)[:, None, None]
    wrinkles = np.where(FACE[..., None], -25 * np.exp(-(((rows % 40) - 20) ** 2) / 18), 0).astype(np.float32)
    domain = np.ones((SIZE, SIZE), np.float32)
    plain, wrinkled = (
        grain_of(photo, FACE, np.random.default_rng(0)).on(lit_skin(), lit_skin(), domain, SCALP)
        for photo in (lit_skin() + pores, lit_skin() + pores + wrinkles)
    )
    coarse_plain, coarse = (float((blur(grain, 1.5) - blur(grain, 6))[SCALP].std()) for grain in (plain, wrinkled))
    assert coarse < 1.3 * coarse_plain
    assert float((wrinkled - blur(wrinkled, 1.5))[SCALP].std()) > 0.5 * float((plain - blur(plain, 1.5))[SCALP].std())


def test_fine_lines_of_a_wrinkled_forehead_do_not_run_its_way_on_the_scalp() -> None:
    side, rng = 512, np.random.default_rng(3)
    face = np.zeros((side, side), bool)
    face[200:480, 60:450] = True
    lines = cv2.GaussianBlur(rng.normal(0, 30, (side, side)).astype(np.float32), (0, 0), 5, sigmaY=0.8)
    plain = np.full((side, side, 3), (200, 150, 125), np.float32)
    photo = plain + np.asarray(lines, np.float32)[..., None]
    laid = grain_of(photo, face, np.random.default_rng(0)).on(plain, plain, np.ones((side, side), np.float32))

    def steeper_down(texture: NDArray[np.float32]) -> float:
        down, across = np.gradient(np.asarray(blur(texture, 0.5), np.float32)[:180, :, 0])
        return float(down.std() / across.std())

    assert steeper_down(photo) > 3
    assert steeper_down(laid) < 1.3


@pytest.mark.parametrize("doubt", ["wrinkles", "no room", "features", "no forehead"])
def test_what_is_not_skin_alone_makes_no_blotches(doubt: str) -> None:
    """A scalp gets the unevenness of plain skin, but hardly any of a wrinkled forehead's, nor of cheeks, which blush
    and reach into eyes and nose."""
    side = 512
    smooth, skin = np.full((side, side, 3), 150, np.float32), np.ones((side, side), bool)
    spots = blur(np.random.default_rng(3).normal(0, 100, (side, side, 3)), 9)
    rows, columns = np.mgrid[:side, :side]
    uneven = smooth + spots
    if doubt == "wrinkles":
        uneven = uneven + (12 * np.sin(rows / 8))[..., None]
    elif doubt == "no room":
        skin &= (columns // 60) % 2 == 0
    elif doubt == "features":
        uneven = smooth + 8 * spots
    whole, everywhere = np.ones((side, side), np.float32), np.ones_like(skin)

    def laid(photo: NDArray[np.floating], where: NDArray[np.bool_], forehead: NDArray[np.bool_]) -> float:
        grain = grain_of(photo.astype(np.float32), where, np.random.default_rng(0), MOTTLE, forehead=forehead)
        return float(grain.on(smooth, smooth, whole).std())

    plain = laid(smooth + spots, everywhere, everywhere)
    doubtful = laid(uneven, skin, rows < side // 8 if doubt == "no forehead" else everywhere)
    assert doubtful < 0.75 * plain
    assert plain > MOTTLE.doubtful_deviation


def test_of_cheeks_alone_a_scalp_gets_what_is_fine() -> None:
    """The sensor's noise is the same everywhere; the pores of a cheek would be blotches on a scalp."""
    side = 512
    smooth, everywhere = np.full((side, side, 3), 150, np.float32), np.ones((side, side), bool)
    rng = np.random.default_rng(3)
    fine, pores = rng.normal(0, 3, (side, side, 3)), blur(rng.normal(0, 40, (side, side, 3)), 4)

    def laid(texture: NDArray[np.floating], forehead: NDArray[np.bool_]) -> float:
        photo = (smooth + texture).astype(np.float32)
        grain = grain_of(photo, everywhere, np.random.default_rng(0), NOISE, forehead=forehead)
        return float(grain.on(smooth, smooth, np.ones((side, side), np.float32)).std())

    assert laid(pores, ~everywhere) < 0.5 * laid(pores, everywhere)
    assert laid(fine, ~everywhere) > 0.85 * laid(fine, everywhere)
