"""Fit where the descent to a horseshoe sets out, through the generator, by the loss of the descent that it spares.

As the encoder's deltas are (`delta_head.py`): no face comes with its bald step, and a descent for each would cost a
hundred times what one gradient does. From all faces together a gradient of few numbers tells what they share.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from engine.errors import FaceError, TrainingData
from engine.face.faces import FaceTools, find_faces
from engine.face.head_axes import HeadAxes, head_axes
from engine.generator import moved
from engine.generator.picture import to_uint8
from engine.generator.precision import fast_type
from engine.latent.baldness import START_SHARES, hangs_long, held, start_at, wanted_at
from engine.latent.descent import FINE_SIZE_PX, Aim, Judge, SeenPicture, length_loss, seen_in, shrunk
from engine.latent.learnt_start import Axes, LearntStart, hair_grid, shared_latent
from engine.latent.networks import Networks
from engine.models.assets import AssetFolders
from engine.models.load import prepare_for_descent
from engine.parsing import FaceClass, parse
from engine.training.asset import write_asset
from engine.training.samples import MOST_HAT_SHARE, sample_faces

END = "horseshoe"
HELD_OUT_SHARE = 0.06


@dataclass(frozen=True)
class StartSettings:
    """How the map is fitted, by its loss over faces that were held out and over photos."""

    # Faces are drawn with a truncation in this range: people as photos show them, few that do not exist.
    truncation: tuple[float, float] = (0.65, 0.85)
    # Share of the crop from which on there is hair enough to learn from.
    least_hair_share: float = 0.10
    # Numbers that are told of the latent and of the hair.
    latent_numbers: int = 24
    hair_numbers: int = 16
    # Faces in a batch, and batches: on the generator's smallest pictures. With 188 faces the photos' loss stood still
    # after about 250.
    batch: int = 4
    batches: int = 220
    # Adam's rate, which falls to `least_rate_share` of itself, and its memories.
    rate: float = 0.0015
    least_rate_share: float = 0.05
    betas: tuple[float, float] = (0.9, 0.99)
    # A gradient counts for no more than this norm: one face does not outweigh the others.
    most_gradient: float = 1.0


@dataclass(frozen=True)
class Subject:
    """A generated face with hair. w_plus: 1,L,512; probabilities: 19,256,256; landmarks: 68,2 in crop pixels."""

    w_plus: torch.Tensor
    probabilities: NDArray[np.float32]
    landmarks: NDArray[np.float64]

    @property
    def axes(self) -> HeadAxes:
        """The head's own coordinates."""
        return head_axes(self.landmarks)

    @property
    def long(self) -> bool:
        """Whether its hair hangs below the mouth."""
        return hangs_long(self.probabilities, self.axes)

    @property
    def aim(self) -> Aim:
        """What a descent is asked for."""
        return Aim(wanted_at(END, self.probabilities, self.axes), held(self.probabilities, self.landmarks, self.axes))


def train_bald_start(
    networks: Networks,
    tools: FaceTools,
    assets: AssetFolders,
    out: Path,
    *,
    faces: int,
    seed: int,
    tell: Callable[[str, float], None],
    settings: StartSettings = StartSettings(),
) -> dict[str, object]:
    """Draw `faces` people with hair, fit the map to all but the first few, write the asset; returns its card.

    It begins as the mean steps of `bald_direction`, which are trained before it. Raises ForeignBoundary where those
    are not, TrainingData where the generator's pictures show too few people with hair.
    """
    device = networks.statistics.mean.device
    quick = Networks(
        prepare_for_descent(copy.deepcopy(networks.generator), device),
        copy.deepcopy(networks.parser).to(fast_type(device)),
        networks.statistics,
    )
    directions = load_file(assets.path("bald_direction.safetensors"))
    means = {name: value.float()[None].to(device) for name, value in directions.items()}
    subjects = draw_subjects(quick, tools, faces, seed=seed, settings=settings, tell=tell)
    held_out = max(1, round(HELD_OUT_SHARE * faces))
    known, fresh = subjects[held_out:], subjects[:held_out]
    start = fit(quick, known, beginning(known, means, settings), settings, seed=seed, tell=tell)
    by_means = [start_at(END, means, subject.probabilities, subject.axes) for subject in fresh]
    by_map = [start(subject.w_plus, subject.probabilities, long=subject.long) for subject in fresh]
    card: dict[str, object] = {
        "what": "where the descent to a horseshoe begins: linear map from latent and hair to a step of W+ layers 0..5",
        "command": f"recede train bald-start --faces {faces} --seed {seed}",
        "seed": seed,
        "faces": len(known),
        "faces_long_hair": sum(subject.long for subject in known),
        "held_out": len(fresh),
        "held_out_with_mean_steps": scores(quick, fresh, by_means),
        "held_out_with_the_map": scores(quick, fresh, by_map),
    }
    write_asset(out, start.tensors(), card)
    return card


