"""What comes out of a photo: the right pixels, upright, opaque, in sRGB."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, features

from engine.photo import PhotoLimits, read_photo

Pixels = NDArray[np.uint8]


def encode(picture: Image.Image, format_name: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, format_name, **options)
    return file.getvalue()


@pytest.fixture
def scene() -> Pixels:
    """Smooth colours, wider than high, different in every corner."""
    y, x = np.mgrid[0:80, 0:112].astype(np.float64)
    channels = [255 * x / 111, 255 * y / 79, 127 + 90 * np.sin(x / 9) * np.cos(y / 11)]
    return np.stack(channels, axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    ("format_name", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 97, "subsampling": 0}, 3),
        ("AVIF", {"quality": 97}, 3),
        ("GIF", {}, 12),
    ],
)
def test_every_format_gives_its_pixels(
    scene: Pixels, format_name: str, options: dict[str, object], tolerance: float
) -> None:
    if format_name == "AVIF" and not features.check("avif"):
        pytest.skip("this build of Pillow reads no AVIF")
    pixels = read_photo(encode(Image.fromarray(scene), format_name, **options))
    assert pixels.shape == scene.shape
    assert pixels.dtype == np.uint8
    assert pixels.flags.writeable
    assert np.abs(pixels.astype(int) - scene).mean() <= tolerance


def test_heic_is_read(scene: Pixels) -> None:
    heif = pytest.importorskip("pillow_heif", reason="nothing else here writes HEIC")
    file = BytesIO()
    heif.from_pillow(Image.fromarray(scene)).save(file, quality=95)
    pixels = read_photo(file.getvalue())
    assert np.abs(pixels.astype(int) - scene).mean() <= 4


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "AVIF", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_comes_out_upright(scene: Pixels, orientation: int, format_name: str) -> None:
    """Each EXIF orientation is undone, whichever corner the camera called the first."""
    stored = {
        1: scene,
        2: scene[:, ::-1],
        3: scene[::-1, ::-1],
        4: scene[::-1],
        5: scene.transpose(1, 0, 2),
        6: scene.transpose(1, 0, 2)[::-1],
        7: scene[::-1, ::-1].transpose(1, 0, 2),
        8: scene.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"lossless": True} if format_name == "WEBP" else {"quality": 97}
    pixels = read_photo(encode(Image.fromarray(np.ascontiguousarray(stored)), format_name, exif=exif, **options))
    assert pixels.shape == scene.shape
    assert np.abs(pixels.astype(int) - scene).mean() <= (0 if format_name in ("PNG", "WEBP") else 3)


def test_broken_exif_is_no_reason_to_refuse_a_photo(scene: Pixels) -> None:
    data = encode(Image.fromarray(scene), "PNG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12")
    np.testing.assert_array_equal(read_photo(data), scene)


def test_transparency_lies_on_neutral_grey(scene: Pixels) -> None:
    alpha = np.zeros(scene.shape[:2], np.uint8)
    alpha[:, 40:80] = 128
    alpha[:, 80:] = 255
    picture = Image.fromarray(np.dstack([scene, alpha]))
    pixels = read_photo(encode(picture, "PNG"))
    assert (pixels[:, :40] == 128).all()
    np.testing.assert_array_equal(pixels[:, 80:], scene[:, 80:])
    half = scene[:, 40:80] * (128 / 255) + 128 * (127 / 255)
    assert np.abs(pixels[:, 40:80] - half).max() <= 1


def test_a_transparent_palette_entry_becomes_grey() -> None:
    picture = Image.new("P", (70, 70), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.paste(1, (35, 0, 70, 70))
    pixels = read_photo(encode(picture, "PNG", transparency=0))
    assert (pixels[:, :35] == 128).all()
    assert (pixels[:, 35:] == (0, 0, 255)).all()


def test_grey_with_transparency_lies_on_grey_too() -> None:
    picture = Image.new("LA", (70, 70), (200, 255))
    picture.paste((200, 0), (0, 0, 35, 70))
    pixels = read_photo(encode(picture, "PNG"))
    assert (pixels[:, :35] == 128).all()
    assert (pixels[:, 35:] == 200).all()


def test_cmyk_comes_out_in_its_colours(scene: Pixels) -> None:
    pixels = read_photo(encode(Image.fromarray(scene).convert("CMYK"), "JPEG", quality=97))
    assert np.abs(pixels.astype(int) - scene).mean() <= 4


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.tile(np.linspace(0, 65535, 128).astype(np.uint16), (64, 1))
    pixels = read_photo(encode(Image.fromarray(ramp), "PNG"))
    assert np.abs(pixels[..., 0] - ramp / 257).max() <= 1
    assert (pixels == pixels[..., :1]).all()


def test_sixteen_bit_colour_is_scaled_and_not_clipped(scene: Pixels) -> None:
    deep = scene.astype(np.uint16) * 257
    written, file = cv2.imencode(".png", deep[..., ::-1])
    assert written
    np.testing.assert_array_equal(read_photo(file.tobytes()), scene)


def test_sixteen_bit_colour_with_transparency_is_scaled_too(scene: Pixels) -> None:
    deep = np.dstack([scene[..., ::-1], np.full(scene.shape[:2], 255, np.uint8)]).astype(np.uint16) * 257
    written, file = cv2.imencode(".png", deep)
    assert written
    np.testing.assert_array_equal(read_photo(file.tobytes()), scene)


@pytest.mark.parametrize("mode", ["L", "1"])
def test_greys_become_three_equal_channels(scene: Pixels, mode: str) -> None:
    picture = Image.fromarray(scene).convert(mode)
    expected = np.asarray(picture.convert("L"))
    pixels = read_photo(encode(picture, "PNG"))
    np.testing.assert_array_equal(pixels, np.repeat(expected[..., None], 3, axis=2))


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "MPO"])
def test_an_animation_gives_its_first_frame(format_name: str) -> None:
    frames = [Image.new("RGB", (80, 80), colour) for colour in ((200, 30, 30), (30, 200, 30), (30, 30, 200))]
    data = encode(frames[0], format_name, save_all=True, append_images=frames[1:])
    assert np.abs(read_photo(data).astype(int) - (200, 30, 30)).max() <= 4


def swapped_profile() -> bytes:
    """An sRGB profile whose first two primaries have changed places."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"xXYZ").replace(b"gXYZ", b"rXYZ").replace(b"xXYZ", b"gXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def test_an_embedded_colour_profile_is_applied(scene: Pixels) -> None:
    pixels = read_photo(encode(Image.fromarray(scene), "PNG", icc_profile=swapped_profile()))
    assert np.abs(pixels.astype(int) - scene[..., [1, 0, 2]]).mean() <= 2


