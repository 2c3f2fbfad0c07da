"""The table [bot] of config.toml, and the environment that moves the bot's ends of the wire."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.errors import BadConfig
from engine.protocol import MAX_PHOTO_BYTES, MIB
from engine.queue import Config, parse_config, read_table, read_tables

TOKEN_VARIABLE = "RECEDE_TOKEN"
TOKEN_FILE_VARIABLE = "RECEDE_TOKEN_FILE"
API_VARIABLE = "RECEDE_DISCORD_API"
GATEWAY_VARIABLE = "RECEDE_DISCORD_GATEWAY"
CDN_VARIABLE = "RECEDE_DISCORD_CDN"


@dataclass(frozen=True)
class BotConfig:
    """The bot.

    token: from Discord's portal; the file named by RECEDE_TOKEN_FILE and the environment variable RECEDE_TOKEN go
    first. start_engine: start and supervise
    one engine, where [queue] url is empty. engine_module: the Python module that is run as that engine.
    max_photo_bytes: larger files are refused unseen. max_animation_bytes: what to aim for where the place allows
    more. progress_period_s: the least time between two edits of one progress message. cooldown_s, jobs_per_user: what
    a server begins with. download_s: time limit of fetching a photo. buttons_s: how long the buttons below an answer
    know where its photo lies. drain_s: how long SIGTERM waits for running jobs. metrics_port: Prometheus metrics on
    this port, 0 for none. metrics_address: of this machine's addresses, which of them answers; "" for all.
    sweep_period_s: how often lost jobs and what is old are looked for. watch_period_s: how often it is looked whether
    an engine is there for those who wait; who waits in vain reads so within three times that.
    """

    token: str = field(default="", repr=False)
    start_engine: bool = True
    engine_module: str = "engine.server"
    max_photo_bytes: int = MAX_PHOTO_BYTES
    max_animation_bytes: int = 8 * MIB
    progress_period_s: float = 2.0
    cooldown_s: float = 10.0
    jobs_per_user: int = 2
    download_s: float = 20.0
    buttons_s: float = 604800.0
    drain_s: float = 90.0
    metrics_port: int = 0
    metrics_address: str = "127.0.0.1"
    sweep_period_s: float = 30.0
    watch_period_s: float = 3.0

    def __post_init__(self) -> None:
        _check(1024 <= self.max_photo_bytes <= MAX_PHOTO_BYTES, f"max_photo_bytes must be 1024 to {MAX_PHOTO_BYTES}.")
        _check(self.max_animation_bytes >= 64 * 1024, "max_animation_bytes must be at least 65536.")
        _check(
            self.progress_period_s >= 1.5, "progress_period_s must be at least 1.5: Discord slows faster edits down."
        )
        _check(self.cooldown_s >= 0, "cooldown_s must not be below 0.")
        _check(self.jobs_per_user >= 1, "jobs_per_user must be at least 1.")
        _check(self.download_s > 0, "download_s must be above 0.")
        _check(self.buttons_s >= 0, "buttons_s must not be below 0.")
        _check(self.drain_s >= 0, "drain_s must not be below 0.")
        _check(self.sweep_period_s > 0, "sweep_period_s must be above 0.")
        _check(self.watch_period_s > 0, "watch_period_s must be above 0.")
        _check(0 <= self.metrics_port <= 65535, "metrics_port must be 0 to 65535.")


@dataclass(frozen=True)
class Endpoints:
    """Where Discord is, for tests and proxies; "" is Discord itself. api ends in /api/v10."""

    api: str = ""
    gateway: str = ""
    cdn: str = ""


@dataclass(frozen=True)
class Settings:
    """All that the bot's process reads at start. path: of the configuration file, None where there is none."""

    bot: BotConfig = field(default_factory=BotConfig)
    shared: Config = field(default_factory=Config)
    endpoints: Endpoints = field(default_factory=Endpoints)
    path: Path | None = None


def load_settings(path: Path | None = None) -> Settings:
    """Read configuration and environment. Raises BadConfig, also where there is no token."""
    tables = read_tables(path)
    bot = read_table(BotConfig, "bot", tables.get("bot", {}))
    token = os.environ.get(TOKEN_VARIABLE, "").strip() or _token_in_file() or bot.token.strip()
    if not token:
        raise BadConfig(
            f"There is no token: copy it from Discord's developer portal (page Bot) into config.toml as [bot] token, "
            f"or into the environment as {TOKEN_VARIABLE}, or into a file whose path {TOKEN_FILE_VARIABLE} names."
        )
    if any(letter.isspace() or not letter.isascii() for letter in token):
        raise BadConfig("The token holds blanks or letters that no token has: copy it again from Discord's portal.")
    endpoints = Endpoints(
        *(os.environ.get(name, "").rstrip("/") for name in (API_VARIABLE, GATEWAY_VARIABLE, CDN_VARIABLE))
    )
    return Settings(replace(bot, token=token), parse_config(tables), endpoints, _found(path))


def _token_in_file() -> str:
    """The token in the file of RECEDE_TOKEN_FILE, as containers and systemd hand secrets in; "" without that name."""
    named = os.environ.get(TOKEN_FILE_VARIABLE, "").strip()
    if not named:
        return ""
    try:
        token = Path(named).read_text("utf-8").strip()
    except OSError as error:
        raise BadConfig(
            f"The token's file {named} cannot be read ({error.strerror}): correct {TOKEN_FILE_VARIABLE} or the file's "
            "permissions."
        ) from error
    except UnicodeDecodeError as error:
        raise BadConfig(f"The token's file {named} holds no text: write the token alone into it.") from error
    if not token:
        raise BadConfig(f"The token's file {named} is empty: write the token alone into it.")
    return token


def _found(path: Path | None) -> Path | None:
    named = path or Path(os.environ.get("RECEDE_CONFIG", "config.toml"))
    return named.resolve() if named.exists() else None


def _check(holds: bool, sentence: str) -> None:
    if not holds:
        raise BadConfig(f"[bot] {sentence}")
