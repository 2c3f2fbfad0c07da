"""What crosses the queue: packed and read again, and everything else refused."""

from __future__ import annotations

import dataclasses
import json
import random
import struct
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadMessage, BadOption, NoFace, RecedeError, all_errors
from engine.protocol import (
    MAX_PHOTO_BYTES,
    AnimationOptions,
    BaldOptions,
    Cancel,
    EngineQuery,
    EngineStatus,
    Failure,
    Job,
    Progress,
    Rendered,
    Result,
    StageProgress,
)
from engine.protocol.codec import MAGIC, VERSION, pack, unpack

RENDERED = Rendered(
    b"GIF89a" * 100, "gif", 640, 480, 24, "a man goes bald", ("fewer colours",), {"seconds": 1.5}, b"PNG"
)
MESSAGES = [
    Job("job-1", "user_2", "bot", b"\xff\xd8photo", BaldOptions(stage=4), AnimationOptions(), time.time(), "high"),
    Progress("job-1", "inverting", 0.25, None, 12.5, b"\xff\xd8"),
    Progress("job-1", "waiting", 0.0, 3, 40.0),
    Result("job-1", RENDERED, tries=2),
    Result("job-1", failure=Failure("no_face", "No face.", {"faces": 0, "share": 0.5, "name": "x"})),
    Cancel("job-1"),
    EngineQuery(),
    EngineStatus("id", "host", 7, "cpu", "ready", "", 2, ("a", "b"), 1, 0, 2.5, 10**9, 3.0),
    StageProgress("aligning", 1.0),
    RENDERED,
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_survives_the_way_there_and_back(message: object) -> None:
    assert unpack(type(message), pack(message)) == message


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_cut_and_every_extra_byte_is_refused(message: object) -> None:
    packed = pack(message)
    for end in range(len(packed)):
        with pytest.raises(BadMessage):
            unpack(type(message), packed[:end])
    with pytest.raises(BadMessage):
        unpack(type(message), packed + b"\0")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_changed_bytes_give_a_message_of_that_class_or_bad_message(message: object) -> None:
    rng = random.Random(1)
    packed = pack(message)
    for _ in range(400):
        changed = bytearray(packed)
        for _ in range(rng.randint(1, 4)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        with suppress(BadMessage):
            assert isinstance(unpack(type(message), bytes(changed)), type(message))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        unpack(Job, data)
    with pytest.raises(BadMessage):
        unpack(Job, MAGIC + bytes([VERSION]) + data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [field.name for kind in (Job, BaldOptions, Result) for field in dataclasses.fields(kind)] + ["type"]
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(FIELDS, JSON)
def test_a_field_of_another_type_is_refused_and_never_crashes(name: str, value: object) -> None:
    for message in (MESSAGES[0], MESSAGES[3]):
        plain, blobs = _header(pack(message))
        target = plain["message"]["options"] if name in plain["message"].get("options", {}) else plain["message"]
        target[name] = value
        with suppress(BadMessage):
            unpack(type(message), _with_header(plain, blobs))


def test_another_version_is_refused_by_name() -> None:
    packed = bytearray(pack(MESSAGES[0]))
    packed[3] = VERSION + 1
    with pytest.raises(BadMessage, match=f"version {VERSION + 1}"):
        unpack(Job, bytes(packed))


def test_an_unknown_field_is_refused() -> None:
    plain, blobs = _header(pack(Cancel("job-1")))
    plain["message"]["why"] = "because"
    with pytest.raises(BadMessage):
        unpack(Cancel, _with_header(plain, blobs))


def test_deep_nesting_and_huge_numbers_are_refused() -> None:
    for header in (b"[" * 100_000, b'{"message":' + b"9" * 10_000 + b',"blobs":[]}', b'{"message":NaN,"blobs":[]}'):
        with pytest.raises(BadMessage):
            unpack(Cancel, struct.pack(">3sBI", MAGIC, VERSION, len(header)) + header)


@pytest.mark.parametrize("name", ["", "a.b", "a b", "*", ">", "a/b", "x" * 65, "ü"])
def test_names_that_mean_something_to_the_broker_are_refused(name: str) -> None:
    for names in ((name, "user", "bot"), ("job", name, "bot"), ("job", "user", name)):
        with pytest.raises(BadOption):
            Job(*names, b"", BaldOptions(), AnimationOptions(), 0.0)


def test_a_photo_above_the_limit_is_refused() -> None:
    with pytest.raises(BadOption, match="does not fit"):
        Job("job", "user", "bot", b"\0" * (MAX_PHOTO_BYTES + 1), BaldOptions(), AnimationOptions(), 0.0)


@pytest.mark.parametrize("kind", list(all_errors()), ids=lambda kind: kind.code)
def test_every_error_crosses_as_itself(kind: type[RecedeError]) -> None:
    details: dict[str, str | int | float] = {"self": "x", "code": 3, "px": 1.5}
    assert Failure.of(kind("What happened.", px=1.5)).details == {"px": 1.5}
    sent = Result("job", failure=Failure(kind.code, "What happened.", details))
    with pytest.raises(kind) as caught:
        unpack(Result, pack(sent)).unwrap()
    assert type(caught.value) is kind
    assert caught.value.sentence == "What happened."
    assert caught.value.details == details


def test_an_error_of_a_newer_version_is_still_an_error() -> None:
    with pytest.raises(RecedeError, match="something new"):
        Result("job", failure=Failure("not_known_here", "something new")).unwrap()


def test_a_result_is_an_animation_or_an_error() -> None:
    for rendered, failure in ((None, None), (RENDERED, Failure.of(NoFace("No face.")))):
        with pytest.raises(BadOption):
            Result("job", rendered, failure)


def test_the_asking_side_needs_neither_torch_nor_numpy() -> None:
    code = (
        "import sys, engine.protocol, engine.errors, engine.queue; print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def _header(packed: bytes) -> tuple[dict[str, Any], bytes]:
    size = struct.unpack_from(">3sBI", packed)[2]
    plain = json.loads(packed[8 : 8 + size])
    return plain, packed[8 + size :]


def _with_header(plain: object, blobs: bytes) -> bytes:
    header = json.dumps(plain).encode()
    return struct.pack(">3sBI", MAGIC, VERSION, len(header)) + header + blobs
