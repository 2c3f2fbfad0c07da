"""The sample set on disk: shards of latents with the pictures that they draw."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import TrainingData
from engine.runtime.files import write_files

PICTURE_SIZE_PX = 256
# Above the quality at which 4:2:0 blocks show in Lab averages over hair; a face takes about 25 kB.
JPEG_QUALITY = 95
PREFIX = "shard-"
RECIPE = "recipe.json"


@dataclass(frozen=True)
class Shard:
    """ids: N, index of each sample in the whole set; latents: N,512 W; psi: N truncation; pictures: N JPEG files."""

    ids: NDArray[np.int64]
    latents: NDArray[np.float32]
    psi: NDArray[np.float32]
    pictures: tuple[bytes, ...]

    def decoded(self) -> NDArray[np.uint8]:
        """The pictures as N,256,256,3 uint8 RGB."""
        return np.stack([decode_picture(data) for data in self.pictures])


def encode_picture(picture: NDArray[np.uint8]) -> bytes:
    """JPEG with full colour resolution of a picture (H,W,3 uint8 RGB)."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111]
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), flags)
    assert done
    return data.tobytes()


def decode_picture(data: bytes) -> NDArray[np.uint8]:
    """The inverse (H,W,3), up to JPEG's losses."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def shard_path(folder: Path, index: int) -> Path:
    """Where the shard of that index lies."""
    return folder / f"{PREFIX}{index:05d}.npz"


def write_arrays(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Save as .npz so that the file appears whole or not at all."""
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    write_files({path: file.getvalue()})


def read_recipe(folder: Path) -> dict[str, object]:
    """What a folder's samples are: seed, samples_per_shard, generator_hash (of the W space), and for a generator of
    the user's own drawn_with (its fingerprint). Raises TrainingData where it is neither."""
    try:
        recipe = json.loads((folder / RECIPE).read_text(encoding="utf-8"))
        return dict(recipe)
    except (OSError, ValueError, TypeError) as error:
        raise TrainingData(f"There are no samples in '{folder}': run `recede train sample` first.") from error


def write_shard(path: Path, shard: Shard) -> None:
    """Save a shard: ids, latents, psi, jpeg (all pictures' bytes in a row) and ends (where each one ends)."""
    write_arrays(
        path,
        {
            "ids": shard.ids,
            "latents": shard.latents,
            "psi": shard.psi,
            "jpeg": np.frombuffer(b"".join(shard.pictures), np.uint8),
            "ends": np.cumsum([len(data) for data in shard.pictures], dtype=np.int64),
        },
    )


def read_arrays(path: Path, names: Iterable[str], remedy: str) -> dict[str, NDArray[Any]]:
    """Some arrays of an .npz file. Raises TrainingData with the remedy where it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error) as error:
        raise TrainingData(f"{path.name} is damaged: remove it and run `{remedy}`.", name=path.name) from error


def read_shard(path: Path) -> Shard:
    """Load a shard. Raises TrainingData where the file is none."""
    arrays = read_arrays(path, ("ids", "latents", "psi", "jpeg", "ends"), "recede train sample")
    data, ends = arrays["jpeg"].tobytes(), arrays["ends"].tolist()
    pictures = tuple(data[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True))
    return Shard(arrays["ids"], arrays["latents"], arrays["psi"], pictures)


def shard_paths(folder: Path) -> list[Path]:
    """All shards of a folder in order. Raises TrainingData where there is none."""
    paths = sorted(folder.glob(f"{PREFIX}*.npz"))
    if not paths:
        raise TrainingData(f"There are no samples in '{folder}': run `recede train sample` first.")
    return paths


def shards(folder: Path) -> Iterator[Shard]:
    """All shards of a folder, one after the other."""
    for path in shard_paths(folder):
        yield read_shard(path)
