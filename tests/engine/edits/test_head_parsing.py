"""How closely a parser looks at drawn heads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import engine.edits.portrait
from engine.edits.head_parsing import LookSettings
from engine.edits.portrait import Portrait
from engine.parsing import BiSeNet, parse


def test_heads_that_are_nearly_bald_are_looked_at_more_closely() -> None:
    looks = LookSettings()
    sizes = [looks.of(index, 5).size_px for index in range(8)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[3] == sizes[5] == sizes[7]


def test_the_way_to_the_horseshoe_ends_in_close_looks(portrait: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def noted(parser: BiSeNet, picture: NDArray[np.uint8], size_px: int, *, mirrored: bool) -> NDArray[np.float32]:
        seen.append(size_px)
        probabilities: NDArray[np.float32] = real(parser, picture, size_px, mirrored=mirrored)
        return probabilities

    real: Callable[..., NDArray[np.float32]] = parse
    monkeypatch.setattr(engine.edits.portrait, "parse", noted)
    heads = portrait._balding(clean=False).way + 1
    looks = portrait.settings.looks
    assert sorted(seen) == sorted(looks.of(index, heads - 1).size_px for index in range(heads))
    assert seen.count(looks.bald.size_px) == looks.before + 1
