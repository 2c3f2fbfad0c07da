"""The first look at a bald head, and the face that is learnt beside it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from itertools import groupby

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.compositing import Overlay, draw_heads
from engine.edits.first_look import STAGE, FirstLookSettings, look_and_learn
from engine.edits.portrait import Portrait
from engine.face.faces import choose_faces, find_faces
from engine.imaging.ops import channel_mean
from engine.models.load import Models
from engine.runtime.side_by_side import at_work

LEARNING = "learning the face"


class Stopped(Exception):
    """Whoever was told wants no more."""


@pytest.fixture
def unknown(models: Models, astronaut: NDArray[np.uint8]) -> Portrait:
    """A face of which nothing has been learnt."""
    face = choose_faces(find_faces(models.face_tools, astronaut), "largest")[0]
    return Portrait(models, astronaut, face, "draft", 0, lambda stage, fraction, preview_jpeg=None: None)


def look_alone(portrait: Portrait, settings: FirstLookSettings = FirstLookSettings()) -> Overlay:
    """What is shown first, of a face that nobody wants learnt."""

    def stop(stage: str, fraction: float, preview_jpeg: bytes | None = None) -> None:
        raise Stopped

    looks: list[Overlay] = []

    def picture(look: Overlay) -> bytes:
        looks.append(look)
        return b"a picture"

    portrait.tell = stop
    with pytest.raises(Stopped):
        look_and_learn(portrait, "horseshoe", picture, settings)
    return looks[0]


def test_a_first_look_is_shown_once_and_its_stage_ends_before_the_next_begins(unknown: Portrait) -> None:
    heard: list[tuple[str, float, bytes | None]] = []
    unknown.tell = lambda stage, fraction, preview_jpeg=None: heard.append((stage, fraction, preview_jpeg))
    tell, threads = unknown.tell, torch.get_num_threads()
    looks: list[Overlay] = []

    def picture(look: Overlay) -> bytes:
        looks.append(look)
        return b"a picture"

    look_and_learn(unknown, "horseshoe", picture)
    assert [told for told in heard if told[2] is not None] == [(STAGE, 1.0, b"a picture")]
    assert [stage for stage, _ in groupby(stage for stage, _, _ in heard)] in ([STAGE, LEARNING], [STAGE])
    assert "inversion" in vars(unknown)
    assert unknown.behind is not None
    assert looks[0].picture.shape == unknown.view.picture.shape
    changed = looks[0].alpha > 0.5
    hair = unknown.matte.alpha > 0.9
    assert (changed & hair).sum() > 0.5 * hair.sum()
    assert unknown.tell is tell
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(("from_px", "shown"), [(128, [b"a picture"]), (256, [])])
def test_where_learning_a_face_holds_much_memory_the_look_is_shown_before_it(
    unknown: Portrait, monkeypatch: pytest.MonkeyPatch, from_px: int, shown: list[bytes]
) -> None:
    """A draft learns faces at 128 px."""
    heard: list[bytes | None] = []
    unknown.tell = lambda stage, fraction, preview_jpeg=None: heard.append(preview_jpeg)

    def begun(*_: object, **__: object) -> None:
        assert [preview for preview in heard if preview is not None] == shown
        raise Stopped

    monkeypatch.setattr("engine.edits.portrait.invert", begun)
    with pytest.raises(Stopped):
        look_and_learn(unknown, "horseshoe", lambda look: b"a picture", FirstLookSettings(alone_from_px=from_px))


@pytest.mark.parametrize("jobs", [1, 2])
def test_until_another_job_has_ended_a_face_is_learnt_on_a_thread_less(
    unknown: Portrait, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    """A draft learns faces at 128 px, here with the look before it."""
    before, seen = torch.get_num_threads(), []

    def learnt(*_: object, tell: Callable[[float], None], **__: object) -> str:
        for fraction in (0.3, 0.6):
            tell(fraction)
            seen.append(torch.get_num_threads())
            others.close()
        return "a face"

    monkeypatch.setattr("engine.edits.portrait.invert", learnt)
    try:
        torch.set_num_threads(2)
        with ExitStack() as others:
            for _ in range(jobs):
                others.enter_context(at_work())
            look_and_learn(unknown, "horseshoe", lambda look: b"a picture", FirstLookSettings(alone_from_px=128))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == [3 - jobs, 2]


def test_who_is_told_may_stop_it_and_finds_everything_as_it_was(unknown: Portrait) -> None:
    def stop(stage: str, fraction: float, preview_jpeg: bytes | None = None) -> None:
        raise Stopped

    unknown.tell, threads = stop, torch.get_num_threads()
    with pytest.raises(Stopped):
        look_and_learn(unknown, "horseshoe", lambda look: b"a picture")
    assert unknown.tell is stop
    assert torch.get_num_threads() == threads


def test_it_shows_behind_the_hair_what_the_heads_will_show_there(
    unknown: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill, fillings = Portrait.fill, []

    def counted(portrait: Portrait) -> NDArray[np.float32]:
        fillings.append(fill(portrait))
        return fillings[-1]

    monkeypatch.setattr(Portrait, "fill", counted)
    shown = look_alone(unknown)
    assert len(fillings) == 1
    # Beside the drawn head, where the photo's hair was, one sees it.
    hair = (unknown.matte.alpha > 0.9) & (shown.alpha > 0.9)
    look, photo = (
        (channel_mean(np.abs(picture - fillings[0])) < 4)[hair].mean()
        for picture in (shown.picture, unknown.view.picture)
    )
    assert look > photo + 0.1


def test_what_is_filled_beside_it_is_what_the_heads_would_have_filled(unknown: Portrait) -> None:
    heads = draw_heads(unknown.setting, [unknown.view], np.random.default_rng(unknown.seed))
    unknown.fill()
    assert unknown.behind is not None
    np.testing.assert_array_equal(unknown.behind, heads.behind)


def test_a_horseshoe_is_shown_with_less_hair_than_the_learned_step_leaves(unknown: Portrait) -> None:
    looks = [look_alone(unknown, FirstLookSettings(beyond=beyond)) for beyond in (0.0, FirstLookSettings().beyond)]
    # Own hair is darker than the skin that takes its place.
    hair = (unknown.matte.alpha > 0.5) & (unknown.v > 0.2) & (np.abs(unknown.u) < 0.4)
    left, less = (float(channel_mean(look.picture)[hair].mean()) for look in looks)
    assert less > left + 1
