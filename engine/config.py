"""The tables [queue] and [engine] of config.toml. A key that is not known, or a value of another type, is refused."""

from __future__ import annotations

import dataclasses
import math
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from engine.errors import BadConfig
from engine.protocol import Preset, is_name

Precision = Literal["auto", "float32", "float16", "bfloat16"]
LARGEST_NUMBER = 2**53  # beyond it, neither TOML's readers nor the broker agree on whole numbers
MOST_JOBS = 1_000_000
LONGEST_KEEP_S = 365 * 86400.0
LONGEST_RECENT_S = 3600.0  # memory for the next click, not an archive of faces
MIN_STORE_MIB, MOST_STORE_MIB = 16, 2**30  # one small photo and its animation at least
MIN_LEASE_S = 1.0  # a process that gets no turn on its machine for as long is not dead
OTHER_TABLES = frozenset({"bot"})  # read and checked by the bot itself


@dataclass(frozen=True)
class QueueConfig:
    """The way to the engine.

    url: "" starts a private broker on this machine; "nats://host:4222" or "tls://host:4222" is the operator's own
    (several, separated by commas, are tried in turn), with user and password, token, or a credentials file.
    nats_server: the private broker's program, "" finds it. name: prefix of every subject and stream, so that two
    installations can share one broker. make_streams: False where this user of the broker may not make its streams,
    and another one, who may, has been there before. max_jobs, max_jobs_per_user: how many jobs may be waiting or
    running (the second holds for each lane). store_mib: how much of the broker's disk photos and results may take
    together; the private broker takes no more than half of what is free there. deadline_s: a job that has not begun
    after so long ends as expired. keep_s: nothing of a photo or an animation outlives this at the broker,
    answered or not. lease_s: what an engine or a receiver holds goes to another one when it has said nothing for so
    long. sweep_s: how often a receiver tells waiting jobs their place and looks for those that nobody picked up in
    time.
    """

    url: str = ""
    user: str = ""
    password: str = ""
    token: str = ""
    credentials: str = ""
    tls_ca: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    nats_server: str = ""
    name: str = "recede"
    make_streams: bool = True
    max_jobs: int = 200
    max_jobs_per_user: int = 5
    # Room for 200 photos of 10 MiB, and as much for results that nobody has fetched yet.
    store_mib: int = 4096
    deadline_s: float = 840.0  # a Discord answer dies after 900 s; the rest is for the work itself
    keep_s: float = 3600.0
    # Long against a busy machine's hiccups, and short enough that a dead engine's jobs begin again within ten seconds.
    lease_s: float = 6.0
    sweep_s: float = 2.0

    def __post_init__(self) -> None:
        _check(is_name(self.name), "[queue] name must be 1 to 64 letters, digits, _ or -.")
        _check(1 <= self.max_jobs <= MOST_JOBS, f"[queue] max_jobs must be 1 to {MOST_JOBS}.")
        _check(1 <= self.max_jobs_per_user <= MOST_JOBS, f"[queue] max_jobs_per_user must be 1 to {MOST_JOBS}.")
        _check(MIN_STORE_MIB <= self.store_mib <= MOST_STORE_MIB, f"[queue] store_mib must be {MIN_STORE_MIB} or more.")
        _check(self.deadline_s > 0, "[queue] deadline_s must be above 0.")
        _check(self.keep_s <= LONGEST_KEEP_S, f"[queue] keep_s must be {LONGEST_KEEP_S:g} at most.")
        _check(self.keep_s >= self.deadline_s, "[queue] keep_s must be at least deadline_s.")
        _check(MIN_LEASE_S <= self.lease_s <= 600, f"[queue] lease_s must be {MIN_LEASE_S:g} to 600.")
        _check(0.05 <= self.sweep_s <= 60, "[queue] sweep_s must be 0.05 to 60.")

    @property
    def beat_s(self) -> float:
        """How often whoever holds something says that it is alive: three such signs may be lost."""
        return self.lease_s / 4


