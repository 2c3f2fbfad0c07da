"""Tensors out of torch's files, rebuilt from their bytes and checked against the bounds of their storages.

torch has two forms (torch/serialization.py). Since 1.6 a zip: `NAME/data.pkl`, and each storage as `NAME/data/KEY`.
Before, and still inside NVIDIA's .pkl files for every single storage, a stream: the pickles of a magic number, a
protocol version, the machine's sizes, the object, and the storages' keys; then for each key an element count (int64)
and the elements.
"""

from __future__ import annotations

import io
import math
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import torch

from engine.errors import BadCheckpoint
from engine.generator.pickled import Call, Name, Reference, Stream, read_pickle

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
DTYPES = {
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.DoubleStorage": torch.float64,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
    "torch.BoolStorage": torch.bool,
}

# What zipfile raises for archives that are cut off, encrypted, contradict themselves or lack a member.
UNREADABLE = (zipfile.BadZipFile, OSError, EOFError, KeyError, ValueError, RuntimeError, struct.error)

Fetch = Callable[[str, int], bytes]
"""Told the key of a storage and its size in bytes; gives these bytes, or raises BadCheckpoint."""


@dataclass(frozen=True)
class TorchFile:
    """The object that a file holds (see engine/generator/pickled.py), and where its storages are."""

    root: Any
    fetch: Fetch


def damaged() -> BadCheckpoint:
    """The error for a file that does not hold together."""
    return BadCheckpoint(
        "This checkpoint is truncated or damaged, so nothing was loaded: fetch or copy the file again."
    )


def read_zip(stream: BinaryIO) -> TorchFile:
    """The newer form of the file. The zip has to stay open as long as tensors are rebuilt. Raises BadCheckpoint."""
    try:
        archive = zipfile.ZipFile(stream)
        pickles = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise BadCheckpoint("This zip is not a checkpoint (it has no data.pkl): give a .pt, .pkl or .safetensors.")
        folder = pickles[0].removesuffix("data.pkl")
        root = read_pickle(io.BytesIO(_stored(archive, pickles[0], None)))
    except UNREADABLE as error:
        raise damaged() from error
    return TorchFile(root, lambda key, size_bytes: _stored(archive, f"{folder}data/{key}", size_bytes))


def _stored(archive: zipfile.ZipFile, name: str, size_bytes: int | None) -> bytes:
    """A member's bytes. torch stores without compression, so that what is read is never more than the file has."""
    try:
        member = archive.getinfo(name)
        if member.compress_type != zipfile.ZIP_STORED or size_bytes not in (None, member.file_size):
            raise damaged()
        return archive.read(member)
    except UNREADABLE as error:
        raise damaged() from error


def read_legacy(stream: Stream) -> TorchFile:
    """The older form, behind its magic number. Raises BadCheckpoint."""
    version, sizes = read_pickle(stream), read_pickle(stream)
    if version != PROTOCOL_VERSION or not isinstance(sizes, dict) or sizes.get("little_endian") is not True:
        raise damaged()
    root, keys = read_pickle(stream), read_pickle(stream)
    if not isinstance(keys, list):
        raise damaged()
    element_bytes = _element_sizes(root)
    spans: dict[str, tuple[int, int]] = {}
    for key in keys:
        count = stream.read(8)
        if len(count) < 8 or key not in element_bytes:
            raise damaged()
        size_bytes = struct.unpack("<q", count)[0] * element_bytes[key]
        if size_bytes < 0:
            raise damaged()
        spans[key] = stream.tell(), size_bytes
        _seek(stream, stream.tell() + size_bytes)

    def fetch(key: str, size_bytes: int) -> bytes:
        start, there_bytes = spans.get(key, (0, 0))
        _seek(stream, start)
        data = stream.read(size_bytes) if size_bytes <= there_bytes else b""
        if len(data) != size_bytes:
            raise damaged()
        return data

    return TorchFile(root, fetch)


def _seek(stream: Stream, position: int) -> None:
    try:
        stream.seek(position)
    except (ValueError, OverflowError, OSError) as error:
        raise damaged() from error


def read_bytes(data: Any) -> TorchFile:
    """What `torch.storage._load_from_bytes` is given: the older form around a single storage. Raises BadCheckpoint."""
    if not isinstance(data, bytes):
        raise damaged()
    stream = io.BytesIO(data)
    if read_pickle(stream) != MAGIC_NUMBER:
        raise damaged()
    return read_legacy(stream)


def rebuild_tensor(value: Any, fetch: Fetch) -> torch.Tensor:
    """A tensor or parameter as a contiguous copy. Raises BadCheckpoint where it reaches outside of its storage."""
    if isinstance(value, Call) and value.name == "torch._utils._rebuild_parameter" and value.arguments:
        value = value.arguments[0]
    rebuilders = ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor")
    if not isinstance(value, Call) or value.name not in rebuilders or len(value.arguments) < 4:
        raise damaged()
    storage, offset, shape, stride = value.arguments[:4]
    if isinstance(storage, Call) and storage.name == "torch.storage._load_from_bytes" and storage.arguments:
        inner = read_bytes(storage.arguments[0])
        storage, fetch = inner.root, inner.fetch
    dtype, key, count = _described(storage)
    shape, stride = _whole_numbers(shape), _whole_numbers(stride)
    if len(shape) != len(stride) or not isinstance(offset, int) or offset < 0:
        raise damaged()
    size = math.prod(shape)
    last = offset + sum((side - 1) * apart for side, apart in zip(shape, stride, strict=True))
    if size > count or (size and last >= count):
        raise damaged()
    if not size:
        return torch.zeros(shape, dtype=dtype)
    flat = torch.frombuffer(bytearray(fetch(key, count * dtype.itemsize)), dtype=dtype)
    return flat.as_strided(shape, stride, offset).clone(memory_format=torch.contiguous_format)


def entries(value: Any) -> Mapping[Any, Any]:
    """The entries of a dictionary or an ordered one. Raises BadCheckpoint for anything else."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Call) and value.name in ("collections.OrderedDict", "dnnlib.util.EasyDict"):
        return value.items
    raise damaged()


def _described(storage: Any) -> tuple[torch.dtype, str, int]:
    """Element type, key and element count of a storage's reference."""
    key = storage.key if isinstance(storage, Reference) else None
    if not isinstance(key, tuple) or len(key) < 5 or key[0] != "storage" or not isinstance(key[1], Name):
        raise damaged()
    dtype, name, count = DTYPES.get(key[1].name), key[2], key[4]
    views = len(key) > 5 and key[5] is not None
    if dtype is None or not isinstance(name, str) or not isinstance(count, int) or count < 0 or views:
        raise damaged()
    return dtype, name, count


def _element_sizes(root: Any) -> dict[str, int]:
    """Bytes per element of every storage that the object refers to."""
    found: dict[str, int] = {}
    todo, seen = [root], set[int]()
    while todo:
        value = todo.pop()
        if id(value) in seen:
            continue
        if isinstance(value, Reference):
            dtype, name, _ = _described(value)
            found[name] = dtype.itemsize
        elif isinstance(value, Call):
            todo += [*value.arguments, value.state, *value.items.values(), *value.values]
        elif isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, (list, tuple)):
            todo += value
        seen.add(id(value))
    return found


def _whole_numbers(value: Any) -> tuple[int, ...]:
    if isinstance(value, Call) and value.name == "torch.Size" and value.arguments:
        value = value.arguments[0]
    if not isinstance(value, (tuple, list)) or not all(type(part) is int and part >= 0 for part in value):
        raise damaged()
    return tuple(value)
