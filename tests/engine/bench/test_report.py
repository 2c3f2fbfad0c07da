"""Measured numbers as JSON, table and picture."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.bench.report import (
    BETTER_IF_LARGE,
    KEYS,
    PhotoQuality,
    machine,
    overview,
    peak_memory_mib,
    report_json,
    summary,
    table,
)
from engine.protocol import BaldOptions


def quality(name: str, value: float, height_px: int = 40, width_px: int = 30) -> PhotoQuality:
    still = np.full((height_px, width_px, 3), int(value * 100), dtype=np.uint8)
    return PhotoQuality(name, dict.fromkeys(KEYS, value), (still,) * 5)


def test_mean_and_worst_are_taken_over_photos() -> None:
    mean, worst = summary([dict.fromkeys(KEYS, 0.25), dict.fromkeys(KEYS, 0.75)])
    assert mean == dict.fromkeys(KEYS, 0.5)
    assert worst == {key: 0.25 if key in BETTER_IF_LARGE else 0.75 for key in KEYS}
    assert worst["temple_lead"] == 0.25
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
    assert again["worst"]["seconds"] == 0.75


def test_the_table_has_a_row_for_each_photo_and_two_below() -> None:
    lines = table([quality("first", 0.25), quality("second", 0.75)]).splitlines()
    assert [line.split()[0] for line in lines] == ["photo", "first", "second", "mean", "worst"]
    assert lines[0].split()[1:] == list(KEYS)
    assert set(lines[3].split()[1:]) == {"0.500", "0.5"}
    assert len({len(line) for line in lines}) == 1


def test_what_a_photo_does_not_show_counts_nowhere() -> None:
    unseen = PhotoQuality("fringe", {**dict.fromkeys(KEYS, 0.25), "temple_lead": float("nan")}, ())
    told = report_json(BaldOptions(), "cpu", [unseen, quality("b", 0.75)], {})
    again = json.loads(json.dumps(told, allow_nan=False))
    assert again["photos"][0]["temple_lead"] is None
    assert again["mean"]["temple_lead"] == again["worst"]["temple_lead"] == 0.75
    assert "real_bald" not in again
    assert report_json(BaldOptions(), "cpu", [unseen], {})["mean"]["temple_lead"] is None
    cells = table([unseen]).splitlines()[1].split()
    assert cells[1 + KEYS.index("temple_lead")] == "-"


def test_real_bald_heads_stand_beside_with_what_can_be_measured_on_them() -> None:
    real = {"one": {"scalp_tone": 4.0, "outline_step": 0.01}, "two": {"scalp_tone": 6.0, "outline_step": 0.03}}
    told = report_json(BaldOptions(), "cpu", [quality("a", 0.25)], {}, real)
    assert told["real_bald"]["mean"] == {"scalp_tone": 5.0, "outline_step": pytest.approx(0.02)}
    assert told["real_bald"]["worst"] == {"scalp_tone": 6.0, "outline_step": 0.03}
    assert [head["name"] for head in told["real_bald"]["photos"]] == ["one", "two"]
    last = table([quality("a", 0.25)], real).splitlines()[-1]
    assert last.startswith("real bald")
    assert "5.000" in last


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
