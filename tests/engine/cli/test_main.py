"""Exit codes, and where complaints go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace, _SubParsersAction
from pathlib import Path

import pytest

from engine import cli
from engine.cli.arguments import Parser
from engine.cli.command_line import Command
from engine.cli.outputs import json_text
from engine.errors import NoFace, NotAnImage
from engine.photo import read_photo


def command_that(action: object) -> Command:
    """A way to register a command ``act`` that raises or returns what it is given."""

    def run(arguments: Namespace) -> int:
        if isinstance(action, BaseException):
            raise action
        assert isinstance(action, int)
        return action

    def add(subparsers: _SubParsersAction[Parser]) -> None:
        parser = subparsers.add_parser("act")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--traceback", action="store_true")
        parser.set_defaults(run=run)

    return add


@pytest.mark.parametrize(
    ("action", "code", "sentence"),
    [
        (0, 0, ""),
        (NoFace("No face was found: send another photo."), 2, "No face was found: send another photo."),
        (KeyboardInterrupt(), 130, "Interrupted"),
        (ZeroDivisionError("by nothing"), 1, "ZeroDivisionError: by nothing"),
    ],
)
def test_each_way_to_end_has_its_exit_code_and_a_sentence_on_stderr(
    action: object, code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["act"], commands=[command_that(action)]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert bool(err) == bool(sentence)
    assert "Traceback" not in err


def test_with_json_the_error_is_an_object_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["act", "--json"], commands=[command_that(NoFace("No face was found."))]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out) == {"error": {"code": "no_face", "sentence": "No face was found."}}
    assert err == ""


def test_a_traceback_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["act", "--traceback"], commands=[command_that(ZeroDivisionError("by nothing"))]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [[], ["nonsense"], ["bald", "--bogus"], ["bald", "--frames", "many", "x.jpg"], ["bald", "--max-bytes", "x"]],
)
def test_a_wrong_command_line_is_an_error_like_all_others(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    assert "--help' shows" in capsys.readouterr().err
    assert cli.main([*words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_option"


def test_every_command_has_a_help_text_and_says_what_each_option_does(capsys: pytest.CaptureFixture[str]) -> None:
    def walk(parser: Parser) -> list[Parser]:
        found = [parser]
        for action in parser._actions:
            if not isinstance(action.choices, dict):
                assert action.help
            else:
                for child in action.choices.values():
                    found += walk(child)
        return found

    parsers = walk(cli.parser())
    assert {parser.prog for parser in parsers} >= {
        "recede",
        "recede bald",
        "recede weights fetch",
        "recede bench quality",
    }
    for parser in parsers:
        assert parser.description
        assert parser.format_help()


def test_what_takes_a_photo_names_every_format_that_is_read() -> None:
    with pytest.raises(NotAnImage) as refused:
        read_photo(b"")
    read = str(refused.value).partition("send a ")[2].rstrip(".")
    assert "HEIC" in read
    [commands] = [action.choices for action in cli.parser()._actions if isinstance(action.choices, dict)]
    told = {
        name: [action.help for action in commands[name]._actions if action.dest == "photo"] for name in ("bald", "edit")
    }
    assert told == {"bald": [read], "edit": [read]}


def test_help_is_quick_because_it_imports_no_heavy_library(repository: Path) -> None:
    program = (
        "import sys; from engine.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('torch', 'numpy', 'cv2', 'PIL', 'scipy', 'dlib') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("recede ")


def test_a_name_that_is_no_utf_8_is_shown_as_it_is_in_any_locale(repository: Path) -> None:
    command = [sys.executable, "-m", "engine.cli", "bald", os.fsdecode(b"caf\xe9.jpg")]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    ran = subprocess.run(command, cwd=repository, env=environment, capture_output=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr == b"recede: There is no file 'caf\xe9.jpg': check its name and folder.\n"


def test_in_json_such_a_name_can_be_read_back() -> None:
    name = os.fsdecode(b"caf\xe9.gif")
    text = json_text({"animation": name, "alt_text": "Café"})
    assert json.loads(text.encode()) == {"animation": name, "alt_text": "Café"}
    assert "Café" in json_text({"alt_text": "Café"})
