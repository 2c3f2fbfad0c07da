"""The same photo again: what its first job has prepared is used, and nobody can tell from the picture.

One step of each descent and two heads are enough: all that these ask is which steps are taken. Of one engine, which
knows the portrait from an earlier test unless a test asks for one that does not (`unknowing`).
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.config import EngineConfig
from engine.edits import portrait as portraits
from engine.edits.portrait import Portrait
from engine.errors import Cancelled
from engine.face.faces import find_faces
from engine.latent import inversion
from engine.latent.descent import Steps
from engine.latent.inversion import InversionSteps
from engine.models.load import Models, Parts
from engine.pipeline.film import Film
from engine.pipeline.prepared import Prepared, prepared_alike
from engine.pipeline.recent import Key, Recent
from engine.protocol import (
    MIB,
    AnimationOptions,
    AttributeEdit,
    BaldOptions,
    EditOptions,
    Job,
    Rendered,
    StageProgress,
)
from engine.server import pipelines
from tests.support.effort import in_steps

STILL = AnimationOptions(format="png", size_px=256)
BEARD = EditOptions((AttributeEdit("beard", 2.0),))
KEPT_S = 7200.0


class Engine:
    """A worker's pipelines, and how often they have learnt a face. What is kept is kept for longer than all tests."""

    def __init__(self, models: Models, photo: bytes, patch: pytest.MonkeyPatch) -> None:
        patch.setattr("engine.models.load.load_configured", lambda settings, hear: models)
        self.inversions = 0
        invert = inversion.invert

        def counted(*arguments: Any, **how: Any) -> Any:
            self.inversions += 1
            return invert(*arguments, **how)

        patch.setattr(portraits, "invert", counted)
        self.recent = Recent[Prepared](KEPT_S)
        self.films = Recent[Film](KEPT_S)
        self._runs = pipelines.load(EngineConfig(), lambda progress: None, self.recent, self.films)
        self._photo = photo

    def render(
        self,
        options: BaldOptions | EditOptions = BaldOptions(),
        animation: AnimationOptions = STILL,
        asker: str = "ann",
        hear: Callable[[StageProgress], None] = lambda progress: None,
    ) -> Rendered:
        job = Job("job", asker, "tests", self._photo, options, animation, 0.0)
        return self._runs[job.kind](job, hear)

    def forget(self) -> None:
        """All that is known of everybody."""
        for store in (self.recent, self.films):
            store.forget(["ann", "bob"])

    def kept(self) -> list[weakref.ref[portraits.Portrait]]:
        """The portraits that are kept, which this holds on to no longer than the store does."""
        values = [entry.value for entry in self.recent._entries.values()]
        return [weakref.ref(portrait) for value in values for portrait in value.portraits.values()]


@pytest.fixture(scope="module")
def shared(models: Models, astronaut_jpeg: bytes) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        hasty = in_steps(models, InversionSteps(1, 1, 0, 128), Steps(1, 1), heads=2)
        yield Engine(hasty, astronaut_jpeg, patch)


@pytest.fixture
def engine(shared: Engine) -> Engine:
    """It knows the portrait for Ann at most."""
    shared.recent.forget(["bob"])
    return shared


@pytest.fixture
def unknowing(engine: Engine) -> Engine:
    """The same, which has never seen the portrait."""
    engine.forget()
    engine.inversions = 0
    return engine


@pytest.mark.slow
def test_another_format_or_stage_or_edit_by_the_same_asker_learns_no_face_again(unknowing: Engine) -> None:
    engine = unknowing
    engine.render()
    assert engine.inversions == 1
    for options, format in ((BaldOptions(), "mp4"), (BaldOptions(stage=5), "gif"), (BEARD, "png")):
        again = engine.render(options, AnimationOptions(format=format, size_px=256, frames=4))  # type: ignore[arg-type]
        assert again.format == format
        learnt = {"encoder_s", "first_look_s", "inversion_s", "edit_s"}
        # An edit needs the face at full size, where a small animation did not: that is looked at again, not learnt.
        assert not (learnt if options is BEARD else learnt | {"parse_s"}) & set(again.measured)
    assert engine.inversions == 1


@pytest.mark.slow
@pytest.mark.parametrize("options", [BaldOptions(), BEARD], ids=["bald", "edit"])
def test_another_file_of_the_kept_pictures_is_the_one_that_a_job_makes(
    engine: Engine, options: BaldOptions | EditOptions
) -> None:
    engine.render(options, AnimationOptions(size_px=256, frames=4))
    film = engine.films.find(Key("ann", "job"))
    assert film is not None
    assert film.size_bytes == 4 * 256 * 256 * 3
    for format in ("webp", "mp4", "png"):
        animation = AnimationOptions(format=format, size_px=256, frames=4, before=True, language="zh")
        assert film.has(animation)
        other, made = film.rendered(animation), engine.render(options, animation)
        assert (other.animation, other.format, other.alt_text) == (made.animation, made.format, made.alt_text)
        assert other.measured.items() <= made.measured.items()


