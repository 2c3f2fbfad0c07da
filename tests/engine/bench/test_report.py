"""Measured numbers as JSON, table and picture."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.bench.report import KEYS, PhotoQuality, machine, overview, peak_memory_mib, report_json, summary, table
from engine.protocol import BaldOptions


def quality(name: str, value: float, height_px: int = 40, width_px: int = 30) -> PhotoQuality:
    still = np.full((height_px, width_px, 3), int(value * 100), dtype=np.uint8)
    return PhotoQuality(name, dict.fromkeys(KEYS, value), (still,) * 5)


def test_mean_and_max_are_taken_over_photos() -> None:
    mean, largest = summary([dict.fromkeys(KEYS, 0.25), dict.fromkeys(KEYS, 0.75)])
    assert mean == dict.fromkeys(KEYS, 0.5)
    assert largest == dict.fromkeys(KEYS, 0.75)
    assert summary([]) == ({}, {})


def test_the_json_holds_every_key_of_every_photo_and_errors_beside_them() -> None:
    failed = {"hat": {"code": "hat_in_the_way", "sentence": "A hat covers the hair: take it off."}}
    told = report_json(BaldOptions(preset="fine"), "cpu", [quality("a", 0.25), quality("b", 0.75)], failed)
    again = json.loads(json.dumps(told, allow_nan=False))
    assert again["preset"] == "fine"
    assert [photo["name"] for photo in again["photos"]] == ["a", "b", "hat"]
    assert all(set(photo) == {"name", *KEYS} for photo in again["photos"][:2])
    assert again["photos"][2]["error"]["code"] == "hat_in_the_way"
    assert again["mean"]["seconds"] == 0.5
    assert again["max"]["seconds"] == 0.75


def test_the_table_has_a_row_for_each_photo_and_two_below() -> None:
    lines = table([quality("first", 0.25), quality("second", 0.75)]).splitlines()
    assert [line.split()[0] for line in lines] == ["photo", "first", "second", "mean", "max"]
    assert lines[0].split()[1:] == list(KEYS)
    assert set(lines[3].split()[1:]) == {"0.500", "0.5"}
    assert len({len(line) for line in lines}) == 1


def test_the_overview_has_a_row_for_each_photo_whatever_its_shape() -> None:
    picture = overview([quality("tall", 1.0, 800, 400), quality("wide", 2.0, 300, 900)])
    assert picture.shape[0] == 2 * (320 + 4)
    assert (picture[10, 10] == 100).all()
    assert (picture[334, 10] == 200).all()
    assert (picture[10, -1] == 255).all()


def test_the_machine_is_named_and_its_memory_plausible() -> None:
    assert "torch" in machine("cpu")
    assert "CPU" in machine("cpu")
    peak = peak_memory_mib()
    if peak is None:
        pytest.skip("this system does not tell its peak memory")
    assert 50 < peak < 100_000
