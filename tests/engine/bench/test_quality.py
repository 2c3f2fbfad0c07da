"""``recede bench quality`` for real: a child process, a real face, the real models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.bench.report import KEYS
from engine.errors import WeightsError
from engine.weights import weights_path

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(astronaut_jpeg: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two inputs: a photo, and a file that is none."""
    try:
        for name in ("mapping.xml", "mapping.bin", "synthesis.xml", "synthesis.bin", "bisenet.pth"):
            weights_path(name)
    except WeightsError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("quality")
    (folder / "astronaut.jpg").write_bytes(astronaut_jpeg)
    (folder / "notes.txt").write_text("no picture at all")
    return folder


@pytest.fixture(scope="module")
def ran(folder: Path, repository: Path) -> subprocess.CompletedProcess[str]:
    words = [str(folder / "notes.txt"), str(folder / "astronaut.jpg")]
    words += ["--preset", "draft", "--json", str(folder / "quality.json"), "--sheets", str(folder / "sheets")]
    command = [sys.executable, "-m", "engine.cli", "bench", "quality", *words]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False, timeout=900)


@pytest.fixture(scope="module")
def told(ran: subprocess.CompletedProcess[str], folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "quality.json").read_text())
    return loaded


def test_a_file_that_is_no_photo_is_told_and_does_not_stop_the_others(
    ran: subprocess.CompletedProcess[str], told: dict[str, Any]
) -> None:
    assert ran.returncode == 2
    assert "notes: " in ran.stdout
    by_name = {photo["name"]: photo for photo in told["photos"]}
    assert by_name["notes"]["error"]["code"] == "not_an_image"
    assert set(by_name["astronaut"]) == {"name", *KEYS}


def test_the_photo_goes_bald_and_nothing_else_changes(told: dict[str, Any]) -> None:
    numbers = told["mean"]
    assert numbers["outside_changed"] == 0
    assert numbers["monotonic"] < -0.9
    assert numbers["crown_hair_left"] < 0.5
    assert numbers["crown_hair_left_colour"] < 0.7
    assert 0.0 < numbers["identity_final"] <= numbers["identity_max"] < 0.6
    assert 0.5 < numbers["inversion_ms_ssim"] <= 1.0


def test_the_sheet_holds_five_years_at_full_size(
    ran: subprocess.CompletedProcess[str], folder: Path, told: dict[str, Any]
) -> None:
    assert sorted(path.name for path in (folder / "sheets").iterdir()) == ["astronaut.png", "overview.png"]
    with Image.open(folder / "sheets" / "astronaut.png") as image:
        assert image.height == 512
        assert image.width >= 5 * 512