@dataclass(frozen=True)
class EngineConfig:
    """The engine process.

    generator: a StyleGAN2 checkpoint of the operator's own, "" for the default generator. precision: "auto", "float32",
    "float16" or "bfloat16", of its largest layers. memory_gib: how much of the GPU's memory to use, 0 for all.
    workers: jobs at the same time, each with models of its own. job_limit_s: a job that works longer is ended.
    recent_s: how long what has been prepared of a photo, and its answer's frames, are kept in memory for whoever asked,
    0 for not at all. grown_ups_only: refuse faces that are certainly children's.
    metrics_port: Prometheus metrics on this port, 0 for none. metrics_address: of this machine's addresses, which of
    them answers; "" for all. idle_exit_s: end after so long without a job, 0 for never.
    """

    device: str = "auto"
    preset: Preset = "fast"
    generator: str = ""
    precision: Precision = "auto"
    memory_gib: float = 0.0
    workers: int = 1
    job_limit_s: float = 600.0  # a usual job on two busy cores takes one or two minutes
    recent_s: float = 120.0
    grown_ups_only: bool = True
    metrics_port: int = 0
    metrics_address: str = "127.0.0.1"
    idle_exit_s: float = 0.0

    def __post_init__(self) -> None:
        _check(self.preset in get_args(Preset), "[engine] preset must be draft, fast or fine.")
        names = ", ".join(get_args(Precision))
        _check(self.precision in get_args(Precision), f"[engine] precision must be one of {names}.")
        _check(self.memory_gib >= 0, "[engine] memory_gib must not be below 0.")
        _check(1 <= self.workers <= 64, "[engine] workers must be 1 to 64.")
        _check(self.job_limit_s > 0, "[engine] job_limit_s must be above 0.")
        _check(0 <= self.recent_s <= LONGEST_RECENT_S, f"[engine] recent_s must be 0 to {LONGEST_RECENT_S:g}.")
        _check(0 <= self.metrics_port <= 65535, "[engine] metrics_port must be 0 to 65535.")
        _check(self.idle_exit_s >= 0, "[engine] idle_exit_s must not be below 0.")


@dataclass(frozen=True)
class Config:
    """The configuration file, as far as queue and engine read it."""

    queue: QueueConfig = field(default_factory=QueueConfig)
    engine: EngineConfig = field(default_factory=EngineConfig)


def load_config(path: Path | None = None) -> Config:
    """Read the file at `path`, or at RECEDE_CONFIG, or ./config.toml; without any, all defaults. Raises BadConfig."""
    return parse_config(read_tables(path))


def read_tables(path: Path | None = None) -> dict[str, Any]:
    """The parsed TOML of that same file, unchecked; empty where there is none. Raises BadConfig."""
    named = os.environ.get("RECEDE_CONFIG")
    if path is None and named:
        path = Path(named)
    if path is None:
        path = Path("config.toml")
        if not path.exists():
            return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadConfig(f"The configuration {path} cannot be read ({error.strerror}): check its path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"The configuration {path} is not valid TOML: {error}.") from error
    except RecursionError as error:
        raise BadConfig(f"The configuration {path} has tables too deep in each other: correct it.") from error
    except ValueError as error:  # Python reads no number of more than 4300 digits
        raise BadConfig(f"The configuration {path} has a number or date that cannot be read: correct it.") from error


def parse_config(tables: dict[str, Any]) -> Config:
    """The configuration in the parsed TOML `tables`. Raises BadConfig."""
    unknown = set(tables) - {"queue", "engine"} - OTHER_TABLES
    _check(not unknown, f"The configuration has no table [{', '.join(sorted(unknown))}]: use queue, engine or bot.")
    return Config(
        read_table(QueueConfig, "queue", tables.get("queue", {})),
        read_table(EngineConfig, "engine", tables.get("engine", {})),
    )


Table = TypeVar("Table")


def read_table(kind: type[Table], name: str, values: Any) -> Table:
    """The table [`name`] as the dataclass `kind`, whose fields are text, whole numbers, numbers and booleans.

    Raises BadConfig for a key that is not known and a value of another type.
    """
    assert dataclasses.is_dataclass(kind)
    _check(isinstance(values, dict), f"{name} must be a table of the configuration: write [{name}] above its keys.")
    known = {entry.name for entry in dataclasses.fields(kind)}
    unknown = sorted(set(values) - known)
    _check(not unknown, f"[{name}] has no key {', '.join(unknown)}: known are {', '.join(sorted(known))}.")
    hints = get_type_hints(kind)
    return kind(**{key: _typed(f"[{name}] {key}", hints[key], value) for key, value in values.items()})


def _typed(where: str, hint: Any, value: Any) -> Any:
    wanted = str if hint not in (str, int, float, bool) else hint
    if type(value) is int:
        _check(abs(value) <= LARGEST_NUMBER, f"{where} must be a smaller number.")
        value = float(value) if wanted is float else value
    names = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}
    _check(type(value) is wanted, f"{where} must be {names[wanted]}.")
    _check(wanted is not float or math.isfinite(value), f"{where} must be a finite number.")
    return value


def _check(holds: bool, sentence: str) -> None:
    if not holds:
        raise BadConfig(sentence)
