"""How a frozen dataclass becomes bytes and back: a strict, versioned binary envelope.

    "RCD" | version, 1 byte | header length, 4 bytes big-endian | header, JSON | blobs, one after the other

Pictures travel as blobs behind the header, not as base64 inside it: an 8 MiB animation is packed by one copy.
Reading is strict: another version, an unknown or missing field, a wrong type, a number that is not finite, a blob
too short or a byte too many make a BadMessage, never any other exception.
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from engine.errors import BadMessage, RecedeError

VERSION = 1
MAGIC = b"RCD"
MAX_HEADER_BYTES = 2**20
_PREFIX = struct.Struct(">3sBI")

Message = TypeVar("Message")


def pack(message: object) -> bytes:
    """A frozen dataclass as bytes; the fields may hold what `unpack` reads."""
    blobs: list[bytes] = []
    header = json.dumps({"message": _plain(message, blobs), "blobs": [len(blob) for blob in blobs]}).encode()
    return b"".join((_PREFIX.pack(MAGIC, VERSION, len(header)), header, *blobs))


def unpack(kind: type[Message], data: bytes) -> Message:
    """The message in `data`, which must be of class `kind`. Raises BadMessage, and nothing else."""
    try:
        plain, blobs = _split(data)
        message: Message = _build(kind, plain, blobs)
        return message
    except BadMessage:
        raise
    except RecedeError as error:
        raise BadMessage(f"The message's {kind.__name__} is refused: {error.sentence}") from error
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError, struct.error) as error:
        raise _bad(f"it cannot be read as {kind.__name__}") from error


def _bad(what: str) -> BadMessage:
    return BadMessage(f"A message was dropped: {what}. Run the same version of Recede on both sides of the queue.")


def _split(data: bytes) -> tuple[Any, list[bytes]]:
    if len(data) < _PREFIX.size:
        raise _bad("it is too short")
    magic, version, header_bytes = _PREFIX.unpack_from(data)
    if magic != MAGIC:
        raise _bad("it is not one of Recede's")
    if version != VERSION:
        raise _bad(f"it has version {version} and this side speaks version {VERSION}")
    if header_bytes > min(MAX_HEADER_BYTES, len(data) - _PREFIX.size):
        raise _bad("its header does not fit")
    start = _PREFIX.size + header_bytes
    header = json.loads(data[_PREFIX.size : start], parse_constant=_refuse_constant)
    if not isinstance(header, dict) or set(header) != {"message", "blobs"} or not isinstance(header["blobs"], list):
        raise _bad("its header has another shape")
    blobs = []
    for size in header["blobs"]:
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= len(data) - start:
            raise _bad("a part of it is missing")
        blobs.append(data[start : start + size])
        start += size
    if start != len(data):
        raise _bad("it is longer than it says")
    return header["message"], blobs


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _plain(value: object, blobs: list[bytes]) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _plain(getattr(value, f.name), blobs) for f in dataclasses.fields(value)}
        return {"type": type(value).__name__, **fields}
    if isinstance(value, bytes):
        blobs.append(value)
        return {"blob": len(blobs) - 1}
    if isinstance(value, Mapping):
        return {key: _plain(item, blobs) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item, blobs) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"{type(value).__name__} cannot cross the queue")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _build(kind: Any, value: Any, blobs: list[bytes]) -> Any:
    """`value` as an instance of the annotation `kind`."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _build(_choose(get_args(kind), value), value, blobs)
    if origin is Literal:
        if not isinstance(value, str) or value not in get_args(kind):
            raise _bad("a field has a value that is none of its choices")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise _bad("a list is missing")
        return tuple(_build(get_args(kind)[0], item, blobs) for item in value)
    if origin is Mapping:
        if not isinstance(value, dict):
            raise _bad("a table is missing")
        return {key: _build(get_args(kind)[1], item, blobs) for key, item in value.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _build_dataclass(kind, value, blobs)
    return _build_scalar(kind, value, blobs)


def _choose(kinds: tuple[Any, ...], value: Any) -> Any:
    """Which member of a union `value` is; the reading of the member itself is as strict as ever."""
    if value is None and type(None) in kinds:
        return type(None)
    tag = value.get("type") if isinstance(value, dict) else None
    by_name = {kind.__name__: kind for kind in kinds if isinstance(kind, type) and dataclasses.is_dataclass(kind)}
    if isinstance(tag, str) and tag in by_name:
        return by_name[tag]
    rest = [kind for kind in kinds if kind is not type(None) and not dataclasses.is_dataclass(kind)]
    for kind in rest:
        if type(value) is kind:
            return kind
    if rest:
        return rest[-1]
    raise _bad("a field is of none of the kinds that it may be")


def _build_dataclass(kind: Any, value: Any, blobs: list[bytes]) -> Any:
    fields = {field.name for field in dataclasses.fields(kind)}
    if not isinstance(value, dict) or value.get("type") != kind.__name__ or set(value) != fields | {"type"}:
        raise _bad(f"it is not a {kind.__name__} of this version")
    hints = _hints(kind)
    return kind(**{name: _build(hints[name], value[name], blobs) for name in fields})


def _build_scalar(kind: Any, value: Any, blobs: list[bytes]) -> Any:
    if kind is type(None) and value is None:
        return None
    if kind is bytes:
        if not isinstance(value, dict) or set(value) != {"blob"} or not isinstance(value["blob"], int):
            raise _bad("a picture is missing")
        if not 0 <= value["blob"] < len(blobs):
            raise _bad("a picture is missing")
        return blobs[value["blob"]]
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if not math.isfinite(number):
            raise _bad("a number is not finite")
        return number
    if kind in (str, int, bool) and type(value) is kind:
        return value
    raise _bad(f"a field is not of the type {getattr(kind, '__name__', kind)}")
