"""Which pieces of a picture fill a hole."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.candidates import CandidateSettings, Hints
from engine.compositing.offsets import Pieces, PieceSettings, pieces_for

SIZE = 64


def pattern() -> NDArray[np.float32]:
    """Squares that repeat every 16 cells both ways, each with a mark of its own colour."""
    y, x = np.mgrid[:SIZE, :SIZE]
    grey = np.where((y % 16 < 8) ^ (x % 16 < 8), 60.0, 180.0) + 2.0 * (y % 16)
    return np.repeat(grey[..., None], 3, 2).astype(np.float32)


@pytest.fixture(scope="module")
def hole() -> NDArray[np.bool_]:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[24:44, 20:38] = True
    return mask


@pytest.fixture(scope="module")
def pieces(hole: NDArray[np.bool_]) -> Pieces:
    features = np.where(hole[..., None], np.float32(0), pattern())
    found = pieces_for(features, hole, ~hole, np.random.default_rng(0))
    assert found is not None
    return found


def sources_of(found: Pieces, hole: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Row and column (N,2) from which each cell of the hole is filled."""
    return np.asarray(np.argwhere(hole) + found.offsets[found.label[hole]], np.intp)


def test_every_cell_of_the_hole_is_filled_from_a_known_one(pieces: Pieces, hole: NDArray[np.bool_]) -> None:
    assert (pieces.label[hole] >= 0).all()
    assert (pieces.label[~hole] == -1).all()
    sources = sources_of(pieces, hole)
    assert not hole[sources[:, 0], sources[:, 1]].any()


def test_what_the_first_offsets_do_not_reach_gets_ones_of_its_own() -> None:
    """Little is known, at the edges alone: one offset reaches a part of the hole."""
    hole = np.zeros((SIZE, SIZE), bool)
    hole[10:54, 10:54] = True
    few, more = (
        pieces_for(
            pattern(),
            hole,
            ~hole,
            np.random.default_rng(0),
            hints=Hints(any_fits=True),
            settings=PieceSettings(candidates=CandidateSettings(reaching=1, remaining=remaining)),
        )
        for remaining in (0, 6)
    )
    assert few is not None
    assert more is not None
    assert (few.label[hole] < 0).mean() > 0.3
    assert (more.label[hole] < 0).mean() < 0.1


def test_a_pattern_goes_on_as_it_repeats(pieces: Pieces, hole: NDArray[np.bool_]) -> None:
    sources = sources_of(pieces, hole)
    copied = pattern()[sources[:, 0], sources[:, 1]]
    wrong = np.abs(copied - pattern()[hole]).max(1) > 20
    assert wrong.mean() < 0.05


def test_pieces_of_another_brightness_are_moved_to_meet_the_photo(hole: NDArray[np.bool_]) -> None:
    """A slope of light lies over the wall: a copy from its dark side has to become lighter."""
    slope = np.repeat(np.linspace(80, 160, SIZE, dtype=np.float32)[None, :, None], SIZE, 0).repeat(3, 2)
    found = pieces_for(np.where(hole[..., None], 0, slope).astype(np.float32), hole, ~hole, np.random.default_rng(0))
    assert found is not None
    sources = sources_of(found, hole)
    copied, wanted = slope[sources[:, 0], sources[:, 1]], slope[hole]
    before = float(np.abs(copied - wanted).mean())
    after = float(np.abs(copied + found.change[hole] - wanted).mean())
    assert after < max(0.5 * before, 2.0)


def test_what_is_sharp_on_both_sides_of_a_hole_stays_in_line(hole: NDArray[np.bool_]) -> None:
    """A pole runs down behind the hole."""
    picture = np.full((SIZE, SIZE, 3), 90, np.float32)
    picture[:, 28:32] = 200
    found = pieces_for(np.where(hole[..., None], 0, picture).astype(np.float32), hole, ~hole, np.random.default_rng(0))
    assert found is not None
    sources = sources_of(found, hole)
    wrong = np.abs(picture[sources[:, 0], sources[:, 1]] - picture[hole]).max(1) > 20
    assert wrong.mean() < 0.05


def test_where_any_piece_fits_all_that_is_reached_is_filled_unchanged(hole: NDArray[np.bool_]) -> None:
    plain = np.where(hole[..., None], 0, np.full((SIZE, SIZE, 3), 180)).astype(np.float32)
    found = pieces_for(plain, hole, ~hole, np.random.default_rng(0), hints=Hints(any_fits=True))
    assert found is not None
    assert (sources_of(found, hole) >= 0).all()
    assert not found.change.any()
    assert len(np.unique(found.label[hole])) < 5


