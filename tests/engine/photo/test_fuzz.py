"""Thousands of hostile files: each becomes a picture or a typed error, within the limits."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
from collections import Counter
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from engine.errors import PhotoError, all_errors
from engine.photo import PhotoLimits, read_photo, reader
from engine.photo.decoding import formats
from engine.photo.decoding.limits import fitted_size

pytest.importorskip("resource", reason="this system knows no limits on a process")

MUTANTS_PER_SEED = 1200
MUTANTS_THROUGH_THE_DOOR = 100
MAGICS = (
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"BM\x40\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
    b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
    b"\0\0\0\x1cftypheic\0\0\0\0mif1heic",
)
INTERESTING = (0, 1, 2, 3, 4, 8, 16, 32, 64, 100, 127, 128, 192, 255)

# Runs in a child that is confined as the real one is, but lives for many files: length-prefixed files come in on
# standard input, one JSON line about each goes out.
MANY_FILES = """
import json, resource, sys
sys.path[:0] = sys.argv[2:]
from decoding import child
from decoding.picture import decode
def peak_bytes():
    # Not ru_maxrss: a child starts with its parent's, and the suite's own process is large.
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024


limits = child.PhotoLimits(**json.loads(sys.argv[1]))
child.confine(limits)
stdin = sys.stdin.buffer
while length := stdin.read(4):
    data = stdin.read(int.from_bytes(length, "big"))
    before = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    try:
        picture = decode(data, limits).rgb
        outcome = "picture"
        sound = picture.mode == "RGB" and max(picture.size) <= limits.max_side_px
        sound = sound and len(picture.tobytes()) == 3 * picture.width * picture.height
    except child.Refusal as refusal:
        outcome, sound = refusal.code, bool(refusal.sentence)
    except MemoryError:
        outcome, sound = "photo_decode_failed", True
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([outcome, sound, sum(used[:2]) - before, peak_bytes()]), flush=True)
"""


def seeds() -> list[bytes]:
    """One small file of every format and of every mode that takes its own way through the decoder."""
    y, x = np.mgrid[0:70, 0:90]
    colours = Image.fromarray(np.stack([x * 2, y * 3, (x * y) % 256], axis=-1).astype(np.uint8))
    see_through = colours.copy()
    see_through.putalpha(Image.fromarray((x * 2).astype(np.uint8)))
    deep = Image.fromarray((x * 700).astype(np.uint16))
    exif = Image.Exif()
    exif[0x0112] = 6
    kinds: list[tuple[Image.Image, str, dict[str, object]]] = [
        (colours, "JPEG", {"exif": exif}),
        (colours, "JPEG", {"progressive": True}),
        (colours.convert("CMYK"), "JPEG", {}),
        (colours, "PNG", {"exif": exif}),
        (see_through, "PNG", {}),
        (deep, "PNG", {}),
        (colours.quantize(16), "PNG", {"transparency": 3}),
        (colours, "WEBP", {"exif": exif}),
        (see_through, "WEBP", {"lossless": True}),
        (colours, "WEBP", {"save_all": True, "append_images": [colours.rotate(90)]}),
        (colours, "GIF", {"save_all": True, "append_images": [colours.rotate(90)]}),
        (colours, "BMP", {}),
        (colours.quantize(16), "BMP", {}),
        (colours, "MPO", {"save_all": True, "append_images": [colours.rotate(90)]}),
    ]
    if features.check("avif"):
        kinds += [(colours, "AVIF", {"exif": exif}), (see_through, "AVIF", {})]
    if importlib.util.find_spec("pillow_heif"):
        import pillow_heif

        pillow_heif.register_heif_opener()
        kinds += [(colours, "HEIF", {"exif": exif}), (see_through, "HEIF", {})]
    files = []
    for picture, format_name, options in kinds:
        file = BytesIO()
        picture.save(file, format_name, **options)
        files.append(file.getvalue())
    return files


def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """One to four small damages, most of them near the head, where the structure is."""
    file = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(file)) if rng.random() < 0.5 else rng.randrange(min(len(file), 80))
        kind = rng.randrange(7)
        if kind == 0:
            file[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            file[at] = rng.choice(INTERESTING)
        elif kind == 2:
            width = rng.choice((2, 4))
            file[at : at + width] = rng.choice((b"\xff", b"\0", b"\x7f")) * width
        elif kind == 3:
            del file[at : at + rng.randint(1, 40)]
        elif kind == 4:
            file[at:at] = rng.randbytes(rng.randint(1, 40))
        elif kind == 5:
            del file[max(at, 8) :]
        else:
            start = rng.randrange(len(other))
            file[at : at + 60] = other[start : start + 60]
        if not file:
            return rng.randbytes(20)
    return bytes(file)


def hostile_files(seed: int, per_seed: int) -> list[bytes]:
    """Mutants of every seed, and noise behind every format's first bytes."""
    rng = random.Random(seed)
    sources = seeds()
    files = [mutate(source, rng.choice(sources), rng) for source in sources for _ in range(per_seed)]
    files += [rng.choice(MAGICS) + rng.randbytes(rng.randint(0, 300)) for _ in range(per_seed * 2)]
    rng.shuffle(files)
    return files


