"""The numbers of pictures: in frozen classes that say what they are for, each in the range that its name tells."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

PACKAGES = ("compositing", "edits", "hair", "imaging")
# By a part of the name; a name may have several.
RANGES = {
    "share": (0, 1),
    "probability": (0, 1),
    "opacity": (0, 1),
    "alpha": (0, 1),
    "percent": (0, 100),
    "level": (0, 255),
    "degrees": (-360, 360),
    "_px": (0, float("inf")),
    "_area": (0, float("inf")),
    "_cells": (0, float("inf")),
}


def settings_of(package: str) -> Iterator[Any]:
    """Every class of settings in a package of the engine."""
    for module in pkgutil.iter_modules(importlib.import_module(f"engine.{package}").__path__):
        found = importlib.import_module(f"engine.{package}.{module.name}")
        for name, kind in vars(found).items():
            if name.endswith("Settings") and isinstance(kind, type) and kind.__module__ == found.__name__:
                yield kind


ALL = [kind for package in PACKAGES for kind in settings_of(package)]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_settings_are_frozen_told_and_complete(kind: Any) -> None:
    assert kind.__dataclass_params__.frozen
    assert not kind.__doc__.startswith(f"{kind.__name__}(")  # what a dataclass without words gets
    for field in dataclasses.fields(kind):
        assert (field.default, field.default_factory) != (dataclasses.MISSING, dataclasses.MISSING), field.name


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_a_number_lies_in_the_range_that_its_name_tells(kind: Any) -> None:
    for field in dataclasses.fields(kind):
        values = field.default if isinstance(field.default, tuple) else (field.default,)
        for part, (least, most) in RANGES.items():
            if part in field.name:
                numbers = [value for value in values if isinstance(value, int | float)]
                assert all(least <= value <= most for value in numbers), f"{field.name}: {values}, not {least}..{most}"
