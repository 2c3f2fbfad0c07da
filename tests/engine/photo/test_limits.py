"""What a photo may cost, and what is said when it is too much or no photo at all."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from engine.errors import (
    HeicNotRead,
    MachineBusy,
    NotAnImage,
    PhotoDecodeFailed,
    PhotoTooManyBytes,
    PhotoTooManyPixels,
    PhotoTooSmall,
    TruncatedPhoto,
)
from engine.photo import PhotoLimits, read_photo, reader
from engine.photo.decoding import jpeg

resource = pytest.importorskip("resource", reason="this system knows no limits on a process")


def encode(picture: Image.Image, format_name: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, format_name, **options)
    return file.getvalue()


def noise(width_px: int, height_px: int) -> Image.Image:
    rng = np.random.default_rng(5)
    return Image.fromarray(rng.integers(0, 256, (height_px, width_px, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"a text that someone sent by mistake",
        b"BMW is a maker of cars, and two letters do not make a picture",
        b"%PDF-1.7\n" + bytes(200),
        b"\0\0\0\x18ftypisom\0\0\0\0isomiso2mp41" + bytes(200),
        b"II*\0\x08\0\0\0" + bytes(200),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
    ids=["empty", "one byte", "text", "BMW", "PDF", "video", "TIFF", "SVG"],
)
def test_what_is_no_picture_is_called_that(data: bytes) -> None:
    with pytest.raises(NotAnImage, match="JPEG, PNG"):
        read_photo(data)


def test_heic_without_its_decoder_is_called_that(monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = "import sys; sys.modules['pi_heif'] = None; "
    monkeypatch.setattr(reader, "CHILD", (*reader.CHILD[:-1], blocked + reader.CHILD[-1]))
    with pytest.raises(HeicNotRead, match="HEIC picture.*send it as JPEG"):
        read_photo(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))


@pytest.mark.parametrize(
    ("format_name", "kept"),
    [
        (format_name, kept)
        for format_name in ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP")
        for kept in (0.2, 0.6, 0.9, 0.95)
        if kept < 0.95 or format_name in ("JPEG", "AVIF")  # else a twentieth of the lines is filled in
    ],
)
def test_a_file_that_ends_too_early_is_called_truncated(format_name: str, kept: float) -> None:
    if format_name == "AVIF" and not features.check("avif"):
        pytest.skip("this build of Pillow reads no AVIF")
    data = encode(noise(120, 90), format_name)
    with pytest.raises(TruncatedPhoto, match="ends too early"):
        read_photo(data[: int(len(data) * kept)])


def test_bytes_above_the_limit_are_refused_with_both_numbers() -> None:
    with pytest.raises(PhotoTooManyBytes, match=r"25\.0 MiB, and 25 MiB") as caught:
        read_photo(bytes(25 * 2**20 + 1))
    assert caught.value.details == {"size_bytes": 25 * 2**20 + 1, "max_bytes": 25 * 2**20}


@pytest.mark.parametrize(
    ("format_name", "side_px"),
    [("PNG", 6400), ("PNG", 12000), ("GIF", 7000), ("GIF", 12000), ("WEBP", 16000), ("JPEG", 17000), ("JPEG", 65000)],
)
def test_a_small_file_of_too_many_pixels_is_refused(format_name: str, side_px: int) -> None:
    """A few kilobytes that would decode to gigabytes; none of it is ever allocated."""
    data = enlarge_header(encode(Image.new("L", (100, 100)), format_name), format_name, side_px)
    with pytest.raises(PhotoTooManyPixels, match="megapixels, and (40|260) is the limit") as caught:
        read_photo(data)
    assert caught.value.details["pixels"] == side_px**2
    assert f"{side_px**2 / 1e6:.3g} megapixels" in caught.value.sentence
    assert ("save it as JPEG" in caught.value.sentence) == (format_name != "JPEG")


@pytest.mark.parametrize("format_name", ["PNG", "WEBP"])
def test_a_whole_picture_just_above_the_limit_is_refused(format_name: str) -> None:
    options = {"PNG": {"compress_level": 1}, "WEBP": {"lossless": True, "method": 0}}[format_name]
    with pytest.raises(PhotoTooManyPixels) as caught:
        read_photo(encode(Image.new("RGB", (6350, 6350)), format_name, **options))
    assert caught.value.details == {"pixels": 6350 * 6350, "max_pixels": 40_000_000}


def enlarge_header(data: bytes, format_name: str, side_px: int) -> bytes:
    """The same file, claiming to be a square of that side."""
    if format_name == "PNG":
        import zlib

        header = b"IHDR" + side_px.to_bytes(4, "big") * 2 + data[24:29]
        return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]
    if format_name == "GIF":
        return data[:6] + side_px.to_bytes(2, "little") * 2 + data[10:]
    if format_name == "WEBP":  # an extended header before the picture's own chunk
        side = (side_px - 1).to_bytes(3, "little")
        body = b"WEBP" + b"VP8X" + (10).to_bytes(4, "little") + bytes(4) + side * 2 + data[12:]
        return b"RIFF" + len(body).to_bytes(4, "little") + body
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + side_px.to_bytes(2, "big") * 2 + data[at + 4 :]


def test_a_gif_frame_that_outgrows_its_screen_is_refused() -> None:
    data = bytearray(encode(Image.new("L", (100, 100)), "GIF"))
    at = data.index(b"\x2c\0\0\0\0", 13) + 5
    data[at : at + 4] = (9000).to_bytes(2, "little") * 2
    with pytest.raises(PhotoTooManyPixels):
        read_photo(bytes(data))


def test_a_picture_too_small_for_any_face_is_refused() -> None:
    with pytest.raises(PhotoTooSmall, match="63 x 200") as caught:
        read_photo(encode(Image.new("RGB", (63, 200)), "PNG"))
    assert caught.value.details == {"width_px": 63, "height_px": 200, "min_side_px": 64}
    assert read_photo(encode(Image.new("RGB", (64, 200)), "PNG")).shape == (200, 64, 3)


@pytest.mark.parametrize(("size", "format_name"), [((64, 300_000), "PNG"), ((60_000, 70), "JPEG"), ((65, 4200), "PNG")])
def test_a_strip_that_would_be_too_narrow_once_scaled_is_refused(size: tuple[int, int], format_name: str) -> None:
    with pytest.raises(PhotoTooSmall, match=f"strip of {size[0]} x {size[1]} pixels"):
        read_photo(encode(Image.new("RGB", size), format_name))


def progressive(scans: int, side_px: int) -> bytes:
    """A JPEG whose last refining scan is there many times over."""
    data = encode(Image.new("L", (side_px, side_px), 120), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * scans + data[-2:]


def test_a_jpeg_of_too_many_passes_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(PhotoDecodeFailed, match="passes of 1 megapixels"):
        read_photo(progressive(3000, 1000), PhotoLimits(cpu_s=1))


def test_passes_are_counted_without_those_of_thumbnails() -> None:
    thumbnail = encode(Image.new("L", (90, 90)), "JPEG", progressive=True)
    data = encode(Image.new("L", (90, 90)), "JPEG", comment=thumbnail)
    assert len(jpeg.structure(data).scans) == 1


@pytest.mark.slow
def test_the_largest_pictures_allowed_fit_the_memory_limit() -> None:
    side_px = 6324  # 39.99 megapixels
    patient = PhotoLimits(cpu_s=60, deadline_s=300)  # on a busy machine, clearing memory alone may take seconds
    picture = Image.new("RGBA", (side_px, side_px), (200, 100, 50, 200))
    for format_name, options in (("PNG", {"compress_level": 1}), ("WEBP", {"lossless": True, "method": 0})):
        pixels = read_photo(encode(picture, format_name, **options), patient)
        assert pixels.shape == (4096, 4096, 3)


def test_a_picture_above_the_memory_limit_ends_in_a_typed_error() -> None:
    data = encode(Image.new("RGB", (5000, 5000)), "PNG")
    with pytest.raises(PhotoDecodeFailed, match="memory"):
        read_photo(data, PhotoLimits(memory_bytes=96 * 2**20))


def test_a_decoder_that_other_work_kept_from_decoding_is_no_fault_of_the_photo() -> None:
    with pytest.raises(MachineBusy, match="Other work on this machine"):
        read_photo(encode(noise(200, 200), "PNG"), PhotoLimits(deadline_s=0.001))


def test_where_the_system_knows_no_processor_limit_the_deadline_is_judged_by_what_was_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader, "CHILD", (*reader.CHILD[:-1], "while True: pass"))
    with pytest.raises(PhotoDecodeFailed, match="too long"):
        read_photo(b"x", PhotoLimits(cpu_s=0, deadline_s=0.5))


def replace_child(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Run this instead of the decoder, in the very same child."""
    prelude = "import sys, json; sys.path += sys.argv[2:]; from decoding import child; "
    prelude += "child.confine(child.PhotoLimits(**json.loads(sys.argv[1])['limits']))\n"
    monkeypatch.setattr(reader, "CHILD", (*reader.CHILD[:-1], prelude + program))


