"""A latent moves until its picture shows what is wanted."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.errors import Cancelled
from engine.face.faces import find_faces
from engine.face.head_axes import HeadAxes, head_axes
from engine.generator import moved
from engine.generator.picture import to_uint8
from engine.latent.baldness import held, horseshoe, wanted_at
from engine.latent.descent import (
    EDIT_LAYERS,
    EDIT_SIZE_PX,
    Aim,
    Descent,
    Held,
    Judge,
    SeenPicture,
    Steps,
    Wanted,
    descend,
    hair_before,
    held_in_place,
)
from engine.latent.downhill import Downhill
from engine.latent.gradient import FallingRate
from engine.latent.shaping import aim_of, fringe
from engine.models.load import Models, Parts
from engine.parsing import FaceClass, parse
from engine.runtime.side_by_side import large_piece
from tests.support.schematic_head import draw_head

HAIR = (FaceClass.HAIR, FaceClass.HAT)


@dataclass(frozen=True)
class Subject:
    """A generated face with long hair: its latent (1,16,512), class probabilities, landmarks and axes in its crop."""

    latent: torch.Tensor
    probabilities: NDArray[np.float32]
    landmarks: NDArray[np.float64]
    axes: HeadAxes

    @property
    def held(self) -> Held:
        return held(self.probabilities, self.landmarks, self.axes)


@pytest.fixture(scope="module")
def subject(parts: Parts, latents: torch.Tensor, pictures: torch.Tensor) -> Subject:
    picture = to_uint8(pictures[1:])
    landmarks = find_faces(parts.face_tools, picture)[0].landmarks * 2 + 0.5
    probabilities = parse(parts.parser, picture, mirrored=False)
    return Subject(parts.generator.w_plus(latents[1:]).clone(), probabilities, landmarks, head_axes(landmarks))


def descended(
    parts: Parts,
    subject: Subject,
    start: torch.Tensor,
    steps: Steps,
    *,
    wanted: Sequence[Wanted] | None = None,
    length: float = 1.5,
    heard: list[float] | None = None,
) -> Descent:
    return descend(
        parts.networks,
        subject.latent,
        Aim(horseshoe(subject.probabilities, subject.axes) if wanted is None else wanted, subject.held),
        start,
        steps=steps,
        stepper=partial(Downhill, length=length),
        tell=(heard if heard is not None else []).append,
    )


def hair_share(parts: Parts, subject: Subject, delta: torch.Tensor) -> float:
    """Share of the picture that is hair after a step."""
    with torch.no_grad():
        picture = parts.generator(moved(subject.latent, delta), 512).picture
    return float((parse(parts.parser, to_uint8(picture), mirrored=False)[FaceClass.HAIR] > 0.5).mean())


NOWHERE = torch.zeros(1, EDIT_LAYERS, 512)


def test_what_holds_the_face_is_the_mean_square_there_and_its_gradient_lies_as_the_features_do(parts: Parts) -> None:
    """Plane by plane, it and all that follows would take several times as long."""
    rng = torch.Generator().manual_seed(5)
    face = np.zeros((EDIT_SIZE_PX, EDIT_SIZE_PX), np.float32)
    face[64:192, 64:192] = 1
    judge = Judge(parts.parser, Aim((), Held(face, np.zeros_like(face))), torch.device("cpu"))
    picture = torch.rand(1, 3, EDIT_SIZE_PX, EDIT_SIZE_PX, generator=rng)
    first, second = (
        torch.randn(1, 32, 64, 64, generator=rng).contiguous(memory_format=torch.channels_last) for _ in range(2)
    )
    moving = second.clone().requires_grad_()
    loss, met, change = judge(SeenPicture(picture, moving), SeenPicture(picture, first))
    inside = torch.zeros(64, 64)
    inside[16:48, 16:48] = 1
    assert float(loss.detach()) == pytest.approx(20 * float(((second - first) ** 2 * inside).mean()), rel=1e-5)
    assert (met, change) == (1.0, 0.0)
    (gradient,) = torch.autograd.grad(loss, moving)
    assert gradient.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(gradient, 40 * (second - first) * inside / second.numel())


@pytest.mark.slow
def test_a_descent_from_nothing_takes_hair_off(parts: Parts, subject: Subject) -> None:
    heard: list[float] = []
    descent = descended(parts, subject, NOWHERE, Steps(0, 5), heard=heard)
    before = hair_share(parts, subject, NOWHERE)
    assert before > 0.2
    assert hair_share(parts, subject, descent.delta) < 0.95 * before
    assert descent.delta.shape == (1, EDIT_LAYERS, 512)
    assert 0 < descent.steps <= 5
    np.testing.assert_allclose(heard, [0.2, 0.4, 0.6, 0.8, 1])


@pytest.mark.slow
def test_coarse_steps_come_before_fine_ones_and_are_told_as_the_cheaper(parts: Parts, subject: Subject) -> None:
    heard: list[float] = []
    descent = descended(parts, subject, NOWHERE, Steps(2, 1), heard=heard)
    assert descent.steps == 3
    np.testing.assert_allclose(heard, [0.4 / 1.8, 0.8 / 1.8, 1])


@pytest.mark.slow
def test_fine_steps_are_large_pieces_and_coarse_ones_are_not(models: Models, subject: Subject) -> None:
    free: list[bool] = []

    def take() -> None:
        with large_piece():
            pass

    class Watched(Downhill):
        """Looks whether another thread could begin a large piece during a step."""

        def step(self, loss: torch.Tensor) -> None:
            another = pool.submit(take)
            free.append(bool(wait([another], 0.5).done))
            super().step(loss)

    with ThreadPoolExecutor(1) as pool:
        descend(
            models.for_descents(models.generator),
            subject.latent,
            Aim(horseshoe(subject.probabilities, subject.axes), subject.held),
            NOWHERE,
            steps=Steps(2, 2),
            stepper=partial(Watched, length=1.5),
            tell=lambda _: None,
        )
    assert free == [True, False]


@pytest.mark.slow
@pytest.mark.parametrize("end", ["horseshoe", "clean"])
def test_the_learned_start_takes_most_of_it_off_at_once_and_the_face_stays(
    models: Models, subject: Subject, end: str
) -> None:
    wanted = wanted_at(end, subject.probabilities, subject.axes)
    descent = descended(models, subject, models.bald_directions[f"{end}_long"], Steps(0, 2), wanted=wanted)
    nothing = descended(models, subject, NOWHERE, Steps(0, 1), wanted=wanted)
    assert descent.met > nothing.met + 0.2
    assert descent.face_change < 0.12
    if end == "clean":
        # A fifth of it is left; processors differ by a hundredth of that.
        assert hair_share(models, subject, descent.delta) < 0.3 * hair_share(models, subject, NOWHERE)


@pytest.mark.slow
def test_the_best_step_is_kept_and_not_the_last(models: Models, subject: Subject) -> None:
    """The start itself is the best when a step is far too long."""
    start = models.bald_directions["clean_long"]
    wanted = wanted_at("clean", subject.probabilities, subject.axes)
    descent = descended(models, subject, start, Steps(0, 2), wanted=wanted, length=80.0)
    assert descent.steps == 2
    assert torch.equal(descent.delta, start)


@pytest.mark.slow
def test_a_descent_leaves_latent_generator_and_start_as_they_were(parts: Parts, subject: Subject) -> None:
    latent, start = subject.latent.clone(), NOWHERE.clone()
    before = {name: value.clone() for name, value in parts.generator.named_parameters()}
    descended(parts, subject, start, Steps(0, 1))
    assert torch.equal(subject.latent, latent)
    assert torch.equal(start, NOWHERE)
    for name, value in parts.generator.named_parameters():
        assert torch.equal(value, before[name])
        assert value.grad is None


@pytest.mark.slow
def test_a_descent_ends_as_soon_as_it_shows_enough_of_what_is_wanted(parts: Parts, subject: Subject) -> None:
    """Hair is wanted where there is hair."""
    there = hair_before(subject.probabilities, 0.9).astype(np.float32)
    descent = descended(parts, subject, NOWHERE, Steps(0, 9), wanted=[Wanted(there, (FaceClass.HAIR,))])
    assert descent.steps == 1
    assert descent.met > 0.95
    assert not descent.delta.any()


@pytest.mark.slow
def test_descent_grows_hair_where_it_is_wanted(parts: Parts, subject: Subject) -> None:
    """A few steps: more of the region has hair, and the best iterate is what comes back."""
    shape = fringe(subject.axes, 0.8)
    aim = aim_of(shape, subject.probabilities, subject.landmarks)
    heard: list[float] = []

    def grown(steps: int) -> Descent:
        return descend(
            parts.networks,
            subject.latent,
            aim,
            NOWHERE,
            steps=Steps(0, steps),
            stepper=partial(FallingRate, rate=0.05, steps=steps),
            tell=heard.append,
        )

    before, after = grown(1), grown(9)
    assert before.delta.abs().max() == 0
    assert after.met > before.met + 0.1
    assert after.delta.shape == (1, EDIT_LAYERS, 512)
    assert 0.2 < heard[-1] <= 1.0  # it may have had enough before the last step


@pytest.mark.slow
def test_a_report_that_raises_stops_the_work(parts: Parts, subject: Subject) -> None:
    def stop(fraction: float) -> None:
        raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        descend(
            parts.networks,
            subject.latent,
            Aim(horseshoe(subject.probabilities, subject.axes), subject.held),
            NOWHERE,
            steps=Steps(0, 2),
            stepper=partial(Downhill, length=0.7),
            tell=stop,
        )


def test_a_delta_moves_the_first_layers_alone() -> None:
    latent = torch.randn(2, 16, 512, generator=torch.Generator().manual_seed(0))
    delta = torch.randn(2, EDIT_LAYERS, 512, generator=torch.Generator().manual_seed(1))
    after = moved(latent, delta)
    torch.testing.assert_close(after[:, :EDIT_LAYERS] - latent[:, :EDIT_LAYERS], delta)
    assert torch.equal(after[:, EDIT_LAYERS:], latent[:, EDIT_LAYERS:])


def test_what_is_held_lies_in_the_face_and_around_the_head() -> None:
    """On the drawn head, enlarged to a crop of 1024 px."""
    head = draw_head()
    landmarks = head.landmarks * 2 + 0.5
    u, v = head_axes(landmarks).coordinates(EDIT_SIZE_PX, 4.0)
    below = np.asarray(v < 0, np.float32)
    kept = held_in_place(head.photo.probabilities, landmarks, below)
    hair = hair_before(head.photo.probabilities)
    for region in (kept.face, kept.surroundings):
        assert region.shape == (EDIT_SIZE_PX, EDIT_SIZE_PX)
        assert not region[hair].any()
    nose = (np.abs(u) < 0.05) & (np.abs(v + 0.4) < 0.05)
    assert kept.face[nose].all()
    assert not kept.face[v > 0.02].any()
    assert kept.surroundings[:20].all()
    assert not kept.surroundings[nose].any()


@pytest.mark.slow
def test_of_a_step_that_nobody_goes_on_from_nothing_is_held(parts: Parts, subject: Subject) -> None:
    """Else what its gradient would have needed lay beside all of the next step's."""

    class Staying:
        seen: weakref.ref[torch.Tensor] | None = None

        def step(self, loss: torch.Tensor) -> None:
            self.seen = weakref.ref(loss)

        def go_on(self, lowest: torch.Tensor) -> None:
            pass

    staying, held = Staying(), []

    def tell(fraction: float) -> None:
        held.append(staying.seen is not None and staying.seen() is not None)

    aim = Aim(horseshoe(subject.probabilities, subject.axes), subject.held)
    steps = Steps(0, 2)
    descend(parts.networks, subject.latent, aim, NOWHERE, steps=steps, stepper=lambda _: staying, tell=tell)
    assert staying.seen is not None
    assert held == [False, False]
