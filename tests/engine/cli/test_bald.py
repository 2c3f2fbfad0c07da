"""``recede bald``, as users run it."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest

from engine import cli
from engine.cli.bald import choose_outputs
from engine.errors import BadOption, RecedeError, UnknownFormat


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


@pytest.mark.parametrize(
    ("words", "error", "sentence"),
    [
        ([], BadOption, "Give a photo, or --sample"),
        (["me.jpg", "--sample"], BadOption, "either a photo or --sample"),
        (["me.jpg", "-o", "out.png"], UnknownFormat, "use .gif, .webp or .mp4"),
        (["me.jpg", "-o", "out"], UnknownFormat, "does not say its format"),
        (["me.jpg", "-o", "out.gif", "--format", "mp4"], BadOption, "contradict"),
        (["me.jpg", "--sheet", "sheet.jpg"], UnknownFormat, "end its name in .png"),
        (["me.gif", "-o", "./me.gif"], BadOption, "is the photo itself"),
        (["me.png", "--sheet", "me.png"], BadOption, "is the photo itself"),
        (["--sample", "-o", "a.gif", "--sheet", "a-face.png"], BadOption, "another name for the sheet"),
        (["me.jpg", "-o", "nowhere/out.gif"], BadOption, "does not exist"),
    ],
)
def test_contradictions_are_refused(words: list[str], error: type[RecedeError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        choose_outputs(arguments(*words))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["missing.jpg"], "photo"),
        (["."], "photo"),
        (["notes.txt"], "not_an_image"),
        (["empty.jpg"], "not_an_image"),
        (["large.jpg"], "photo_too_many_bytes"),
        (["notes.txt", "--stage", "8"], "bad_option"),
        (["notes.txt", "--face", "leftmost"], "bad_option"),
        (["notes.txt", "--frames", "1"], "bad_option"),
        (["notes.txt", "--size", "9"], "bad_option"),
        (["notes.txt", "--max-bytes", "1k"], "bad_option"),
    ],
)
def test_bad_input_is_a_typed_error_and_writes_nothing(
    words: list[str], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("no picture at all")
    (tmp_path / "empty.jpg").touch()
    with (tmp_path / "large.jpg").open("wb") as file:
        file.truncate(2**32)  # sparse: 4 GiB that must not be read
    before = sorted(tmp_path.iterdir())
    assert cli.main(["bald", *words, "--json"]) == 2
    out, err = capsys.readouterr()
    told = json.loads(out)["error"]
    assert told["code"] == code
    assert told["sentence"].endswith(".")
    assert err == ""
    assert sorted(tmp_path.iterdir()) == before
