"""The configuration in commands that load the models themselves."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
import torch

from engine import cli
from engine.cli.arguments import add_model_arguments
from engine.cli.in_process import models_here, settings_here
from engine.generator.stylegan2 import StyleGAN2Generator
from engine.models.load import Parts
from tests.support.checkpoint_files import THIN, mapping_of, random_tensors, write_safetensors


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands run, without a configuration as yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECEDE_CONFIG", raising=False)
    return tmp_path


def configured(folder: Path, **engine: object) -> None:
    lines = [f"{key} = {json.dumps(value)}" for key, value in engine.items()]
    (folder / "config.toml").write_text("\n".join(["[engine]", *lines]))


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_model_arguments(parser)
    return parser.parse_args(words)


def test_what_the_command_line_leaves_open_the_configuration_decides(folder: Path) -> None:
    configured(folder, device="cuda:1", generator="its.pt", precision="bfloat16", memory_gib=3.0)
    settings = settings_here(parsed())
    assert (settings.device, settings.generator) == ("cuda:1", "its.pt")
    assert (settings.precision, settings.memory_gib) == ("bfloat16", 3.0)
    settings = settings_here(parsed("--device", "cpu", "--generator", "mine.pt", "--preset", "fine"))
    assert (settings.device, settings.generator, settings.preset) == ("cpu", "mine.pt", "fine")
    assert settings.precision == "bfloat16"


@pytest.mark.slow
def test_precision_and_generator_of_the_configuration_reach_the_models(parts: Parts, folder: Path) -> None:
    path = write_safetensors(folder / "shared.safetensors", random_tensors(THIN) | mapping_of(parts.generator))
    configured(folder, device="cpu", generator=str(path), precision="bfloat16")
    models = models_here(parsed(), lambda progress: None)
    assert isinstance(models.generator, StyleGAN2Generator)
    assert models.generator.half_dtype == torch.bfloat16


@pytest.mark.parametrize("words", [["bald"], ["edit", "--attribute", "black"]])
@pytest.mark.parametrize(
    ("key", "value", "code"),
    [("device", "cuda:99", "device_unavailable"), ("memory_gib", -1.0, "bad_config")],
)
def test_a_command_in_process_obeys_the_configuration(
    words: list[str],
    key: str,
    value: object,
    code: str,
    folder: Path,
    astronaut_jpeg: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configured(folder, **{key: value})
    (folder / "me.jpg").write_bytes(astronaut_jpeg)
    assert cli.main([words[0], "me.jpg", *words[1:], "--in-process", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code
    assert sorted(path.name for path in folder.iterdir()) == ["config.toml", "me.jpg"]
