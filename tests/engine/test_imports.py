"""The wall between bot and engine: what may be imported where."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOORS = ("engine.protocol", "engine.errors", "engine.process", "engine.queue")
# From the bottom up; docs/ARCHITECTURE.md says what is in each.
LAYERS = {
    "engine": (
        *("errors", "protocol", "config", "process", "runtime", "broker", "queue", "weights", "photo", "animation"),
        *("face", "parsing", "generator", "latent", "models", "attributes", "imaging", "compositing", "hair", "edits"),
        *("pipeline", "server", "training", "bench", "cli"),
    ),
    "bot": (
        *("errors", "config", "order", "messages", "storage", "runtime", "delivery", "policy", "jobs", "resources"),
        *("client", "requests", "components", "commands", "registration", "service", "__main__"),
    ),
}
HEAVY = {"torch", "openvino", "onnxruntime", "numpy", "cv2", "PIL", "dlib", "sklearn", "scipy"}


def exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def imports_within(path: Path, half: str) -> set[str]:
    """Which folders, or modules beside them, of its own half (`engine` or `bot`) a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level < 2, f"{path.name} imports from above its folder without naming it"
            if node.level:  # stays in its folder
                continue
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith(f"{half}.")}


def engine_imports(tree: ast.AST) -> set[str]:
    """Full names of all modules, or things in them, that are imported from the engine."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would hide what is imported"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.partition(".")[0] == "engine"}


def is_allowed(name: str) -> bool:
    return any(name == door or name.startswith(f"{door}.") for door in DOORS)


@pytest.mark.parametrize("module", [door for door in DOORS if exists(door)])
def test_what_the_bot_imports_loads_nothing_heavy(module: str, repository: Path) -> None:
    program = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "engine" in loaded
    assert not loaded & HEAVY


def test_the_process_that_waits_for_the_brokers_end_loads_no_client(repository: Path) -> None:
    """It may stay for an hour on a machine on which nothing else of ours runs."""
    program = "import engine.broker.reaper, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    ran = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    assert not set(ran.stdout.split()) & {"nats", "asyncio", "ssl", *HEAVY}


def test_a_worker_loads_no_client_of_the_broker(repository: Path) -> None:
    """Of the two that an engine consists of, the one that is started again and again."""
    program = "import engine.server.worker, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    ran = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    assert not set(ran.stdout.split()) & {"nats", "aiohttp", "asyncio", "ssl", *HEAVY}


def test_the_bot_goes_through_the_doors_alone(repository: Path) -> None:
    files = sorted(repository.glob("bot/**/*.py"))
    assert files
    for path in files:
        through = {name for name in engine_imports(ast.parse(path.read_text(encoding="utf-8"))) if not is_allowed(name)}
        assert not through, f"{path.name} imports {through}"


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("from engine.errors import NoFace", True),
        ("from engine import protocol", True),
        ("import engine.queue", True),
        ("from engine.queue.client import submit", True),
        ("import engine", False),
        ("from engine import pipeline", False),
        ("from engine.photo import read_photo", False),
        ("import engine.errors_of_old", False),
        ("def f():\n    from engine import face", False),
    ],
)
def test_the_wall_tells_doors_from_windows(line: str, allowed: bool) -> None:
    assert all(is_allowed(name) for name in engine_imports(ast.parse(line))) is allowed


def test_the_engine_knows_no_bot_and_neither_half_its_tests(repository: Path) -> None:
    for path in [*repository.glob("engine/**/*.py"), *repository.glob("bot/**/*.py")]:
        others = ("bot", "tests") if path.is_relative_to(repository / "engine") else ("tests",)
        for other in others:
            assert not imports_within(path, other), f"{path.name} imports {other}"


@pytest.mark.parametrize("half", LAYERS)
def test_data_flows_one_way(repository: Path, half: str) -> None:
    """Each folder imports only those below it, and every folder has its place."""
    for path in sorted((repository / half).rglob("*.py")):
        if path == repository / half / "__init__.py":
            continue
        own = path.relative_to(repository / half).parts[0].removesuffix(".py")
        assert own in LAYERS[half], f"{half}/{own} has no place among the layers"
        allowed = LAYERS[half][: LAYERS[half].index(own) + 1]
        upwards = imports_within(path, half) - set(allowed)
        assert not upwards, f"{path.relative_to(repository)} imports upwards: {upwards}"


# At the very bottom or the very top, and told beside the map.
UNMAPPED = {"errors", "protocol", "config", "__main__"}


@pytest.mark.parametrize("half", LAYERS)
def test_the_map_of_the_architecture_shows_every_folder_in_its_place(repository: Path, half: str) -> None:
    _, _, table = (repository / "docs" / "ARCHITECTURE.md").read_text("utf-8").partition(f"of `{half}/`")
    rows = [line.split("|")[1] for line in table.split("\n\n")[0].splitlines()[2:]]
    mapped = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    for name in mapped:
        assert (repository / half / name).exists(), f"{half}/{name} is on the map alone"
    layers = [name.removesuffix("/").removesuffix(".py") for name in mapped]
    assert [name for name in layers if name != "assets"] == [name for name in LAYERS[half] if name not in UNMAPPED]


@pytest.mark.slow
def test_importing_any_engine_module_starts_no_work(repository: Path) -> None:
    """No module fetches, computes or prints when it is imported."""
    modules = [
        ".".join(path.relative_to(repository).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(repository.glob("engine/**/*.py"))
        if path.name != "__main__.py" and path.name != "unbuilt.py"
    ]
    program = f"""
import importlib, sys, threading
for name in {modules!r}:
    importlib.import_module(name)
print(threading.active_count())
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert (ran.stdout, ran.stderr) == ("1\n", "")


def test_on_a_system_without_file_locks_the_way_out_is_named(repository: Path) -> None:
    program = "import sys; sys.modules['fcntl'] = None; import engine.cli"
    ran = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.rstrip().endswith("On Windows, install it inside WSL: wsl --install.")