@pytest.mark.slow
def test_pictures_of_another_size_number_or_a_sheet_are_not_there(engine: Engine) -> None:
    engine.render(animation=AnimationOptions(size_px=256, frames=4))
    film = engine.films.find(Key("ann", "job"))
    assert film is not None
    others = ({"size_px": 300}, {"frames": 5}, {"sheet": True}, {"format": "png", "size_px": 300})
    for changed in others:
        assert not film.has(AnimationOptions(**{"size_px": 256, "frames": 4, **changed}))  # type: ignore[arg-type]
    engine.render()  # a still
    still = engine.films.find(Key("ann", "job"))
    assert still is not None
    assert still.has(STILL)
    assert not still.has(AnimationOptions(size_px=256))


@pytest.mark.slow
def test_another_asker_begins_at_the_beginning(engine: Engine) -> None:
    engine.render()
    known = engine.inversions
    engine.render(asker="bob")
    assert engine.inversions == known + 1


@pytest.mark.slow
def test_the_picture_is_the_same_whether_the_photo_was_known_or_not(unknowing: Engine) -> None:
    fresh = unknowing.render(BaldOptions(stage=5))
    unknowing.recent.forget(["ann"])
    unknowing.render()
    assert unknowing.render(BaldOptions(stage=5)).animation == fresh.animation


@pytest.mark.slow
def test_nothing_of_a_photo_is_left_once_it_is_forgotten(engine: Engine) -> None:
    engine.render()
    kept, film = engine.kept(), engine.films.find(Key("ann", "job"))
    assert [portrait() is not None for portrait in kept] == [True]
    assert film is not None
    pictures = [weakref.ref(frame) for frame in film.frames]
    del film
    for store in (engine.recent, engine.films):
        store.forget(["ann"])
    gc.collect()
    assert [portrait() for portrait in kept] == [None]
    assert [picture() for picture in pictures] == [None, None]


@pytest.mark.slow
def test_a_cancelled_job_leaves_nothing_of_its_photo(engine: Engine) -> None:
    def cancel(progress: StageProgress) -> None:
        if progress.stage == "encoding":
            raise Cancelled("Enough.")

    engine.render()
    kept = engine.kept()
    with pytest.raises(Cancelled):
        engine.render(hear=cancel)
    gc.collect()
    assert [portrait() for portrait in kept] == [None]
    assert Key("ann", "job") not in engine.films


@pytest.mark.slow
def test_all_that_is_held_is_counted_and_the_models_are_not(models: Models, unknowing: Engine) -> None:
    engine = unknowing
    engine.render()
    (entry,) = engine.recent._entries.values()
    drawn = 2 * 512 * 512 * 3  # two heads on the smallest canvas
    assert drawn < entry.size_bytes < 400 * MIB
    assert entry.size_bytes == entry.value.size_bytes(models)
    entry.value.portraits[b"more"] = np.zeros(MIB, np.uint8)  # type: ignore[assignment]
    assert entry.value.size_bytes(models) == entry.size_bytes + MIB


def test_a_photos_faces_are_looked_for_once(parts: Parts, astronaut: NDArray[np.uint8]) -> None:
    known = Prepared()
    (face,) = known.found(parts.face_tools, astronaut)
    assert known.found(parts.face_tools, np.zeros_like(astronaut)) == [face]


def test_who_may_be_there_too_is_known_to_each_portrait(
    models: Models, parts: Parts, astronaut: NDArray[np.uint8]
) -> None:
    (face,) = find_faces(parts.face_tools, astronaut)
    somebody = replace(face, sure=False)
    known = Prepared(faces=[face], glimpsed=[somebody])
    portrait = known.portrait(models, astronaut, face, BaldOptions(), lambda *_: None, [])
    assert list(portrait.others) == [somebody]


def test_who_is_to_lose_all_hair_is_looked_at_again_if_it_goes_on_below_what_was_seen(
    models: Models, parts: Parts, astronaut: NDArray[np.uint8]
) -> None:
    (face,) = find_faces(parts.face_tools, astronaut)
    known = Prepared(faces=[face])

    def asked(options: BaldOptions | EditOptions) -> Portrait:
        return known.portrait(models, astronaut, face, options, lambda *_: None, [])

    usual = asked(BaldOptions())
    assert asked(BaldOptions(clean=True)) is usual
    vars(usual)["inversion_ms_ssim"] = 0.9
    usual.canvas = replace(usual.canvas, ends_in_hair=True)
    whole = asked(BaldOptions(clean=True))
    assert whole is not usual
    assert not whole.canvas.ends_in_hair
    assert whole.inversion_ms_ssim == 0.9
    assert asked(BaldOptions()) is asked(BEARD) is whole


def test_stage_format_and_strength_are_prepared_alike() -> None:
    bald = (BaldOptions(), BaldOptions(stage=3), BaldOptions(clean=True), BaldOptions(faces="all"))
    assert {prepared_alike(options) for options in bald} == {prepared_alike(BEARD)}


@pytest.mark.parametrize("options", [BaldOptions(preset="fine"), BaldOptions(seed=1)])
def test_another_preset_or_seed_is_prepared_for_itself(options: BaldOptions) -> None:
    assert prepared_alike(options) != prepared_alike(BaldOptions())
