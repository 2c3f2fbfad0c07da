"""The bot's part of the configuration: what it says is used, what it cannot say is refused."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest

from bot.config import BotConfig, load_settings
from engine.errors import BadConfig
from engine.queue import read_table


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a configuration, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "TOKEN", "TOKEN_FILE", "DISCORD_API", "DISCORD_GATEWAY", "DISCORD_CDN"):
        monkeypatch.delenv(f"RECEDE_{name}", raising=False)


def test_the_example_names_every_key_with_its_default(repository: Path) -> None:
    table = tomllib.loads((repository / "config.example.toml").read_text())["bot"]
    assert set(table) == {entry.name for entry in dataclasses.fields(BotConfig)}
    assert read_table(BotConfig, "bot", table) == BotConfig()


def test_the_environments_token_goes_before_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[bot]\ntoken = "of-the-file"\n')
    assert load_settings().bot.token == "of-the-file"
    monkeypatch.setenv("RECEDE_TOKEN", "of-the-environment")
    settings = load_settings(path)
    assert settings.bot.token == "of-the-environment"
    assert settings.path == path


def test_the_token_may_be_in_a_file_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of-the-secret\n")
    (tmp_path / "config.toml").write_text('[bot]\ntoken = "of-the-file"\n')
    monkeypatch.setenv("RECEDE_TOKEN_FILE", str(secret))
    assert load_settings().bot.token == "of-the-secret"
    monkeypatch.setenv("RECEDE_TOKEN", "of-the-environment")
    assert load_settings().bot.token == "of-the-environment"


@pytest.mark.parametrize(
    ("content", "told"), [(None, "cannot be read"), (b"\n", "is empty"), (b"\xff\xfe", "holds no text")]
)
def test_a_token_file_that_gives_none_is_told_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, told: str
) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    monkeypatch.setenv("RECEDE_TOKEN_FILE", str(secret))
    with pytest.raises(BadConfig, match=f"{secret} {told}"):
        load_settings()


def test_without_a_token_the_sentence_says_where_to_get_one() -> None:
    with pytest.raises(BadConfig, match="developer portal"):
        load_settings()


def test_the_token_is_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEDE_TOKEN", "secret-token")
    assert "secret-token" not in repr(load_settings())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tokn = 'x'", "tokn"),
        ("token = 5", "text"),
        ("token = 'a b'", "blanks"),
        ("start_engine = 'yes'", "true or false"),
        ("start_engine = 1", "true or false"),
        ("progress_period_s = 0.5", "progress_period_s"),
        ("max_photo_bytes = 99999999", "max_photo_bytes"),
        ("max_animation_bytes = 10", "max_animation_bytes"),
        ("cooldown_s = -1", "cooldown_s"),
        ("jobs_per_user = 0", "jobs_per_user"),
        ("jobs_per_user = 1.5", "whole number"),
        ("download_s = 0", "download_s"),
        ("buttons_s = -1", "buttons_s"),
        ("drain_s = -1", "drain_s"),
        ("metrics_port = 70000", "metrics_port"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "other.toml"
    path.write_text(f"[bot]\n{text}\n" + ("" if text.startswith("tok") else "token = 'x'\n"))
    with pytest.raises(BadConfig, match=told):
        load_settings(path)


def test_the_other_tables_are_read_as_the_engine_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[bot]\ntoken = 'x'\n[queue]\nname = 'mine'\n")
    assert load_settings(path).shared.queue.name == "mine"


def test_addresses_in_the_environment_move_discord(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEDE_TOKEN", "x")
    monkeypatch.setenv("RECEDE_DISCORD_API", "http://127.0.0.1:1/api/v10/")
    assert load_settings().endpoints.api == "http://127.0.0.1:1/api/v10"
    assert load_settings().endpoints.cdn == ""
