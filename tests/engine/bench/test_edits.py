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
    summary,
    table,
)


def measured(name: str, identity: float, outside: int = 0) -> PhotoEdits:
    verdicts = {
        "bangs": {strength: EditVerdict(identity * abs(strength), outside, 0.1) for strength in STRENGTHS},
        "bald": {strength: EditVerdict(refused="no_hair_left") for strength in STRENGTHS},
    }
    return PhotoEdits(name, verdicts, np.zeros((4, 4, 3), np.uint8))


def test_means_are_over_what_could_be_made_and_the_worst_pixel_count_is_told() -> None:
    means = summary([measured("a", 0.1), measured("b", 0.2, outside=3)])
    assert set(means) == {"bangs"}
    assert means["bangs"]["+2"]["identity"] == pytest.approx(0.3)
    assert means["bangs"]["-1"]["identity"] == pytest.approx(0.15)
    assert means["bangs"]["+2"]["outside_changed"] == 3
    assert means["bangs"]["+2"]["photos"] == 2


def test_the_report_is_json_and_names_photos_that_failed() -> None:
    told = json.loads(json.dumps(report_json([measured("a", 0.1)], {"b": {"code": "no_face", "sentence": "None."}})))
    assert told["photos"][0]["edits"]["bald"]["-2"]["refused"] == "no_hair_left"
    assert told["photos"][1]["error"]["code"] == "no_face"
    assert "bangs" in table([measured("a", 0.1)])
    assert "bald" not in table([measured("a", 0.1)])


def test_a_sheet_has_a_row_for_each_attribute_and_a_column_for_each_strength() -> None:
    red = np.full((CELL_PX, CELL_PX, 3), (200, 0, 0), np.uint8)
    sheet = sheet_of(["bangs", "bald"], [[red] * 5, [red, None, red, red, red]])
    assert sheet.shape == (LABEL_PX + 2 * (CELL_PX + LABEL_PX), 5 * CELL_PX, 3)
    below = LABEL_PX + CELL_PX + LABEL_PX + LABEL_PX
    assert (sheet[below + 5, 5] == (200, 0, 0)).all()
    assert (sheet[below + 5, CELL_PX + 5] == 255).all()
    assert (sheet[:LABEL_PX] < 128).any()
