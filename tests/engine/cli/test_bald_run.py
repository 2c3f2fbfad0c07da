"""``recede bald`` for real: a child process, a real face, the real models."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from engine.errors import WeightsError
from engine.weights import weights_path

pytestmark = pytest.mark.slow

# In this process alone: an engine that is started for the queue would outlive the test. What is tested here does not
# hang on how many steps a descent has.
COMMAND = [sys.executable, "-m", "engine.cli", "bald", "--in-process", "--preset", "draft"]
PATIENCE_S = 900  # a hung child must not hang the suite


@dataclass(frozen=True)
class Ran:
    """A finished child process and the folder where it wrote."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture(scope="module")
def weights() -> None:
    """Everything fetched, so that no test below waits for a download."""
    try:
        for name in ("mapping.xml", "mapping.bin", "synthesis.xml", "synthesis.bin", "bisenet.pth"):
            weights_path(name)
    except WeightsError as error:
        pytest.skip(str(error))


def recede(repository: Path, folder: Path, *words: str) -> Ran:
    done = subprocess.run(
        [*COMMAND, *words], cwd=repository, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    return Ran(done.returncode, done.stdout, done.stderr, folder)


@pytest.fixture(scope="module")
def astronaut_ran(
    weights: None, astronaut_jpeg: bytes, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Ran:
    folder = tmp_path_factory.mktemp("astronaut")
    (folder / "me.jpg").write_bytes(astronaut_jpeg)
    words = ["-o", str(folder / "out.gif"), "--sheet", str(folder / "sheet.png")]
    return recede(repository, folder, str(folder / "me.jpg"), *words, "--frames", "6", "--size", "256", "--json")


def test_a_photo_becomes_a_gif_and_a_sheet_and_nothing_else(astronaut_ran: Ran) -> None:
    assert astronaut_ran.err == ""
    assert astronaut_ran.code == 0
    assert astronaut_ran.names == ["me.jpg", "out.gif", "sheet.png"]
    with Image.open(astronaut_ran.folder / "out.gif") as image:
        assert (image.format, image.size) == ("GIF", (256, 256))
        assert image.info["loop"] == 0


def test_the_json_on_stdout_says_what_was_written(astronaut_ran: Ran) -> None:
    told = json.loads(astronaut_ran.out)
    output = astronaut_ran.folder / "out.gif"
    assert told["animation"] == str(output)
    assert told["bytes"] == output.stat().st_size <= told["max_bytes"]
    assert (told["format"], told["width_px"], told["height_px"], told["frames"]) == ("gif", 256, 256, 6)
    assert told["gave_up"] == []
    assert "Edited picture" in told["alt_text"]
    assert told["measured"]["faces"] == 1
    assert told["face"] is None


def test_hair_goes_and_the_rest_of_the_photo_stays(astronaut_ran: Ran) -> None:
    with Image.open(astronaut_ran.folder / "out.gif") as image:
        frames = [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(image)]
    change = np.abs(frames[5] - frames[0]).max(axis=2) > 40
    head, suit = change[5:40, 85:140], change[110:200, 20:200]
    assert head.mean() > 0.2
    assert suit.mean() == 0.0


def test_without_a_photo_a_face_is_invented_and_written_beside_the_animation(
    weights: None, repository: Path, tmp_path: Path
) -> None:
    ran = recede(
        repository, tmp_path, "--sample", "--seed", "3", "-o", str(tmp_path / "s.mp4"), "--frames", "4", "--size", "128"
    )
    assert ran.code == 0
    assert ran.names == ["s-face.png", "s.mp4"]
    assert "s.mp4: 128 x 128 px, 4 frames" in ran.out
    assert "s-face.png" in ran.out
    # No terminal is there: every stage is a line of its own, without a bar's carriage returns.
    stages = ran.err.splitlines()
    assert len(stages) == len(set(stages)) > 3
    assert "\r" not in ran.err
    with Image.open(tmp_path / "s-face.png") as image:
        assert image.size == (1024, 1024)


def test_an_interrupted_run_ends_with_130_and_leaves_nothing(
    weights: None, astronaut_jpeg: bytes, repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "me.jpg").write_bytes(astronaut_jpeg)
    child = subprocess.Popen(
        [*COMMAND, str(tmp_path / "me.jpg"), "-o", str(tmp_path / "out.gif")],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A suite that runs in the background ignores SIGINT, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert child.stderr is not None
    for line in child.stderr:
        if "learning the face" in line:
            break
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert out == ""
    assert err.splitlines()[-1].startswith("recede: Interrupted")
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["me.jpg"]
