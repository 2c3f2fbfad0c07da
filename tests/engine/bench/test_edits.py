"""What the bench of attribute edits makes of its measurements."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.bench.edits import (
    CELL_PX,
    LABEL_PX,
    STRENGTHS,
    EditVerdict,
    PhotoEdits,
    report_json,
    sheet_of,
    sheets_of,
    summary,
    table,
)


def measured(name: str, identity: float, outside: int = 0, level: int = 0) -> PhotoEdits:
    verdicts = {
        "bangs": {
            strength: EditVerdict(None if strength == 1 else 0.9 * strength, identity * abs(strength), outside, 0.1)
            for strength in STRENGTHS
        },
        "bald": {strength: EditVerdict(refused="no_hair_left") for strength in STRENGTHS},
    }
    cell = np.full((CELL_PX, CELL_PX, 3), level, np.uint8)
    return PhotoEdits(name, verdicts, {"bangs": [cell] * 5, "bald": [None, None, cell, None, None]})


def test_means_are_over_what_could_be_made_and_the_worst_pixel_count_is_told() -> None:
    means = summary([measured("a", 0.1), measured("b", 0.2, outside=3)])
    assert set(means) == {"bangs"}
    assert means["bangs"]["+2"]["identity"] == pytest.approx(0.3)
    assert means["bangs"]["-1"]["identity"] == pytest.approx(0.15)
    assert means["bangs"]["+2"]["outside_changed"] == 3
    assert means["bangs"]["+2"]["photos"] == 2
    assert means["bangs"]["-2"]["own_change"] == pytest.approx(-1.8)
    assert means["bangs"]["+1"]["own_change"] is None


def test_the_report_is_json_and_names_photos_that_failed() -> None:
    told = json.loads(json.dumps(report_json([measured("a", 0.1)], {"b": {"code": "no_face", "sentence": "None."}})))
    assert told["photos"][0]["edits"]["bald"]["-2"]["refused"] == "no_hair_left"
    assert told["photos"][1]["error"]["code"] == "no_face"
    lines = table([measured("a", 0.1)]).splitlines()
    assert [line.split()[:4] for line in lines[1:]] == [
        ["bangs", "-2", "1", "-1.80"],
        ["bangs", "-1", "1", "-0.90"],
        ["bangs", "+1", "1", "-"],
        ["bangs", "+2", "1", "+1.80"],
    ]


def test_a_sheet_has_a_row_for_each_attribute_and_a_column_for_each_strength() -> None:
    red = np.full((CELL_PX, CELL_PX, 3), (200, 0, 0), np.uint8)
    sheet = sheet_of(["bangs", "bald"], [[red] * 5, [red, None, red, red, red]])
    assert sheet.shape == (LABEL_PX + 2 * (CELL_PX + LABEL_PX), 5 * CELL_PX, 3)
    below = LABEL_PX + CELL_PX + LABEL_PX + LABEL_PX
    assert (sheet[below + 5, 5] == (200, 0, 0)).all()
    assert (sheet[below + 5, CELL_PX + 5] == 255).all()
    assert (sheet[:LABEL_PX] < 128).any()


def test_each_attribute_has_a_sheet_with_a_row_for_each_photo() -> None:
    sheets = sheets_of([measured("a", 0.1, level=40), measured("b", 0.1, level=90)])
    assert set(sheets) == {"bangs", "bald"}
    second_row = LABEL_PX + CELL_PX + LABEL_PX + LABEL_PX
    assert (sheets["bangs"][LABEL_PX + LABEL_PX + 9, 9] == 40).all()
    assert (sheets["bangs"][second_row + 9, 9] == 90).all()
    assert (sheets["bald"][second_row + 9, 2 * CELL_PX + 9] == 90).all()
    assert (sheets["bald"][second_row + 9, 9] == 255).all()
