"""``recede bald``, as users run it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from engine import cli
from engine.cli.bald import choose_outputs


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def arguments(*words: str) -> Namespace:
    return cli.parser().parse_args(["bald", *words])


@pytest.mark.parametrize(
    ("words", "animation", "kind"),
    [
        (["photos/me.jpg"], "me-bald.gif", "gif"),
        (["me.jpg", "--format", "mp4"], "me-bald.mp4", "mp4"),
        (["me.jpg", "-o", "out.webp"], "out.webp", "webp"),
        (["me.jpg", "-o", "OUT.GIF"], "OUT.GIF", "gif"),
        (["me.jpg", "-o", "out", "--format", "webp"], "out", "webp"),
        (["--sample", "--seed", "7"], "sample-7-bald.gif", "gif"),
    ],
)
def test_name_and_ending_decide_where_it_goes_and_in_which_format(words: list[str], animation: str, kind: str) -> None:
    outputs = choose_outputs(arguments(*words))
    assert (str(outputs.animation), outputs.format) == (animation, kind)


def test_the_invented_face_goes_beside_the_animation(tmp_path: Path) -> None:
    assert choose_outputs(arguments("--sample", "--seed", "7")).face == Path("sample-7-face.png")
    output = str(tmp_path / "out.mp4")
    assert choose_outputs(arguments("--sample", "-o", output)).face == tmp_path / "out-face.png"
    assert choose_outputs(arguments("me.jpg")).face is None