def test_a_decoder_that_spins_is_stopped_by_its_processor_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_child(monkeypatch, "while True: pass")
    with pytest.raises(PhotoDecodeFailed, match="too long"):
        read_photo(b"x", PhotoLimits(cpu_s=1, deadline_s=300))


def test_a_decoder_that_crashes_ends_in_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_child(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(PhotoDecodeFailed, match="crashed"):
        read_photo(b"x")


def test_a_decoder_that_cannot_start_is_no_fault_of_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_child(monkeypatch, "sys.exit(1)")
    with pytest.raises(RuntimeError, match="reinstall Pillow"):
        read_photo(b"x")


def test_the_child_cannot_write_a_photo_to_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = tmp_path / "leak"
    replace_child(
        monkeypatch,
        f"""
import resource
try:
    with open({str(target)!r}, "wb") as file:
        file.write(sys.stdin.buffer.read())
    outcome = "written"
except OSError:
    outcome = "refused"
print(outcome, *resource.getrlimit(resource.RLIMIT_CORE))
""",
    )
    assert reader._run_child(b"a face", PhotoLimits(), {}) == b"refused 0 0\n"
    assert target.read_bytes() == b""


def test_the_child_sees_no_secret_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECEDE_TEST_TOKEN", "secret")
    replace_child(monkeypatch, "import os; print(*os.environ)")
    names = reader._run_child(b"", PhotoLimits(), {}).decode().split()
    assert set(names) <= {*reader.KEPT_ENVIRONMENT, *reader.SINGLE, "LC_CTYPE"}


def test_the_child_loads_pillow_and_nothing_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_child(monkeypatch, "print(*{name.partition('.')[0] for name in sys.modules})")
    loaded = set(reader._run_child(b"", PhotoLimits(), {}).decode().split())
    assert "PIL" in loaded
    assert not loaded & {"engine", "numpy", "torch", "cv2", "multiprocessing"}


def test_reading_works_from_any_folder_and_without_a_main_module(tmp_path: Path, repository: Path) -> None:
    """Also with torch's threads running in the parent, and with a file in the way that is called like a module."""
    (tmp_path / "PIL.py").write_text("raise SystemExit('the wrong Pillow')")
    (tmp_path / "photo.png").write_bytes(encode(Image.new("RGB", (80, 70), (1, 2, 3)), "PNG"))
    program = f"""
import sys
sys.path.remove("")
sys.path.append({str(repository)!r})
import torch
torch.ones(256, 256) @ torch.ones(256, 256)
from engine.photo import read_photo
print(read_photo(open("photo.png", "rb").read()).shape)
"""
    command = [sys.executable, "-"]
    ran = subprocess.run(command, input=program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stdout == "(70, 80, 3)\n", ran.stderr


def test_confining_leaves_the_limits_that_were_asked_for() -> None:
    program = "import json, resource, sys; sys.path[:0] = sys.argv[1:]; from decoding import child\n"
    program += "child.confine(child.PhotoLimits(memory_bytes=300 * 2**20, cpu_s=7))\n"
    program += "print(json.dumps([resource.getrlimit(w)[0] for w in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]))"
    command = [sys.executable, "-c", program, reader._child_path()[0]]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout == f"[{300 * 2**20}, 7]\n"
