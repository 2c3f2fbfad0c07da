"""``recede train``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import cli
from engine.models.load import Parts


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["encoder", "--shards", "x", "--epochs", "0"], "from 1 on"),
        (["encoder"], "--shards"),
        (["picture-head", "--steps", "0"], "from 1 on"),
        (["feature-parser", "--samples", "many"], "from 10 on"),
        (["bald-direction", "--per-kind", "4"], "from 5 on"),
        (["on-hair", "--faces", "2"], "from 20 on"),
        (["on-hair-close", "--drawings", "8"], "from 64 on"),
        (["bald-start", "--faces", "19"], "from 20 on"),
        (["feature-parser", "--seed", "-1"], "--seed"),
        (["moustache"], "moustache"),
        ([], "ASSET"),
    ],
)
def test_numbers_that_cannot_work_are_refused(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", *words]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "kind", ["picture-head", "feature-parser", "on-hair", "on-hair-close", "bald-direction", "bald-start"]
)
@pytest.mark.parametrize(("name", "told"), [("asset.json", ".safetensors"), ("no/a.safetensors", "does not exist")])
def test_where_the_asset_goes_is_checked_before_any_work(
    kind: str, name: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["train", kind, "-o", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert told in err
    assert "loading" not in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_device_that_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "picture-head", "-o", str(tmp_path / "e.safetensors"), "--device", "cuda:99", "--json"]
    assert cli.main(words) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "device_unavailable"


@pytest.mark.slow
def test_the_asset_is_written_and_its_card_printed(
    parts: Parts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.safetensors"
    words = ["train", "feature-parser", "--samples", "10", "--seed", "4", "-o", str(out), "--device", "cpu"]
    assert cli.main(words) == 0
    printed, err = capsys.readouterr()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.json", "mine.safetensors"]
    card, _, last = printed.rstrip().rpartition("\n")
    assert json.loads(card) == json.loads((tmp_path / "mine.json").read_text())
    assert json.loads(card)["command"] == "recede train feature-parser --samples 10 --seed 4"
    assert last.startswith(f"{out}: ")
    assert err.splitlines() == ["loading models ...", "sampling ...", "fitting ...", "scoring ..."]
