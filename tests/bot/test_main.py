"""What keeps the bot from starting is one sentence and an exit code."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import discord
import pytest

from bot.__main__ import main
from bot.client import PERMISSIONS
from bot.config import BotConfig, Endpoints, Settings
from bot.delivery.markup import PIECES
from bot.errors import StartFailed
from bot.runtime.pulse import Pulse
from bot.service import FATAL_CLOSES, MEMORY, invite_text, upload_emoji
from bot.storage.storage import open_storage
from tests.support.bot.loops import in_loop
from tests.support.fake_discord import FakeDiscord

Start = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Start:
    """Exit code and lines on stderr of a start with a configuration, arguments and an environment."""

    def started(config: str, *arguments: str, **environment: str) -> tuple[int, list[str]]:
        for name in [name for name in os.environ if name.startswith("RECEDE_")]:
            monkeypatch.delenv(name)
        for name, value in {"RECEDE_STATE": str(tmp_path / "state"), **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        Path("config.toml").write_text(config)
        code = main(list(arguments))
        return code, capsys.readouterr().err.splitlines()

    return started


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("", "There is no token"),
        ("[bot]\ntoken = 'x'\ncooldwn_s = 3\n", "cooldwn_s"),
        ("[bot]\ntoken = 'x'\n[queue]\nurll = ''\n", "urll"),
        ("[bot]\ntoken = 'x'\n[bots]\n", "bots"),
        ("[bot\n", "not valid TOML"),
    ],
)
def test_a_wrong_configuration_is_told_in_one_line(start: Start, config: str, told: str) -> None:
    code, lines = start(config)
    assert code == 2
    assert len(lines) == 1
    assert told in lines[0]


def test_a_missing_file_is_told_and_is_the_exit_code_of_the_process(repository: Path, tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("RECEDE_")}
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "--config", "nowhere.toml"],
        cwd=tmp_path,
        env={**variables, "RECEDE_STATE": str(tmp_path / "state"), "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = ran.stderr.splitlines()
    assert (ran.returncode, len(lines)) == (2, 1)
    assert "nowhere.toml" in lines[0]


def test_a_state_folder_that_cannot_be_made_is_told(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, lines = start("", RECEDE_TOKEN="x", RECEDE_STATE=str(tmp_path / "file" / "state"))
    assert (code, len(lines)) == (2, 1)
    assert "state folder" in lines[0]


def test_check_finds_a_state_folder_that_would_not_serve(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for named, told in (
        (str(tmp_path / "file" / "state"), "which is a file"),
        (f"{tmp_path}/st\udcffate", "not UTF-8"),
    ):
        code, lines = start("", "--check", RECEDE_TOKEN="x", RECEDE_STATE=named)
        assert (code, len(lines)) == (2, 1)
        assert told in lines[0]
        assert "RECEDE_STATE" in lines[0]


def test_health_is_told_by_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECEDE_STATE", str(tmp_path))
    assert main(["--health"]) == 1
    assert "No bot runs" in capsys.readouterr().out
    Pulse(tmp_path, lambda: True).ready()
    assert main(["--health"]) == 0


def test_the_memory_of_a_running_bot_is_backed_up_without_its_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECEDE_STATE", str(tmp_path))
    target = tmp_path / "copy.sqlite3"

    async def scenario() -> None:
        storage = await open_storage(tmp_path / MEMORY)
        await storage.add_job("7", "{}")
        await storage.put_consent(42, True, False)
        try:
            assert await asyncio.to_thread(main, ["--backup", str(target)]) == 0
            await storage.put_consent(43, True, False)  # it is not in the way
            assert await asyncio.to_thread(main, ["--backup", str(target)]) == 2  # nothing is overwritten
        finally:
            await storage.close()
        assert target.stat().st_mode & 0o077 == 0
        restored = tmp_path / "elsewhere" / MEMORY
        restored.parent.mkdir()
        shutil.copy(target, restored)
        moved = await open_storage(restored)
        assert await moved.opt_outs() == {42}
        assert await moved.jobs() == []
        await moved.close()

    asyncio.run(scenario())


@in_loop
async def test_emoji_are_uploaded_with_the_right_token_and_refused_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    async with FakeDiscord() as fake:
        right, wrong = (
            Settings(BotConfig(token=token), endpoints=Endpoints(api=fake.api_url))
            for token in (fake.token, "a.wrong.token")
        )
        assert await upload_emoji(right) == (len(fake.emoji), 0)
        assert len(fake.emoji) == len(PIECES)
        with pytest.raises(StartFailed, match="token"):
            await upload_emoji(wrong)


def test_check_reads_the_configuration_and_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECEDE_TOKEN", "x")
    monkeypatch.chdir(tmp_path)
    assert main(["--check"]) == 0
    assert "right" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_invite_asks_for_exactly_what_is_needed() -> None:
    server, user = invite_text(123456).splitlines()
    assert f"permissions={PERMISSIONS.value}" in server
    assert "client_id=123456" in server
    assert "scope=bot+applications.commands" in server
    assert "permissions" not in user
    assert "integration_type=1" in user
    wanted = discord.Permissions(
        view_channel=True, send_messages=True, send_messages_in_threads=True, attach_files=True
    )
    assert wanted == PERMISSIONS


def test_every_reason_to_give_up_says_what_to_do() -> None:
    for sentence in FATAL_CLOSES.values():
        assert sentence.count(": ") == 1
        assert sentence.endswith(".")
