"""Settings told in pixels of the canvas of a crop at full size, brought to a smaller canvas."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

AnySettings = TypeVar("AnySettings")
# Endings of what is counted in a canvas's pixels: lengths, of the canvas and of the parser's grid on it, and areas.
LENGTHS, AREAS = ("_canvas_px", "_parsed_px"), ("_canvas_area", "_parsed_area")


def at_scale(settings: AnySettings, scale: float) -> AnySettings:
    """Frozen settings for a canvas `scale` times (0..1) as large: whatever ends in `_canvas_px` or `_parsed_px` so
    many times as long, in `_canvas_area` or `_parsed_area` as
    large as its square, settings within them likewise; whole numbers stay
    such, 1 at least."""
    if scale == 1 or not is_dataclass(settings):
        return settings
    changes: dict[str, Any] = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            changes[field.name] = at_scale(value, scale)
        elif field.name.endswith(LENGTHS):
            changes[field.name] = _scaled(value, scale)
        elif field.name.endswith(AREAS):
            changes[field.name] = _scaled(value, scale**2)
    return replace(settings, **changes)  # type: ignore[type-var]


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, tuple):
        return tuple(_scaled(part, factor) for part in value)
    if isinstance(value, int):
        return max(1, round(value * factor)) if value else 0
    return value * factor
