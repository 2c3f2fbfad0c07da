"""Settings brought to a smaller canvas."""

from __future__ import annotations

from dataclasses import dataclass

from engine.imaging.scale import at_scale


@dataclass(frozen=True)
class Inner:
    grid_parsed_px: int = 24


@dataclass(frozen=True)
class Settings:
    radius_canvas_px: int = 6
    sigma_canvas_px: float = 3.0
    sigmas_canvas_px: tuple[float, ...] = (0.0, 5.0)
    spot_canvas_area: int = 400
    reach_px: float = 40.0
    share: float = 0.5
    inner: Inner = Inner()


def test_what_is_told_in_canvas_pixels_shrinks_with_the_canvas_and_nothing_else() -> None:
    half = at_scale(Settings(), 0.5)
    assert half == Settings(3, 1.5, (0.0, 2.5), 100, 40.0, 0.5, Inner(12))
    assert isinstance(half.radius_canvas_px, int)


def test_a_length_of_whole_pixels_keeps_one() -> None:
    assert at_scale(Settings(radius_canvas_px=1), 0.25).radius_canvas_px == 1


def test_at_full_size_settings_are_their_own() -> None:
    settings = Settings()
    assert at_scale(settings, 1.0) is settings
