"""The configuration file: what it says is used, what it cannot say is refused."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest

from engine.config import Config, EngineConfig, QueueConfig, load_config
from engine.errors import BadConfig


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECEDE_CONFIG", raising=False)


def test_without_a_file_everything_has_its_default() -> None:
    assert load_config() == Config()


def test_by_default_a_dead_engine_s_jobs_begin_again_within_ten_seconds() -> None:
    """Two of them are left to the engine that takes over."""
    assert QueueConfig().lease_s <= 10 - 2


def test_the_files_values_are_used_and_other_tables_left_to_their_owners(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[queue]\nurl = "nats://broker:4222"\nkeep_s = 7200\n[engine]\nworkers = 3\n[bot]\ntoken = "x"\n')
    config = load_config()
    assert (config.queue.url, config.queue.keep_s, config.engine.workers) == ("nats://broker:4222", 7200.0, 3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[queue]\nurll = 'x'", "urll"),
        ("[engines]\n", "engines"),
        ("[queue]\nmax_jobs = '7'", "whole number"),
        ("[queue]\nmax_jobs = true", "whole number"),
        ("[queue]\nmax_jobs = 7.5", "whole number"),
        ("[queue]\ndeadline_s = inf", "finite"),
        ("[queue]\nurl = 3", "text"),
        ("[queue]\nname = 'a.b'", "name"),
        ("[queue]\ndeadline_s = 100\nkeep_s = 50", "keep_s"),
        ("[queue]\nlease_s = 0.1", "lease_s"),
        ("[queue]\nmax_jobs = 9" + "9" * 5000, "number"),
        ("[queue]\nmax_jobs = " + "9" * 400, "smaller"),
        ("[queue]\ndeadline_s = " + "9" * 400, "smaller"),
        ("[queue]\nkeep_s = 1e300", "keep_s"),
        ("[queue]\nstore_mib = 1", "store_mib"),
        ("a = " + "[" * 5000 + "]" * 5000, "deep"),
        ("a = " + "{ a = " * 3000 + "1" + " }" * 3000, "deep"),
        ("a = 9999-99-99", "valid TOML"),
        ("[queue]\nsweep_s = 0", "sweep_s"),
        ("[engine]\nworkers = 0", "workers"),
        ("[engine]\nrecent_s = -1", "recent_s"),
        ("[engine]\nrecent_s = 86400", "recent_s"),
        ("[engine]\npreset = 'best'", "preset"),
        ("queue = 3", "table"),
        ("[queue", "TOML"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "other.toml"
    path.write_text(text)
    with pytest.raises(BadConfig, match=told):
        load_config(path)


def test_a_file_that_was_named_and_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="cannot be read"):
        load_config(tmp_path / "missing.toml")


def test_the_example_names_every_key_with_its_default(repository: Path) -> None:
    example = repository / "config.example.toml"
    assert load_config(example) == Config()
    tables = tomllib.loads(example.read_text())
    assert set(tables["queue"]) == {entry.name for entry in dataclasses.fields(QueueConfig)}
    assert set(tables["engine"]) == {entry.name for entry in dataclasses.fields(EngineConfig)}
