"""Once with everything real but Discord: from the slash command to the posted GIF of a real face."""

from __future__ import annotations

import asyncio
import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from bot.messages import say
from engine.animation.timing import REWIND_FRAMES
from engine.errors import WeightsError
from engine.weights import weights_path
from tests.support.bot.harness import online
from tests.support.fake_discord import Message, Upload

pytestmark = pytest.mark.slow

PATIENCE_S = 900.0  # a hung engine must not hang the suite
WEIGHTS = ("mapping.xml", "mapping.bin", "synthesis.xml", "synthesis.bin", "bisenet.pth", "retinaface.py")
# Of the portrait's 512 x 512: the head with its hair, and the shoulder and flag far below it.
HEAD = (slice(0, 170), slice(130, 330))
BELOW = (slice(380, 512), slice(0, 512))


@pytest.fixture(scope="module")
def weights() -> None:
    """Everything fetched, so that the test does not wait for a download."""
    try:
        for name in WEIGHTS:
            weights_path(name)
    except WeightsError as error:
        pytest.skip(str(error))


def test_a_real_photo_goes_bald_from_command_to_posted_gif(
    weights: None, astronaut_jpeg: bytes, tmp_path: Path
) -> None:
    async def scenario() -> tuple[Message, bytes]:
        async with online(tmp_path, bot={"engine_module": "engine.server"}, engine={"preset": "draft"}) as (
            discord,
            installation,
        ):
            interaction = await discord.slash("bald", {"image": Upload("me.jpg", astronaut_jpeg)})
            try:
                message = await interaction.finished(PATIENCE_S)
            except AssertionError as error:
                raise AssertionError(f"{error}\n{installation.tail()}") from None
            assert discord.misbehaviour() == []
            return message, discord.file(message.attachments[0])

    message, data = asyncio.run(scenario())
    shown = [payload for _, payload in message.history]
    # Whether the preview is shown depends on the machine: the faster it is, the less time the years leave for it.
    assert any("▰" in payload["content"] for payload in shown)
    assert say("en", "bald_done", stage=7) in message.text
    assert "Today: about Norwood" in message.text
    assert message.attachments[0]["description"]
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size, image.info["loop"]) == ("GIF", (512, 512), 0)
        assert "exif" not in image.info
        frames = [np.asarray(frame.convert("RGB"), np.int16) for frame in ImageSequence.Iterator(image)]
    assert len(frames) == 24 + REWIND_FRAMES
    check_hairline_moves(frames[:24])


def check_hairline_moves(frames: list[NDArray[np.int16]]) -> None:
    """More and more of the head differs from today, and nothing far below it does."""
    changed = [share_changed(frames[0], frame, HEAD) for frame in frames]
    assert changed[-1] > 0.08, changed
    assert changed[len(frames) // 2] > 0.25 * changed[-1], changed
    # Year by year it only grows, but for the palette's noise.
    assert all(later > earlier - 0.02 for earlier, later in itertools.pairwise(changed)), changed
    assert share_changed(frames[0], frames[-1], BELOW) < 0.01


def share_changed(before: NDArray[np.int16], after: NDArray[np.int16], where: tuple[slice, slice]) -> float:
    """Share of the pixels in `where` that clearly differ."""
    return float((np.abs(before - after).max(axis=2)[where] > 40).mean())
