"""When each frame is shown."""

from __future__ import annotations

import itertools

import pytest

from engine.animation.timing import FIRST_PAUSE_MS, LAST_PAUSE_MS, TICK_MS, play_order, years_for_frames
from engine.errors import BadOption


@pytest.mark.parametrize("frames", [2, 3, 5, 24, 240])
def test_years_run_from_0_to_20_without_standing_still(frames: int) -> None:
    years = years_for_frames(frames)
    assert len(years) == frames
    assert (years[0], years[-1]) == (0.0, 20.0)
    assert all(later > earlier for earlier, later in itertools.pairwise(years))


def test_the_years_move_slower_at_the_ends_than_in_the_middle() -> None:
    years = years_for_frames(25)
    steps = [later - earlier for earlier, later in itertools.pairwise(years)]
    assert steps[0] < 0.7 * steps[12]
    assert steps[-1] < 0.7 * steps[12]


def test_a_single_frame_is_refused() -> None:
    with pytest.raises(BadOption, match="2 or more"):
        years_for_frames(1)


@pytest.mark.parametrize("frames", [2, 3, 4, 7, 8, 24, 240])
def test_every_frame_is_shown_forwards_once_and_the_loop_closes_by_a_rewind(frames: int) -> None:
    shots = play_order(frames)
    forwards, back = [shot.frame for shot in shots[:frames]], [shot.frame for shot in shots[frames:]]
    assert forwards == list(range(frames))
    assert back == sorted(set(back), reverse=True)
    assert all(0 < frame < frames - 1 for frame in back)
    assert bool(back) == (frames > 2)


def test_both_ends_pause() -> None:
    shots = play_order(24)
    assert shots[0].duration_ms == FIRST_PAUSE_MS
    assert shots[23].duration_ms == LAST_PAUSE_MS
    assert max(shot.duration_ms for shot in (*shots[1:23], *shots[24:])) < FIRST_PAUSE_MS / 2


@pytest.mark.parametrize("frames", range(2, 241, 7))
def test_durations_fit_the_clocks_of_gif_and_of_25_pictures_a_second(frames: int) -> None:
    assert all(shot.duration_ms >= TICK_MS and shot.duration_ms % TICK_MS == 0 for shot in play_order(frames))


def test_half_as_many_frames_take_about_as_long() -> None:
    def total(frames: int) -> int:
        return sum(shot.duration_ms for shot in play_order(frames))

    assert total(12) == pytest.approx(total(24), rel=0.1)
