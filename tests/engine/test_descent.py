"""A latent moves towards a bald head."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pytest
import torch
from engine.editing import (
    EDIT_SIZE_PX,
    EDIT_SLOTS,
    BaldEdit,
    EditRegions,
    EditSteps,
    edit_bald,
    edit_regions,
    hangs_long,
    moved,
)
from numpy.typing import NDArray

from engine.errors import Cancelled
from engine.face import find_faces
from engine.head import HeadFrame, head_frame
from engine.models import Models, Parts
from engine.parsing import FaceClass, parse
from tests.support.schematic_face import face_points
from tests.support.schematic_head import draw_head

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Subject:
    """A generated face with long hair: its latent (1,16,512), class probabilities, landmarks and frame in its crop."""

    latent: torch.Tensor
    probabilities: NDArray[np.float32]
    landmarks: NDArray[np.float64]
    frame: HeadFrame

    @property
    def regions(self) -> EditRegions:
        return edit_regions(self.probabilities, self.landmarks, self.frame, CPU)


@pytest.fixture(scope="module")
def subject(parts: Parts, latents: torch.Tensor, pictures: torch.Tensor) -> Subject:
    picture = ((pictures[1] + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    landmarks = find_faces(parts.face_tools, picture)[0].landmarks * 2 + 0.5
    probabilities = parse(parts.parser, picture, mirrored=False)
    return Subject(parts.generator.per_slot(latents[1:]).clone(), probabilities, landmarks, head_frame(landmarks))


def edited(
    parts: Parts, subject: Subject, start: torch.Tensor, steps: int, heard: list[float] | None = None
) -> BaldEdit:
    return edit_bald(
        parts.generator,
        parts.parser,
        subject.latent,
        subject.regions,
        start,
        steps=EditSteps(0, steps, 0, steps),
        rate=0.045,
        report=(heard if heard is not None else []).append,
    )


@pytest.fixture(scope="module")
def hair_before(parts: Parts, subject: Subject) -> float:
    """Share of the unedited picture that is hair, as the edit counts it."""
    return edited(parts, subject, torch.zeros(1, EDIT_SLOTS, 512), 1).hair_share


def test_a_descent_from_nothing_takes_hair_off(parts: Parts, subject: Subject, hair_before: float) -> None:
    heard: list[float] = []
    edit = edited(parts, subject, torch.zeros(1, EDIT_SLOTS, 512), 3, heard)
    assert hair_before > 0.2
    assert edit.hair_share < 0.95 * hair_before
    assert edit.delta.shape == (1, EDIT_SLOTS, 512)
    assert 0 < edit.steps <= 3
    np.testing.assert_allclose(heard, [1 / 3, 2 / 3, 1])


def test_the_learned_start_takes_nearly_all_of_it_off_at_once_and_the_face_stays(
    models: Models, subject: Subject, hair_before: float
) -> None:
    edit = edited(models, subject, models.bald_directions["long"], 2)
    assert edit.hair_share < 0.2 * hair_before
    assert edit.face_change < 0.12


def test_the_best_step_is_kept_and_not_the_last(models: Models, subject: Subject) -> None:
    """The start itself is the best when a step is far too long."""
    edit = edit_bald(
        models.generator,
        models.parser,
        subject.latent,
        subject.regions,
        models.bald_directions["long"],
        steps=EditSteps(0, 2, 0, 2),
        rate=5.0,
        report=lambda fraction: None,
    )
    assert edit.steps == 1
    assert torch.equal(edit.delta, models.bald_directions["long"])


def test_the_edit_leaves_latent_and_generator_as_they_were(parts: Parts, subject: Subject) -> None:
    latent = subject.latent.clone()
    before = {name: value.clone() for name, value in parts.generator.named_parameters()}
    edited(parts, subject, torch.zeros(1, EDIT_SLOTS, 512), 1)
    assert torch.equal(subject.latent, latent)
    for name, value in parts.generator.named_parameters():
        assert torch.equal(value, before[name])
        assert value.grad is None


def test_a_report_that_raises_stops_the_work(parts: Parts, subject: Subject) -> None:
    def stop(fraction: float) -> None:
        raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        edit_bald(
            parts.generator,
            parts.parser,
            subject.latent,
            subject.regions,
            torch.zeros(1, EDIT_SLOTS, 512),
            steps=EditSteps(0, 2, 0, 2),
            rate=0.045,
            report=stop,
        )


def test_a_delta_moves_the_first_slots_alone() -> None:
    latent = torch.randn(2, 16, 512, generator=torch.Generator().manual_seed(0))
    delta = torch.randn(2, EDIT_SLOTS, 512, generator=torch.Generator().manual_seed(1))
    after = moved(latent, delta)
    torch.testing.assert_close(after[:, :EDIT_SLOTS] - latent[:, :EDIT_SLOTS], delta)
    assert torch.equal(after[:, EDIT_SLOTS:], latent[:, EDIT_SLOTS:])


def test_regions_lie_where_their_names_say() -> None:
    """On the drawn head, enlarged to a crop of 1024 px."""
    head = draw_head()
    landmarks = head.landmarks * 2 + 0.5
    frame = head_frame(landmarks)
    regions = edit_regions(head.photo.probabilities, landmarks, frame, CPU)
    u, v = frame.coordinates(EDIT_SIZE_PX, 4.0)
    masks = {field.name: getattr(regions, field.name).numpy() > 0 for field in fields(regions)}
    for mask in masks.values():
        assert mask.shape == (EDIT_SIZE_PX, EDIT_SIZE_PX)
        assert mask.any()
    above = v > 0.05
    assert not masks["scalp"][~(v > 0)].any()
    assert masks["scalp"][(np.abs(u) < 0.1) & (np.abs(v - 0.4) < 0.05)].all()
    assert not (masks["scalp"] & masks["beyond_skull"]).any()
    assert not (masks["below_brows"] & above).any()
    assert masks["below_brows"][v < 0].all()
    nose = (np.abs(u) < 0.05) & (np.abs(v + 0.4) < 0.05)
    assert masks["face"][nose].all()
    assert not masks["face"][v > 0.02].any()
    assert masks["surroundings"][:20].all()
    assert not masks["surroundings"][nose].any()


def test_hair_hangs_long_where_it_falls_below_the_mouth() -> None:
    landmarks = face_points((512, 400), 300)
    frame = head_frame(landmarks)
    _, v = frame.coordinates(512, 2.0)
    probabilities = np.zeros((19, 512, 512), np.float32)
    probabilities[FaceClass.HAIR, v > 0.2] = 1
    assert not hangs_long(probabilities, frame)
    probabilities[FaceClass.HAIR, :, :120] = 1
    assert hangs_long(probabilities, frame)
    assert not hangs_long(np.zeros_like(probabilities), frame)
