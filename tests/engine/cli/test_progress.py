"""Progress on stderr."""

from __future__ import annotations

from io import StringIO

from engine.cli.progress import ProgressBar
from engine.protocol import StageProgress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


STEPS = [StageProgress("finding faces", 0.02), StageProgress("inversion", 0.2), StageProgress("inversion", 0.55)]


def shown(file: StringIO, silent: bool = False) -> str:
    with ProgressBar(silent=silent, file=file) as progress:
        for step in STEPS:
            progress(step)
    return file.getvalue()


def test_a_terminal_sees_a_bar_that_names_the_stage_and_leaves_a_clean_line() -> None:
    text = shown(Terminal())
    assert "finding faces" in text
    last = text.split("\r")[-3:]
    assert any("inversion" in part and "55%" in part for part in text.split("\r"))
    assert last[-1].strip() == ""


def test_elsewhere_each_stage_is_one_plain_line() -> None:
    assert shown(StringIO()) == "finding faces ...\ninversion ...\n"


def test_silence_is_silence() -> None:
    assert shown(StringIO(), silent=True) == ""
    assert shown(Terminal(), silent=True) == ""


def test_a_title_stands_before_its_stages() -> None:
    file = StringIO()
    with ProgressBar(file=file) as progress:
        for name in ("one", "two"):
            progress.title(name)
            progress(StageProgress("inversion", 0.5))
    assert file.getvalue() == "one: inversion ...\ntwo: inversion ...\n"


def test_stage_and_fraction_may_be_told_apart() -> None:
    file = StringIO()
    with ProgressBar(file=file) as progress:
        progress.at("fitting", 0.1)
        progress.at("calibrating", 0.5)
    assert file.getvalue() == "fitting ...\ncalibrating ...\n"
