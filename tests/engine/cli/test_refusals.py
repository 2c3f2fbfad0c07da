"""What ``recede bald`` and ``recede edit`` refuse before any work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import cli
from engine.cli import bald, edit
from engine.errors import BadOption, RecedeError, UnknownFormat


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "error", "sentence"),
    [
        (["bald"], BadOption, "Give a photo, or --sample"),
        (["bald", "me.jpg", "--sample"], BadOption, "either a photo or --sample"),
        (["bald", "me.jpg", "-o", "out.png"], UnknownFormat, "use .gif, .webp or .mp4"),
        (["bald", "me.jpg", "-o", "out"], UnknownFormat, "does not say its format"),
        (["bald", "me.jpg", "-o", "out.gif", "--format", "mp4"], BadOption, "contradict"),
        (["bald", "me.jpg", "--sheet", "sheet.jpg"], UnknownFormat, "end its name in .png"),
        (["bald", "me.gif", "-o", "./me.gif"], BadOption, "is the photo itself"),
        (["bald", "me.png", "--sheet", "me.png"], BadOption, "is the photo itself"),
        (["bald", "--sample", "-o", "a.gif", "--sheet", "a-face.png"], BadOption, "another name for the sheet"),
        (["bald", "me.jpg", "-o", "nowhere/out.gif"], BadOption, "does not exist"),
        (["edit", "me.jpg", "-o", "out.jpg"], UnknownFormat, "use .gif, .webp, .mp4 or .png"),
        (["edit", "me.jpg", "-o", "out"], UnknownFormat, "does not say its format"),
        (["edit", "me.jpg", "-o", "out.gif", "--format", "png"], BadOption, "contradict"),
        (["edit", "me.jpg", "--sheet", "sheet.jpg"], UnknownFormat, "end its name in .png"),
        (["edit", "me.png", "-o", "./me.png"], BadOption, "is the photo itself"),
        (["edit", "me.jpg", "-o", "a.png", "--sheet", "a.png"], BadOption, "another name for the sheet"),
        (["edit", "me.jpg", "-o", "nowhere/out.gif"], BadOption, "does not exist"),
    ],
)
def test_contradictions_are_refused(words: list[str], error: type[RecedeError], sentence: str) -> None:
    choose_outputs = {"bald": bald.choose_outputs, "edit": edit.choose_outputs}[words[0]]
    with pytest.raises(error, match=sentence):
        choose_outputs(cli.parser().parse_args(words))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["bald", "missing.jpg"], "photo"),
        (["bald", "."], "photo"),
        (["bald", "notes.txt"], "not_an_image"),
        (["bald", "empty.jpg"], "not_an_image"),
        (["bald", "large.jpg"], "photo_too_many_bytes"),
        (["bald", "notes.txt", "--stage", "8"], "bad_option"),
        (["bald", "notes.txt", "--face", "leftmost"], "bad_option"),
        (["bald", "notes.txt", "--frames", "1"], "bad_option"),
        (["bald", "notes.txt", "--size", "9"], "bad_option"),
        (["bald", "notes.txt", "--max-bytes", "1k"], "bad_option"),
        (["edit", "missing.jpg", "-a", "bangs"], "photo"),
        (["edit", "notes.txt", "-a", "bangs"], "not_an_image"),
        (["edit", "notes.txt", "-a", "bangz"], "bad_option"),
        (["edit", "notes.txt", "-a", "bangs", "--face", "leftmost"], "bad_option"),
        (["edit", "notes.txt", "-a", "bangs", "--frames", "1"], "bad_option"),
        (["edit", "notes.txt"], "bad_option"),
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
    assert cli.main([*words, "--json"]) == 2
    out, err = capsys.readouterr()
    told = json.loads(out)["error"]
    assert told["code"] == code
    assert told["sentence"].endswith((".", "?"))
    assert err == ""
    assert sorted(tmp_path.iterdir()) == before
