"""Checkpoints in all their formats, whole, damaged, and out to do harm."""

from __future__ import annotations

import io
import pickle
import random
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from engine.errors import BadCheckpoint, CheckpointError, UnsafeCheckpoint, WrongGenerator
from engine.generator.checkpoint import read_checkpoint, write_checkpoint
from engine.generator.layout import CONFIG_F, shapes, with_nvidia_names
from tests.support.checkpoint_files import (
    SMALL,
    TRAINER_SOURCE,
    community_state,
    random_tensors,
    write_pkl,
    write_pt,
    write_safetensors,
)


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    return random_tensors()


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def write(kind: str, folder: Path, tensors: dict[str, torch.Tensor]) -> Path:
    """A sound file of one of the formats."""
    path = folder / f"a.{kind}"
    if kind == "pkl":
        return write_pkl(path, tensors)
    if kind == "safetensors":
        return write_safetensors(path, tensors)
    return write_pt(path, tensors, zipped=kind == "pt")


STORAGE = object()
KINDS = ("pkl", "pt", "legacy.pt", "safetensors")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_gives_its_tensors_back_to_the_last_bit(
    kind: str, tensors: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    checkpoint = read_checkpoint(write(kind, tmp_path, tensors))
    assert same(checkpoint.tensors, tensors)
    assert checkpoint.layout == SMALL
    assert checkpoint.format == kind.removeprefix("legacy.")
    assert (checkpoint.mapping_rate, checkpoint.conv_clamp) == (0.01, None)


@pytest.mark.parametrize("kind", KINDS)
def test_conversion_keeps_everything(kind: str, tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    read = read_checkpoint(write(kind, tmp_path, tensors))
    write_checkpoint(read, tmp_path / "out.safetensors")
    again = read_checkpoint(tmp_path / "out.safetensors")
    assert same(again.tensors, tensors)
    assert (again.layout, again.mapping_rate, again.conv_clamp) == (read.layout, read.mapping_rate, read.conv_clamp)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{kind}", "out.safetensors"]


def test_conversion_keeps_clamp_and_rate(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    read = read_checkpoint(write_pkl(tmp_path / "a.pkl", tensors, conv_clamp=256, lr_multiplier=0.02))
    write_checkpoint(read, tmp_path / "out.safetensors")
    again = read_checkpoint(tmp_path / "out.safetensors")
    assert (again.mapping_rate, again.conv_clamp) == (0.02, 256.0)
    with safe_open(tmp_path / "out.safetensors", "pt") as file:
        assert file.metadata()["kind"] == "stylegan2-generator"
        assert file.metadata()["size_px"] == "32"


def test_noise_that_a_community_file_lacks_is_the_same_on_every_load(
    tensors: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = write_pt(tmp_path / "a.pt", tensors, noise=False)
    first, second = read_checkpoint(path).tensors, read_checkpoint(path).tensors
    assert same(first, second)
    noise = first["synthesis.b32.conv1.noise_const"]
    assert noise.shape == (32, 32)
    assert 0.8 < float(noise.std()) < 1.2
    assert torch.equal(first["synthesis.b32.conv1.weight"], tensors["synthesis.b32.conv1.weight"])


def test_the_full_layout_is_that_of_the_published_files() -> None:
    """Names and shapes that the trainers' code gives at 1024 px: NVlabs/stylegan2-ada-pytorch, training/networks.py,
    and rosinality/stylegan2-pytorch, model.py."""
    nvidia = shapes(CONFIG_F)
    assert nvidia["synthesis.b4.const"] == (512, 4, 4)
    assert nvidia["synthesis.b4.conv1.noise_const"] == (4, 4)
    assert nvidia["synthesis.b64.conv1.weight"] == (512, 512, 3, 3)
    assert nvidia["synthesis.b128.conv0.weight"] == (256, 512, 3, 3)
    assert nvidia["synthesis.b128.conv0.affine.weight"] == (512, 512)
    assert nvidia["synthesis.b1024.conv0.weight"] == (32, 64, 3, 3)
    assert nvidia["synthesis.b1024.conv1.noise_strength"] == ()
    assert nvidia["synthesis.b1024.torgb.weight"] == (3, 32, 1, 1)
    assert nvidia["mapping.fc7.bias"] == (512,)
    assert not any(name.startswith(("mapping.fc8", "synthesis.b4.conv0", "synthesis.b2048")) for name in nvidia)

    full = {name: torch.zeros(shape) for name, shape in nvidia.items()}
    community = {name: tuple(value.shape) for name, value in community_state(full).items()}
    assert community["style.8.weight"] == (512, 512)
    assert community["input.input"] == (1, 512, 4, 4)
    assert community["conv1.conv.modulation.weight"] == (512, 512)
    assert community["convs.8.conv.weight"] == (1, 256, 512, 3, 3)  # 128 px, enlarging
    assert community["convs.8.conv.blur.kernel"] == (4, 4)
    assert community["convs.15.conv.weight"] == (1, 32, 32, 3, 3)
    assert community["convs.15.noise.weight"] == (1,)
    assert community["convs.15.activate.bias"] == (32,)
    assert community["to_rgb1.bias"] == (1, 3, 1, 1)
    assert community["to_rgbs.7.conv.weight"] == (1, 3, 32, 1, 1)
    assert community["to_rgbs.7.upsample.kernel"] == (4, 4)
    assert community["noises.noise_16"] == (1, 1, 1024, 1024)
    again = with_nvidia_names({name: torch.zeros(shape) for name, shape in community.items() if "kernel" not in name})
    assert {name: tuple(value.shape) for name, value in again.items()} == nvidia


def without(tensors: dict[str, torch.Tensor], part: str) -> dict[str, torch.Tensor]:
    return {name: value for name, value in tensors.items() if part not in name}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: without(t, "b16.torgb"), "lacks synthesis.b16.torgb.weight"),
        (lambda t: t | {"synthesis.b8.conv0.weight": torch.zeros(8, 7, 3, 3)}, "conv0.weight is 8x7x3x3 where"),
        (lambda t: t | {"synthesis.b16.skip.weight": torch.zeros(6, 8, 1, 1)}, "has synthesis.b16.skip.weight"),
        (lambda t: t | {"mapping.embed.weight": torch.zeros(16, 5)}, "has mapping.embed.weight"),
        (lambda t: {"synthesis.L0_36_1024.weight": torch.zeros(4, 4, 3, 3)}, "no StyleGAN2"),
        (lambda t: {"conv.weight": torch.zeros(3)}, "no StyleGAN2"),
    ],
)
def test_other_networks_are_refused_by_what_differs(
    change: Any, sentence: str, tensors: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = write_safetensors(tmp_path / "a.safetensors", change(dict(tensors)))
    with pytest.raises(WrongGenerator, match=sentence):
        read_checkpoint(path)


def test_other_architectures_and_filters_are_refused(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    with pytest.raises(WrongGenerator, match="no skip connections"):
        read_checkpoint(write_pkl(tmp_path / "a.pkl", tensors, architecture="resnet"))
    with pytest.raises(WrongGenerator, match="another filter"):
        read_checkpoint(write_pkl(tmp_path / "b.pkl", tensors, resample_filter=torch.ones(4, 4)))


def test_files_without_a_generator_are_refused(tmp_path: Path) -> None:
    torch.save({"g": {}, "d": {}}, tmp_path / "a.pt")
    (tmp_path / "b.pkl").write_bytes(pickle.dumps({"G": None}))
    (tmp_path / "c.pkl").write_bytes(pickle.dumps({"G_ema": [1, 2]}))
    for name in ("a.pt", "b.pkl", "c.pkl"):
        with pytest.raises(WrongGenerator, match="no generator"):
            read_checkpoint(tmp_path / name)


def test_files_of_the_tensorflow_days_are_sent_to_their_converter(tmp_path: Path) -> None:
    network = b"cdnnlib.tflib.network\nNetwork\n)\x81"
    (tmp_path / "a.pkl").write_bytes(b"\x80\x03" + network * 3 + b"\x87.")
    with pytest.raises(WrongGenerator, match="legacy.py"):
        read_checkpoint(tmp_path / "a.pkl")


def test_numbers_that_are_none_are_refused(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    broken = tensors | {"synthesis.b8.torgb.bias": torch.tensor([0.0, float("nan"), 0.0])}
    with pytest.raises(BadCheckpoint):
        read_checkpoint(write_safetensors(tmp_path / "a.safetensors", broken))


@pytest.mark.parametrize("content", [b"", b"\x80", b"PK", b"no checkpoint at all, but long enough", b"{" * 40])
def test_what_is_no_checkpoint_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(BadCheckpoint):
        read_checkpoint(tmp_path / "a.pt")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadCheckpoint, match="check its path"):
        read_checkpoint(tmp_path / "none.pt")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_was_cut_off_is_told_wherever_the_cut_is(
    kind: str, tensors: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = write(kind, tmp_path, tensors)
    whole = path.read_bytes()
    cuts = [1, 9, 100, len(whole) - 1, *(len(whole) * part // 25 for part in range(1, 25))]
    for cut in cuts:
        path.write_bytes(whole[:cut])
        with pytest.raises(BadCheckpoint):
            read_checkpoint(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_refused_but_breaks_nothing(
    kind: str, tensors: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = write(kind, tmp_path, tensors)
    whole = path.read_bytes()
    rng = random.Random(4)
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(rng.choice((1, 30, 1000))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            read_checkpoint(path)
        except CheckpointError:
            refused += 1
    assert refused > 10


class Touch:
    """Unpickled, it runs a command that makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        import os

        return os.system, (f"touch '{self.path}'",)


def hostile_zip(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


def hostile_legacy(touch: Touch) -> bytes:
    """The older layout of torch.save, with the command in place of the object."""
    file = io.BytesIO()
    parts: tuple[object, ...] = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, touch, [])
    for part in parts:
        pickle.dump(part, file, 2)
    return file.getvalue()


def hostile_storage(touch: Touch) -> bytes:
    """A .pkl that is innocent itself; the bytes of one of its tensors' storages are the command."""
    inner = pickle.dumps(hostile_legacy(touch), 4)[2:-1]  # the bytes alone, without frame and stop
    load = b"ctorch.storage\n_load_from_bytes\n" + inner + b"\x85R"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + load + b"K\x00(K\x01t(K\x01t\x89}tR"
    parameters = b"}\x8c\x01w" + tensor + b"s"
    state = b"}\x8c\x0b_parameters" + parameters + b"s"
    meta = b"}\x8c\x05state" + state + b"s"
    generator = b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n" + meta + b"\x85R"
    return b"\x80\x04}\x8c\x05G_ema" + generator + b"s."


HOSTILE = {
    "protocol 0": lambda touch: b"\x80\x02" + pickle.dumps(touch, 0),
    "protocol 2": lambda touch: pickle.dumps({"G_ema": touch}, 2),
    "protocol 4": lambda touch: pickle.dumps({"G_ema": touch}, 4),
    "beside the generator": lambda touch: pickle.dumps({"G_ema": None, "notes": [touch]}, 5),
    "zip": lambda touch: hostile_zip(pickle.dumps({"g_ema": touch}, 2)),
    "older torch": hostile_legacy,
}


def harm(content: bytes, folder: Path) -> bool:
    """Whether Python's own unpickler, let loose on it in another process, makes the file."""
    (folder / "content").write_bytes(content)
    program = (
        "import pickle, sys, zipfile\n"
        "path = sys.argv[1]\n"
        "stream = zipfile.ZipFile(path).open('archive/data.pkl') if zipfile.is_zipfile(path) else open(path, 'rb')\n"
        "while stream.peek(1): pickle.load(stream)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(folder / "content")], capture_output=True, check=False)
    return (folder / "harm").exists()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_pickle_is_refused_and_never_run(kind: str, tmp_path: Path) -> None:
    content = HOSTILE[kind](Touch(tmp_path / "harm"))
    (tmp_path / "a.pkl").write_bytes(content)
    with pytest.raises(UnsafeCheckpoint, match="system"):
        read_checkpoint(tmp_path / "a.pkl")
    assert not (tmp_path / "harm").exists()
    assert harm(content, tmp_path), "the pickle must really be one that does harm"


def test_a_hostile_pickle_inside_of_a_tensors_bytes_is_refused_and_never_run(tmp_path: Path) -> None:
    content = hostile_storage(Touch(tmp_path / "harm"))
    (tmp_path / "a.pkl").write_bytes(content)
    with pytest.raises(UnsafeCheckpoint, match="system"):
        read_checkpoint(tmp_path / "a.pkl")
    assert not (tmp_path / "harm").exists()
    assert harm(hostile_legacy(Touch(tmp_path / "harm")), tmp_path)


def test_source_text_in_a_trainers_pickle_is_never_run(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    """Such text is in every .pkl of the trainers, whose own loader runs it."""
    source = f"import pathlib\npathlib.Path({str(tmp_path / 'harm')!r}).touch()\n{TRAINER_SOURCE}"
    path = write_pkl(tmp_path / "a.pkl", tensors, source=source)
    assert source.encode() in path.read_bytes()
    assert same(read_checkpoint(path).tensors, tensors)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"(ios\nsystem\nS'true'\n.",  # INST
        b"(cos\nsystem\nS'true'\no.",  # OBJ
        b"c__builtin__\neval\nS'1'\n\x85R.",
        b"cbuiltins\ngetattr\n.",
        b"ctorch\nload\n.",
        b"\x82\x01.",  # EXT1
        b"Pname\n.",  # PERSID, which no torch file has
    ],
)
def test_every_way_to_name_a_function_is_closed(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\x02" + content.ljust(16, b"\x00"))
    with pytest.raises(UnsafeCheckpoint):
        read_checkpoint(tmp_path / "a.pkl")


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        b"(" + b"\x85" * 10 + b".",
        b"}" + b")" + b"\x85" * 1_000_000 + b"Ns.",  # a key, a million tuples deep
        b"]\x94" + b"h\x00\x61" * 1000 + b".",  # a list inside of itself
        b"NR.",
        b"(" * 100_000 + b"t.",
        b"I" + b"9" * 100_000 + b"\n.",
        b"\x8e" + struct.pack("<Q", 2**62) + b".",
    ],
)
def test_pickles_that_make_no_sense_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04" + content.ljust(16, b"\x00"))
    with pytest.raises(CheckpointError):
        read_checkpoint(tmp_path / "a.pkl")


@pytest.mark.parametrize(
    ("offset", "shape", "stride"),
    [
        (0, (5,), (1,)),
        (1, (4,), (1,)),
        (0, (2, 2), (4, 1)),
        (0, (4,), (-1,)),
        (-1, (4,), (1,)),
        (0, (2**40,), (0,)),
        (0, (2, 2), (1,)),
    ],
)
def test_a_tensor_that_reaches_outside_of_its_storage_is_refused(
    offset: int, shape: tuple[int, ...], stride: tuple[int, ...], tmp_path: Path
) -> None:
    write_view(tmp_path / "a.pt", offset, shape, stride)
    with pytest.raises(BadCheckpoint):
        read_checkpoint(tmp_path / "a.pt")


def test_a_view_that_stays_inside_is_read(tmp_path: Path) -> None:
    """Only then is it seen that there is no generator around it."""
    write_view(tmp_path / "a.pt", 0, (2, 2), (1, 2))
    with pytest.raises(WrongGenerator):
        read_checkpoint(tmp_path / "a.pt")


def write_view(path: Path, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> None:
    """A storage of four numbers, and a view into it that may lie."""

    class View:
        def __reduce__(self) -> Any:
            return torch._utils._rebuild_tensor_v2, (STORAGE, offset, shape, stride, False, OrderedDict())

    class Pickler(pickle.Pickler):
        def persistent_id(self, value: object) -> Any:
            return ("storage", torch.FloatStorage, "0", "cpu", 4) if value is STORAGE else None

    content = io.BytesIO()
    Pickler(content, 2).dump({"g_ema": {"input.input": View()}})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", content.getvalue())
        archive.writestr("archive/data/0", torch.arange(4.0).numpy().tobytes())


def test_a_storage_that_would_unpack_to_more_than_the_file_is_refused(tmp_path: Path) -> None:
    torch.save({"g_ema": {"input.input": torch.zeros(1000)}}, tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "a.pt") as archive, zipfile.ZipFile(tmp_path / "b.pt", "w") as packed:
        for name in archive.namelist():
            kind = zipfile.ZIP_DEFLATED if "/data/" in name else zipfile.ZIP_STORED
            packed.writestr(name, archive.read(name), kind)
    with pytest.raises(BadCheckpoint):
        read_checkpoint(tmp_path / "b.pt")


def test_metadata_that_makes_no_sense_is_refused(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    for metadata in ({"mapping_rate": "fast"}, {"mapping_rate": "-1"}, {"conv_clamp": "nan"}):
        save_file(tensors, tmp_path / "a.safetensors", metadata)
        with pytest.raises(BadCheckpoint):
            read_checkpoint(tmp_path / "a.safetensors")
