"""The files in examples/: what they name is there, and the parts of the compose file find each other."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from bot.config import load_settings
from engine.broker.program import find_program
from tests.support.bot.harness import ROOT, STANDIN, BotInstallation
from tests.support.bot.members import PATIENCE_S, picture
from tests.support.fake_discord import FakeDiscord
from tests.support.faults.shared_broker import free_port

TOKEN = "of-the-tests"


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, object]:
    """The table [project] of pyproject.toml."""
    table: dict[str, object] = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    return table


def instructions(repository: Path) -> list[tuple[str, list[str]]]:
    """The Containerfile's instructions and their words."""
    text = (repository / "examples" / "Containerfile").read_text()
    lines = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", text)).splitlines()
    return [(line.split()[0], shlex.split(line)[1:]) for line in lines if line.strip()]


def content(repository: Path, name: str) -> str:
    """What the compose file writes into the configuration of that name, with a token."""
    text = (repository / "examples" / "compose.yaml").read_text()
    found = re.search(rf"(?m)^  {name}:\n    content: \|\n((?:      .*\n)+)", text)
    assert found is not None
    return textwrap.dedent(found[1]).replace("${QUEUE_TOKEN:?}", TOKEN)


def test_what_the_image_copies_is_there_and_is_let_through_to_the_builder(repository: Path) -> None:
    copied = [words[:-1] for name, words in instructions(repository) if name == "COPY" and "--from=build" not in words]
    sources = {source for words in copied for source in words}
    assert {"pyproject.toml", "engine", "bot"} <= sources
    assert all((repository / source).exists() for source in sources)
    ignored = (repository / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == sources


def test_the_image_asks_for_extras_and_a_torch_that_there_are(repository: Path, project: dict[str, object]) -> None:
    words = [word for name, line in instructions(repository) if name == "RUN" for word in line]
    extras = {following for word, following in itertools.pairwise(words) if word == "--extra"}
    known = project["optional-dependencies"]
    assert isinstance(known, dict)
    assert extras <= set(known)
    assert [word for word in words if word.startswith("torch==")] == re.findall(
        r"torch==[\d.]+", (repository / "scripts" / "setup").read_text()
    )


def test_services_run_programs_that_the_package_brings(repository: Path, project: dict[str, object]) -> None:
    compose = (repository / "examples" / "compose.yaml").read_text()
    unit = (repository / "examples" / "recede-bot.service").read_text()
    started = set(re.findall(r"command: \[([\w-]+)", compose)) | set(re.findall(r"(?m)^ExecStart=\S+/([\w-]+)", unit))
    started |= {words[0] for name, words in instructions(repository) if name == "CMD" for words in [_listed(words)]}
    scripts = project["scripts"]
    assert isinstance(scripts, dict)
    assert started - set(scripts) == {Path(find_program()).name}


def _listed(words: list[str]) -> list[str]:
    """["a", "b"] as the Containerfile writes it."""
    return [word.strip("[],") for word in words]


@pytest.mark.slow
def test_the_parts_of_the_compose_file_find_each_other_and_make_a_picture(repository: Path, tmp_path: Path) -> None:
    port = free_port()
    broker_file = tmp_path / "nats.conf"
    store = content(repository, "nats").replace("/var/lib/recede/state/nats", str(tmp_path / "store"))
    broker_file.write_text(store.replace("port: 4222", f'listen: "127.0.0.1:{port}"'))
    # Here are no containers with names and addresses of their own, and no GPU.
    shared = content(repository, "recede").replace("broker:4222", f"127.0.0.1:{port}").replace('"cuda"', '"cpu"')
    installation = BotInstallation(tmp_path)
    installation.config_path.write_text(re.sub(r"metrics_port = \d+", "metrics_port = 0", shared))
    variables = {**os.environ, "RECEDE_STATE": str(tmp_path / "engine"), "PYTHONPATH": str(ROOT)}
    engine_command = [sys.executable, "-m", STANDIN, "--config", str(installation.config_path)]

    async def scenario() -> None:
        async with FakeDiscord() as discord:
            installation.start(discord)
            await discord.online(PATIENCE_S)
            message = await (await discord.slash("bald", picture())).finished(PATIENCE_S)
            assert message.attachments[0]["filename"] == "recede-bald.gif"
            assert installation.engine_pid() is None  # the bot has started none

    broker = subprocess.Popen([find_program(), "-c", str(broker_file)], stderr=subprocess.DEVNULL)
    engine = subprocess.Popen(engine_command, cwd=ROOT, env=variables, stderr=subprocess.DEVNULL)
    try:
        asyncio.run(scenario())
    finally:
        installation.end()
        with suppress(psutil.Error):
            for child in psutil.Process(engine.pid).children(recursive=True):
                child.kill()
        for process in (engine, broker):
            process.kill()
            process.wait()


def test_the_compose_files_configuration_is_read_and_has_no_key_that_is_not_known(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text(content(repository, "recede"))
    monkeypatch.setenv("RECEDE_TOKEN", "x")
    settings = load_settings(tmp_path / "config.toml")
    assert settings.shared.queue.token == TOKEN
    assert not settings.bot.start_engine