def test_where_too_little_is_known_nothing_is_found() -> None:
    known = np.zeros((SIZE, SIZE), bool)
    known[:4, :4] = True
    assert pieces_for(pattern(), ~known, known, np.random.default_rng(0)) is None


def test_the_same_seed_gives_the_same_pieces(pieces: Pieces, hole: NDArray[np.bool_]) -> None:
    features = np.where(hole[..., None], np.float32(0), pattern())
    again = pieces_for(features, hole, ~hole, np.random.default_rng(0))
    assert again is not None
    np.testing.assert_array_equal(again.label, pieces.label)


def test_cells_that_nothing_reaches_spoil_no_colour_beside_them() -> None:
    """Of a plain wall so little is known that no offset reaches the middle of the hole."""
    known = np.zeros((SIZE, SIZE), bool)
    known[:, :12] = True
    plain = np.full((SIZE, SIZE, 3), 180, np.float32)
    found = pieces_for(np.where(known[..., None], plain, 0).astype(np.float32), ~known, known, np.random.default_rng(0))
    assert found is not None
    assert np.abs(found.change).max() < 1


def test_a_piece_whose_source_ends_at_the_rim_still_has_to_meet_it() -> None:
    """Orange lies beside the hole; the wall beyond reaches just as far into it, and is never seen against the orange
    but where it would end."""
    wall, orange = np.array([40, 110, 60], np.float32), np.array([230, 170, 90], np.float32)
    picture = np.tile(wall, (SIZE, SIZE, 1)) + np.random.default_rng(0).normal(0, 4, (SIZE, SIZE, 1)).astype(np.float32)
    picture[:, 40:54] += orange - wall
    hole = np.zeros((SIZE, SIZE), bool)
    hole[:, 26:40] = True
    features = np.where(hole[..., None], wall, picture)
    found = pieces_for(features, hole, ~hole, np.random.default_rng(0))
    assert found is not None
    rim = np.stack(np.nonzero(hole[:, 39:40]), 1) + np.array([0, 39])
    sources = rim + found.offsets[found.label[rim[:, 0], rim[:, 1]]]
    beside = picture[sources[:, 0], sources[:, 1]]
    assert np.abs(beside - orange).mean() < 30


def wall_with_a_lamp() -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """A grained wall with one lamp on it, right beside the hole, and the hole."""
    rng = np.random.default_rng(1)
    picture = np.full((SIZE, SIZE, 3), 120, np.float32) + rng.normal(0, 3, (SIZE, SIZE, 1)).astype(np.float32)
    y, x = np.mgrid[:SIZE, :SIZE]
    picture[np.hypot(y - 32, x - 49) < 5] += np.array([90, 60, -60], np.float32)
    hole = np.zeros((SIZE, SIZE), bool)
    hole[16:48, 8:44] = True
    return picture, hole


def test_one_thing_does_not_stand_there_many_times() -> None:
    picture, hole = wall_with_a_lamp()
    features = np.where(hole[..., None], np.float32(120), picture)

    def copies(settings: PieceSettings) -> float:
        found = pieces_for(features, hole, ~hole, np.random.default_rng(0), settings=settings)
        assert found is not None
        sources = sources_of(found, hole)
        return float((picture[sources[:, 0], sources[:, 1], 0] > 170).sum())

    lamp = float((picture[..., 0] > 170).sum())
    assert copies(PieceSettings()) < 0.2 * lamp
    assert copies(PieceSettings(repeat_cost=0)) > 0.5 * lamp


def test_a_slanted_edge_goes_on_along_itself() -> None:
    """None of the coarse grid's few offsets has its direction."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    side = (x - 32) - 10 / 27 * (y - 32)
    edge = np.clip(side + 0.5, 0, 1)[..., None]
    picture = np.asarray(60 + 130 * edge + 0 * y[..., None], np.float32).repeat(3, 2)
    hole = (y > 30) & (np.abs(side) < 12) & (y < 54)
    along = np.array([[-27.0, -10.0]])
    features = np.where(hole[..., None], np.float32(120), picture)

    def wrong(hints: Hints) -> float:
        settings = PieceSettings(candidates=CandidateSettings(repeating=0, reaching=8))
        found = pieces_for(features, hole, ~hole, np.random.default_rng(0), hints=hints, settings=settings)
        assert found is not None
        sources = sources_of(found, hole)
        copied = picture[sources[:, 0], sources[:, 1]]
        return float((np.abs(copied - picture[hole]).max(1) > 40).mean())

    assert wrong(Hints(along=along)) < 0.01
    assert wrong(Hints()) > 0.03