# Display P3 and Adobe RGB (1998): columns of red, green and blue in XYZ at D50 as the published profiles have them, the
# curve (None: sRGB's own), and the published matrix from linear light to that of sRGB.
WIDE = {
    "display_p3": (
        ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841)),
        None,
        ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0197, -0.0786, 1.0979)),
    ),
    "adobe_rgb": (
        ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
        563 / 256,
        ((1.3984, -0.3984, 0.0), (0.0, 1.0, 0.0), (0.0, -0.0429, 1.0429)),
    ),
    "linear": (
        ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)),
        1.0,
        ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    ),
}


def wide_profile(primaries: tuple[tuple[float, ...], ...], gamma: float | None) -> bytes:
    """An sRGB profile, by its name too, with other primaries and another curve."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for index in range(int.from_bytes(profile[128:132], "big")):
        entry = profile[132 + 12 * index : 144 + 12 * index]
        begin = int.from_bytes(entry[4:8], "big")
        if bytes(entry[:4]) in (b"rXYZ", b"gXYZ", b"bXYZ"):
            column = primaries["rgb".index(chr(entry[0]))]
            for axis, value in enumerate(column):
                at = begin + 8 + 4 * axis
                profile[at : at + 4] = round(value * 65536).to_bytes(4, "big", signed=True)
        elif gamma is not None and entry[1:4] == b"TRC":
            profile[begin : begin + 14] = (
                b"curv" + bytes(4) + (1).to_bytes(4, "big") + round(gamma * 256).to_bytes(2, "big")
            )
    return bytes(profile)


@pytest.mark.parametrize("name", list(WIDE))
def test_colours_of_a_wide_space_come_out_as_a_viewer_shows_them(scene: Pixels, name: str) -> None:
    """Whatever the profile is called."""
    primaries, gamma, matrix = WIDE[name]
    codes = scene / 255
    light = (
        np.where(codes > 0.04045, ((codes + 0.055) / 1.055) ** 2.4, codes / 12.92) if gamma is None else codes**gamma
    )
    light = np.clip(light @ np.array(matrix).T, 0, 1)
    shown = 255 * np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)
    pixels = read_photo(encode(Image.fromarray(scene), "PNG", icc_profile=wide_profile(primaries, gamma)))
    assert np.abs(shown - scene).mean() > 3  # another picture than the codes alone
    assert np.abs(pixels - shown).mean() < 1.5


@pytest.mark.parametrize("profile", [b"no profile at all", swapped_profile()[:200]])
def test_a_broken_colour_profile_is_passed_over(scene: Pixels, profile: bytes) -> None:
    np.testing.assert_array_equal(read_photo(encode(Image.fromarray(scene), "PNG", icc_profile=profile)), scene)


def test_a_profile_of_another_colour_space_is_passed_over(scene: Pixels) -> None:
    grey = Image.fromarray(scene).convert("L")
    pixels = read_photo(encode(grey, "PNG", icc_profile=swapped_profile()))
    np.testing.assert_array_equal(pixels[..., 0], np.asarray(grey))


@pytest.mark.parametrize("format_name", ["JPEG", "PNG"])
def test_a_large_picture_is_scaled_to_the_longest_side(format_name: str) -> None:
    x = np.linspace(0, 255, 1200).astype(np.uint8)
    wide = np.repeat(np.tile(x, (400, 1))[..., None], 3, axis=2)
    pixels = read_photo(encode(Image.fromarray(wide), format_name), PhotoLimits(max_side_px=300))
    assert pixels.shape == (100, 300, 3)
    expected = wide[::4, ::4].astype(int)
    assert np.abs(pixels - expected).mean() <= 2


def test_a_phone_photo_keeps_every_pixel() -> None:
    data = encode(Image.new("RGB", (4032, 3024), (90, 120, 150)), "JPEG")
    assert read_photo(data).shape == (3024, 4032, 3)


def test_the_portrait_comes_out_as_it_went_in(astronaut: Pixels, astronaut_jpeg: bytes) -> None:
    pixels = read_photo(astronaut_jpeg)
    assert np.abs(pixels.astype(int) - astronaut).mean() <= 3


def test_shared_photos_are_read_as_pillow_reads_them(shared_photos: Path) -> None:
    files = sorted((shared_photos / "unaligned").glob("*.jpg"))
    assert files
    for file in files:
        data = file.read_bytes()
        assert np.array_equal(read_photo(data), np.asarray(Image.open(BytesIO(data)).convert("RGB"))), file.name
