"""The user's own boundaries beside a generator's."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from engine.attributes.custom import custom_directory
from engine.attributes.custom_boundaries import load_all_boundaries
from engine.errors import ForeignBoundary, WeightsCorrupt
from engine.training.attributes.chain import save_boundaries
from tests.support.boundary import boundary

HERE, ELSEWHERE = "ab" * 32, "cd" * 32


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A generator's boundaries; two of the user's own, one of them fitted in another W space."""
    monkeypatch.setenv("RECEDE_DATA", str(tmp_path / "data"))
    save_boundaries(custom_directory() / "freckles.safetensors", boundary("freckles", HERE), {})
    save_boundaries(custom_directory() / "dimples.safetensors", boundary("dimples", ELSEWHERE), {})
    save_boundaries(tmp_path / "boundaries.safetensors", boundary("bald", HERE), {})
    return tmp_path / "boundaries.safetensors"


def test_own_boundaries_of_another_w_space_do_not_stand_in_the_way_of_other_edits(shipped: Path) -> None:
    assert load_all_boundaries(HERE, shipped, ("bald", "freckles")).names == ("bald", "freckles")


def test_an_own_attribute_of_another_w_space_is_refused_with_how_to_fit_it_again(shipped: Path) -> None:
    with pytest.raises(ForeignBoundary, match=r"recede train attribute dimples.*--generator FILE"):
        load_all_boundaries(HERE, shipped, ("dimples",))


def test_a_generators_boundaries_of_another_w_space_are_refused_with_how_to_make_new_ones(shipped: Path) -> None:
    with pytest.raises(ForeignBoundary, match=re.escape("`recede train sample`, `score` and `fit`")):
        load_all_boundaries(ELSEWHERE, shipped)


@pytest.mark.parametrize("damage", ["noise", "empty", "no card", "deep card", "another shape"])
def test_one_damaged_attribute_breaks_only_itself(shipped: Path, damage: str) -> None:
    path = custom_directory() / "bangles.safetensors"
    save_boundaries(path, boundary("bangles", HERE), {})
    if damage == "noise":
        path.write_bytes(b"\x09" * 400)
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "no card":
        path.with_suffix(".json").unlink()
    elif damage == "deep card":
        path.with_suffix(".json").write_text("[" * 100_000)
    else:
        odd = boundary("bangles", HERE)
        save_boundaries(path, dataclasses.replace(odd, normals=odd.normals[:, :7]), {})
    assert load_all_boundaries(HERE, shipped, ("bald", "freckles")).names == ("bald", "freckles")
    with pytest.raises(WeightsCorrupt, match="recede train attribute bangles"):
        load_all_boundaries(HERE, shipped, ("bangles",))