def draw_subjects(
    networks: Networks,
    tools: FaceTools,
    count: int,
    *,
    seed: int,
    settings: StartSettings,
    tell: Callable[[str, float], None],
) -> list[Subject]:
    """The first `count` generated people with hair and without a hat.

    Raises TrainingData where five times as many pictures show fewer.
    """
    generator = networks.generator
    subjects: list[Subject] = []
    most = 5 * count
    for sample in sample_faces(generator, networks.statistics.mean, most, seed=seed, truncation=settings.truncation):
        picture = to_uint8(sample.picture[None])
        try:
            landmarks = find_faces(tools, picture)[0].landmarks * 2 + 0.5
        except FaceError:
            continue
        probabilities = np.stack([shrunk(plane) for plane in parse(networks.parser, picture, mirrored=False)])
        hat, hair = (float((probabilities[part] > 0.5).mean()) for part in (FaceClass.HAT, FaceClass.HAIR))
        if hat > MOST_HAT_SHARE or hair < settings.least_hair_share:
            continue
        subjects.append(Subject(generator.w_plus(sample.latent[None]).clone(), probabilities, landmarks))
        tell("drawing people", len(subjects) / count)
        if len(subjects) == count:
            return subjects
    raise TrainingData(
        f"Only {len(subjects)} of {most} pictures of this generator show a person with hair, and {count} are needed: "
        "bring one that draws faces, aligned as FFHQ is."
    )


def beginning(subjects: Sequence[Subject], means: dict[str, torch.Tensor], settings: StartSettings) -> LearntStart:
    """The mean steps as a map: every number of a face counts for nothing yet. means: by `latent.baldness.KINDS`."""
    bare, sides = START_SHARES
    constant = [bare * means[f"clean_{length}"] + sides * means[f"{END}_{length}"] for length in ("short", "long")]
    layers, device = constant[0].shape[1], constant[0].device
    latent = axes_of([shared_latent(subject.w_plus, layers) for subject in subjects], settings.latent_numbers)
    hair = axes_of(
        [torch.from_numpy(hair_grid(subject.probabilities)).to(device) for subject in subjects], settings.hair_numbers
    )
    numbers = latent.directions.shape[1] + hair.directions.shape[1]
    return LearntStart(latent, hair, torch.cat([*constant, constant[0].new_zeros(numbers, *constant[0].shape[1:])]))


def axes_of(values: Sequence[torch.Tensor], count: int) -> Axes:
    """The first `count` principal axes of values (N each), at most as many as there are values less one."""
    stacked = torch.stack(list(values))
    middle = stacked.mean(0)
    _, spread, rows = torch.linalg.svd(stacked - middle, full_matrices=False)
    count = min(count, len(stacked) - 1)
    return Axes(middle, rows[:count].T * (len(stacked) ** 0.5 / spread[:count]))


def fit(
    networks: Networks,
    subjects: Sequence[Subject],
    start: LearntStart,
    settings: StartSettings,
    *,
    seed: int,
    tell: Callable[[str, float], None],
) -> LearntStart:
    """The map after all batches, from where `start` is."""
    inputs = [start.inputs(subject.w_plus, subject.probabilities, long=subject.long) for subject in subjects]
    judges = [Judge(networks.parser, subject.aim, start.steps.device) for subject in subjects]
    rng = np.random.default_rng(seed)
    steps = start.steps.clone().requires_grad_()
    optimizer = torch.optim.Adam([steps], settings.rate, betas=settings.betas)
    size_px = networks.generator.coarse_size_px
    left: list[int] = []
    for index in range(settings.batches):
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * max(settings.least_rate_share, 1 - index / settings.batches)
        optimizer.zero_grad()
        for _ in range(settings.batch):
            left = left or rng.permutation(len(subjects)).tolist()
            chosen = left.pop()
            delta = torch.tensordot(inputs[chosen], steps, 1)[None]
            there = delta.detach().requires_grad_()
            gradient = _gradient(networks, subjects[chosen], judges[chosen], there, size_px)
            delta.backward(gradient * min(1.0, settings.most_gradient / float(gradient.norm())) / settings.batch)
        optimizer.step()
        tell("fitting the start", (index + 1) / settings.batches)
    return LearntStart(start.latent, start.hair, steps.detach())


def scores(networks: Networks, subjects: Sequence[Subject], deltas: Sequence[torch.Tensor]) -> dict[str, float]:
    """Means over faces at 512 px: the descents' loss, the share of the region furthest off that shows what is wanted,
    and the change of the face (-1..1)."""
    rows = []
    with torch.no_grad():
        for subject, delta in zip(subjects, deltas, strict=True):
            now = seen_in(networks.generator(moved(subject.w_plus, delta), FINE_SIZE_PX))
            loss, met, change = Judge(networks.parser, subject.aim, delta.device)(
                now, _before(networks, subject, FINE_SIZE_PX)
            )
            rows.append((float(loss + length_loss(delta)), met, change))
    return dict(zip(("loss", "met", "face_change"), np.mean(rows, 0).round(4).tolist(), strict=True))


def _gradient(networks: Networks, subject: Subject, judge: Judge, delta: torch.Tensor, size_px: int) -> torch.Tensor:
    now = seen_in(networks.generator.for_descent(subject.w_plus, delta, size_px))
    loss, _, _ = judge(now, _before(networks, subject, size_px))
    (gradient,) = torch.autograd.grad(loss + length_loss(delta), delta)
    return gradient


def _before(networks: Networks, subject: Subject, size_px: int) -> SeenPicture:
    with torch.no_grad():
        return seen_in(networks.generator(subject.w_plus, size_px))
