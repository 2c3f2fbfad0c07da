"""A file below a limit on bytes."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.animation import encode, years_for_frames
from engine.animation.ladder import CODECS, RUNGS
from engine.errors import ResultTooLarge
from engine.protocol import AnimationFormat, AnimationOptions

Frames = list[NDArray[np.uint8]]
MAGIC = {"gif": b"GIF89a", "webp": b"RIFF", "mp4": b"\0\0\0"}


def grey_noise(frames: int, height_px: int, width_px: int) -> Frames:
    """Frames that no format can make small: new noise everywhere in each."""
    rng = np.random.default_rng(0)
    levels = [rng.integers(0, 256, (height_px, width_px, 1), dtype=np.uint8) for _ in range(frames)]
    return [np.repeat(level, 3, axis=2) for level in levels]


@pytest.fixture(scope="module")
def noisy() -> Frames:
    return grey_noise(8, 150, 120)


@pytest.mark.parametrize("format", ["gif", "webp", "mp4"])
def test_with_room_enough_nothing_is_given_up(format: AnimationFormat, frames: Frames, years: list[float]) -> None:
    encoded = encode(iter(frames), years, AnimationOptions(format=format, size_px=160))
    assert encoded.data.startswith(MAGIC[format])
    assert (encoded.width_px, encoded.height_px) == ((132 if format == "mp4" else 133), 160)
    assert encoded.frames == len(frames)
    assert encoded.gave_up == ()


@pytest.mark.slow
@pytest.mark.parametrize("format", ["gif", "webp", "mp4"])
def test_the_limit_is_kept_and_the_price_is_told(format: AnimationFormat, noisy: Frames) -> None:
    years = years_for_frames(len(noisy))
    free = encode(noisy, years, AnimationOptions(format=format))
    for share in (0.7, 0.35, 0.15):
        limit = int(len(free.data) * share)
        tight = encode(noisy, years, AnimationOptions(format=format, max_bytes=limit))
        assert len(tight.data) <= limit
        assert tight.gave_up
        assert all(not sentence[0].islower() and sentence.endswith(".") for sentence in tight.gave_up)
        told = " ".join(tight.gave_up)
        assert (tight.height_px < 150) == ("long side" in told)
        assert (tight.frames < 8) == ("frames" in told)


def test_the_told_size_and_frames_are_those_of_the_file(noisy: Frames) -> None:
    encoded = encode(noisy, years_for_frames(8), AnimationOptions(max_bytes=20_000, counter=False))
    with Image.open(BytesIO(encoded.data)) as image:
        assert image.size == (encoded.width_px, encoded.height_px)
        forwards = encoded.frames
        assert image.n_frames == forwards + min(6, forwards - 2)  # type: ignore[attr-defined]
    assert f"{encoded.frames} frames instead of 8." in encoded.gave_up


def test_when_nothing_helps_the_error_says_what_to_do() -> None:
    many = grey_noise(40, 64, 64)
    with pytest.raises(ResultTooLarge, match="allow more bytes, or choose fewer frames") as caught:
        encode(many, years_for_frames(40), AnimationOptions(max_bytes=16 * 1024))
    assert caught.value.details["max_bytes"] == 16 * 1024


def test_a_photo_is_never_enlarged(frames: Frames, years: list[float]) -> None:
    encoded = encode(frames, years, AnimationOptions(size_px=2048))
    assert (encoded.width_px, encoded.height_px) == (200, 240)


def test_without_counter_the_corner_stays_clean(frames: Frames, years: list[float]) -> None:
    def last_corner(counter: bool) -> NDArray[np.uint8]:
        data = encode(frames, years, AnimationOptions(counter=counter)).data
        with Image.open(BytesIO(data)) as image:
            image.seek(len(frames) - 1)
            return np.asarray(image.convert("RGB"))[-30:, :80]

    plain = frames[-1][-30:, :80].astype(int)
    assert np.abs(last_corner(False) - plain).mean() < 6
    assert np.abs(last_corner(True) - plain).mean() > 30


def test_progress_can_stop_the_work(frames: Frames, years: list[float]) -> None:
    class Stop(Exception):
        pass

    def stop(fraction: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        encode(frames, years, AnimationOptions(), progress=stop)


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS.keys())
def test_every_rung_is_cheaper_than_the_one_before(codec: object) -> None:
    from engine.animation.ladder import Codec

    assert isinstance(codec, Codec)
    costs = [rung.cost(codec) for rung in RUNGS]
    assert costs == sorted(costs, reverse=True)
    assert codec.still or len(set(costs)) == len(costs)


def test_a_still_is_the_last_frame_and_gives_up_nothing_but_size(frames: Frames, years: list[float]) -> None:
    encoded = encode(iter(frames), years, AnimationOptions(format="png", size_px=2048, frames=2, counter=False))
    with Image.open(BytesIO(encoded.data)) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), frames[-1])
    assert (encoded.frames, encoded.gave_up) == (1, ())
    small = AnimationOptions(format="png", size_px=2048, frames=2, counter=False, max_bytes=16 * 1024)
    noise = encode(grey_noise(2, 300, 240), [0.0, 20.0], small)
    assert len(noise.data) <= 16 * 1024
    assert len(noise.gave_up) == 1
    assert noise.gave_up[0].startswith("A long side of")


def test_a_still_shows_the_first_frame_beside_the_last_where_that_is_asked_for() -> None:
    frames = [np.full((80, 60, 3), level, np.uint8) for level in (10, 120, 240)]
    options = AnimationOptions(format="png", counter=False, before=True)
    with Image.open(BytesIO(encode(frames, [0.0, 10.0, 20.0], options).data)) as still:
        pixels = np.asarray(still.convert("RGB"))
    assert pixels.shape[1] > 120
    assert (pixels[:, :60] == 10).all()
    assert (pixels[:, -60:] == 240).all()