@pytest.mark.slow
def test_thousands_of_hostile_files_crash_nothing_and_stay_within_the_limits() -> None:
    files = hostile_files(seed=20, per_seed=MUTANTS_PER_SEED)
    limits = PhotoLimits(cpu_s=300)
    command = [sys.executable, "-c", MANY_FILES, json.dumps(vars(limits)), reader._child_path()[0]]
    fed = b"".join(len(file).to_bytes(4, "big") + file for file in files)
    ran = subprocess.run(command, input=fed, capture_output=True, timeout=600, check=False)
    reports = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, f"file {len(reports)} of seed 20 ended the decoder: {ran.stderr.decode()[-2000:]}"
    assert len(reports) == len(files) > 20_000
    assert all(sound for _, sound, _, _ in reports)
    assert max(used_s for _, _, used_s, _ in reports) < PhotoLimits().cpu_s
    assert max(peak_bytes for _, _, _, peak_bytes in reports) < limits.memory_bytes
    outcomes = Counter(outcome for outcome, _, _, _ in reports)
    # Were the mutants too tame or too wild, the test would say nothing.
    assert outcomes["picture"] > 2000
    assert outcomes["truncated_photo"] > 2000
    assert set(outcomes) - {"picture"} <= {error.code for error in all_errors(PhotoError)}


@pytest.mark.slow
def test_hundreds_of_hostile_files_go_through_the_real_child() -> None:
    files = hostile_files(seed=21, per_seed=MUTANTS_PER_SEED)[:MUTANTS_THROUGH_THE_DOOR]
    pictures = 0
    refused = 0
    for file in files:
        try:
            pixels = read_photo(file)
        except PhotoError:
            refused += 1
        else:
            pictures += 1
            assert pixels.ndim == 3
            assert pixels.shape[2] == 3
    assert pictures + refused == len(files)
    assert min(pictures, refused) > 20


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.one_of(st.binary(max_size=200), st.tuples(st.sampled_from(MAGICS), st.binary(max_size=200)).map(b"".join)))
def test_random_bytes_are_refused_with_a_typed_error(data: bytes) -> None:
    with pytest.raises(PhotoError):
        read_photo(data)


@given(st.binary(max_size=400))
def test_sniffing_never_fails(data: bytes) -> None:
    assert formats.sniff(data) in {None, "JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF", "HEIF"}


@given(st.integers(1, 100_000), st.integers(1, 100_000), st.integers(1, 5000))
def test_a_fitted_size_keeps_to_the_limit_and_to_the_proportions(width: int, height: int, limit: int) -> None:
    fitted = fitted_size((width, height), limit)
    assert min(fitted) >= 1
    assert max(fitted) == min(limit, max(width, height))
    scale = max(fitted) / max(width, height)
    assert abs(min(fitted) - max(1.0, min(width, height) * scale)) <= 0.51
