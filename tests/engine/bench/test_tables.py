"""Measured figures as the tables of README and docs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.bench.speed import fit
from engine.bench.tables import markdown, named_in, with_tables
from engine.errors import BadOption


@pytest.fixture
def quality(repository: Path) -> dict[str, Any]:
    """The release's own figures."""
    found: dict[str, Any] = json.loads((repository / "docs/bench/quality.json").read_text())
    return found


def preset(seconds: float) -> dict[str, Any]:
    spread = {"median": seconds, "max": 2 * seconds}
    return {
        "photos": 8,
        "photo_to_animation_s": spread,
        "first_preview_s": spread,
        "again_s": spread,
        "other_format_s": spread,
        "stages_s": {"reading_s": 0.07, "some_new_s": 1.5},
        "frames_per_s": 160.4,
        "peak_memory_mib": 1536.3,
    }


@pytest.fixture
def speed() -> dict[str, Any]:
    """As `recede bench speed --json` has it, with a stage that this version has no words for."""
    return {
        "machine": "Linux x86_64, 2 cores",
        "presets": {"fast": preset(8.1), "fine": preset(26.0)},
        "frame": {
            "ms": 59.2,
            "half_size_ms": 40.0,
            "vs_reference_runtime": None,
            "vs_float32": 1.22,
            "vs_limit": 0.9,
            "limit_ms": 69.0,
            "gflop": 14.6,
        },
        "scaling": {"frames": fit({12: 0.63, 24: 0.94, 48: 1.49})},
        "jobs_per_minute": {"1": 7.7, "4": 8.4},
    }


def test_a_quality_table_has_mean_and_worst_with_its_photo(quality: dict[str, Any]) -> None:
    lines = markdown(quality).splitlines()
    assert lines[0] == "| 8 photos, preset fast | mean | worst (photo) |"
    [jump] = [line for line in lines if "outline" in line]
    worst = max(quality["photos"], key=lambda photo: photo["outline_step"])
    assert f"| {quality['mean']['outline_step']:.3f} | {worst['outline_step']:.3f} ({worst['name']}) |" in jump
    of_real_heads = quality["real_bald"]["mean"]["scalp_tone"]
    assert f"2 real bald heads: {of_real_heads:.1f}" in lines[2]


def test_photos_with_an_error_and_figures_that_nobody_shows_do_not_stop_a_table(quality: dict[str, Any]) -> None:
    quality["photos"].append({"name": "hat", "error": {"code": "hat_in_the_way", "sentence": "."}})
    quality["mean"]["temple_lead"] = quality["worst"]["temple_lead"] = None
    del quality["real_bald"]
    drawn = markdown(quality)
    assert "| 8 photos" in drawn
    assert "in face widths | - | - |" in drawn


def test_a_speed_table_has_a_column_for_each_preset_and_every_stage(speed: dict[str, Any]) -> None:
    lines = markdown(speed).splitlines()
    assert lines[0] == "| seconds | fast (8 photos) | fine (8 photos) |"
    assert "| photo to animation, median; longest | 8.1; 16.2 | 26.0; 52.0 |" in lines
    assert "| reading the photo | 0.07 | 0.07 |" in lines
    assert "| some_new | 1.50 | 1.50 |" in lines
    r2 = speed["scaling"]["frames"]["r2"]
    assert f"| frames 12, 24, 48 (drawing and encoding) | 0.63, 0.94, 1.49 | {r2:.3f} |" in lines
    assert "1 waiting: 7.7, 4 waiting: 8.4" in lines[-3]
    assert "reference" not in markdown(speed)


def test_a_stage_that_only_one_preset_has_is_a_dash_for_the_other(speed: dict[str, Any]) -> None:
    del speed["presets"]["fast"]["stages_s"]["some_new_s"]
    assert "| some_new | - | 1.50 |" in markdown(speed)


@pytest.mark.parametrize("figures", [{}, {"presets": {"fast": {}}}, {"worst": {}, "photos": []}, {"presets": 3}])
def test_what_no_bench_has_written_is_refused(figures: dict[str, Any]) -> None:
    with pytest.raises(BadOption, match="bench|measure"):
        markdown(figures)


def test_the_parsers_agreement_has_a_row_for_each_degradation() -> None:
    ways = {"before": {"hair": 0.0, "skin": 0.4}, "now": {"hair": 0.6, "skin": 0.8}}
    drawn = markdown({"mean": {"blur 6 px": ways, "mean": ways}, "photos": {"one": {}}, "machine": "A machine"})
    assert "| blur 6 px | 0 | 0.60 | 0.40 | 0.80 |\n| mean | 0 |" in drawn
    assert drawn.endswith("1 photos; A machine.")


def test_a_document_gets_the_tables_that_it_asks_for_and_nothing_else_changes(speed: dict[str, Any]) -> None:
    text = (
        "above\n<!-- recede bench table: speed.json -->\nold\n<!-- end of table -->\nbetween\n"
        "<!-- recede bench table: other.json -->\nkept\n<!-- end of table -->\nbelow\n"
    )
    assert named_in(text) == ("speed.json", "other.json")
    after = with_tables(text, {"speed.json": speed})
    assert after == text.replace("old", markdown(speed))
    assert with_tables(after, {"speed.json": speed}) == after


def test_the_tables_in_the_documents_are_those_of_the_release(repository: Path) -> None:
    measured = {path.name: json.loads(path.read_text()) for path in (repository / "docs/bench").glob("*.json")}
    documents = [repository / "README.md", *(repository / "docs").glob("*.md")]
    asked = set()
    for document in documents:
        text = document.read_text()
        asked |= set(named_in(text))
        assert with_tables(text, measured) == text, f"{document.name}: recede bench table docs/bench/*.json --into"
    assert set(measured) <= asked
