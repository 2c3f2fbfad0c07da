"""From attributes and strengths to a step in latent space: hyperplanes, their conditions and their unit.

A boundary is the hyperplane of a linear SVM between latents with and without an attribute (Shen et al. 2020,
InterFaceGAN). Its normal, added to a latent, raises the attribute, and with it whatever goes along with that attribute
among the samples. Two closed forms take the latter out again for any number of held attributes at once:

* geometric: what is left of the normal outside of the span of the held normals;
* measured: the shortest combination of all normals, per layer group, whose effects, as measured by re-scoring moved
  samples, are nought on everything held.

The measured one is used where effects are known; a user's own boundary has only the geometric one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from engine.attributes.table import LAYER_GROUPS, attribute_named
from engine.errors import BadOption, ForeignBoundary, WeightsCorrupt

BOUNDARIES_ASSET = Path(__file__).parents[1] / "assets" / "boundaries.safetensors"


@dataclass(frozen=True)
class ConditionSettings:
    """How the conditions of a step are solved for; those of the assets that come with the engine were made with
    these."""

    # Added to the diagonal of the normals' products (1 each), because measured effects have noise, and two attributes
    # that are nearly opposites (wavy, straight) would otherwise be told apart by noise alone.
    ridge: float = 0.02
    # Of the coupled effects' mean, added to their diagonal, so that they can be inverted where two agree.
    coupled_ridge: float = 1e-3
    # Weaker effects (standard deviations per unit of W, over all layer groups) cannot be told from noise.
    min_effect: float = 0.01
    # Added to the diagonal of the held normals' products, for normals that are the same; and the length of a unit
    # normal below which nothing but what is held is left of it.
    normal_ridge: float = 1e-4
    min_kept: float = 0.05


@dataclass(frozen=True)
class Boundaries:
    """All boundaries of one W space.

    normals: A,512, unit length; intercepts: A, so that normal . w + intercept > 0 on the side that has the attribute.
    directions: A,G,512, what an edit adds in each layer group, unit length.
    effects: A,G,C with NaN where not measured: standard deviations by which score C changes when the layers of group G
    move by one unit along direction A. scored: names of the C. gains: A,2, factors that make strength 2 (column 1) and
    -2 (column 0) come out as such where effects are not linear.
    steps: A,S,512 or None, the steps at strength 1 with the holds of the table, corrected by what they were measured to
    do at strength 2; all zeros where there is none. population: name to mean and standard deviation of the raw score
    over samples. card: as stored beside the tensors.
    """

    names: tuple[str, ...]
    normals: torch.Tensor
    intercepts: torch.Tensor
    directions: torch.Tensor
    effects: torch.Tensor
    scored: tuple[str, ...]
    gains: torch.Tensor
    population: Mapping[str, tuple[float, float]]
    generator_hash: str
    steps: torch.Tensor | None = None
    groups: tuple[tuple[int, int], ...] = tuple(LAYER_GROUPS.values())
    card: Mapping[str, object] = field(default_factory=dict)

    def index(self, name: str) -> int:
        """Row of an attribute. Raises BadOption that lists what is known."""
        if name not in self.names:
            attribute_named(name, self.names)
            raise BadOption(f"There is no boundary for '{name}' in this file: run `recede train fit`.", name=name)
        return self.names.index(name)

    def distance(self, name: str, latent: torch.Tensor) -> torch.Tensor:
        """Signed distance (B) of W (B,512) from the hyperplane; positive has the attribute."""
        row = self.index(name)
        return latent @ self.normals[row].to(latent) + self.intercepts[row].to(latent)


@dataclass(frozen=True)
class Conditional:
    """One edit's step at strength 1, and what the conditions did to it.

    delta: S,512. method: "measured" or "geometric". cosine: between the step and the unconditioned one. kept: length of
    the unconditioned step over that of this one (measured), or share of the normal's length that is left (geometric).
    before, after: expected drift of each held attribute at strength 1, in standard deviations (measured) or as cosines
    with the held normals (geometric).
    """

    delta: torch.Tensor
    method: str
    cosine: float
    kept: float
    before: Mapping[str, float]
    after: Mapping[str, float]


def load_boundaries(path: Path = BOUNDARIES_ASSET, generator_hash: str | None = None) -> Boundaries:
    """Load a file and the card beside it, as float32 on the CPU.

    generator_hash: of the W space in which they are to be used (engine.generator.w_space_hash). Raises ForeignBoundary
    where the file was made for another one, WeightsCorrupt where it is missing or damaged.
    """
    try:
        card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        tensors = {name: value.float() for name, value in load_file(path).items()}
        boundaries = Boundaries(
            names=tuple(card["names"]),
            normals=tensors["normals"],
            intercepts=tensors["intercepts"],
            directions=tensors["directions"],
            effects=tensors["effects"],
            scored=tuple(card["scored"]),
            gains=tensors["gains"],
            population={name: (float(mean), float(sd)) for name, (mean, sd) in card["population"].items()},
            generator_hash=str(card["generator_hash"]),
            steps=tensors.get("steps"),
            card=card,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, SafetensorError) as error:
        raise WeightsCorrupt(
            f"{path.name} cannot be read with its card: run `recede train fit` to make it again.", name=path.name
        ) from error
    if generator_hash is not None and boundaries.generator_hash != generator_hash:
        raise ForeignBoundary(
            f"{path.name} was fitted in the W space of another generator (mapping network "
            f"{boundaries.generator_hash[:8]}, this one's is {generator_hash[:8]}), where its directions mean nothing: "
            "run `recede train sample`, `score` and `fit` with this generator (--generator FILE).",
            name=path.name,
        )
    return boundaries


def direction(
    boundaries: Boundaries, edits: Mapping[str, float], holds: Iterable[str] | None = None, layers: int = 16
) -> torch.Tensor:
    """The delta (layers,512) to add to W+ for all edits together.

    edits: name to strength in standard deviations of that attribute's score. holds: names to keep as they are; None
    holds what each edit's table row names. What is itself edited is never held. Raises BadOption for unknown names.
    """
    held = None if holds is None else tuple(holds)
    total = torch.zeros(layers, boundaries.normals.shape[1])
    for name, strength in edits.items():
        row = boundaries.index(name)
        usual = attribute_named(name, boundaries.names).holds
        kept = [hold for hold in (usual if held is None else held) if hold not in edits]
        delta = _corrected(boundaries, row, layers) if set(kept) == set(usual) else None
        if delta is None:
            delta = conditional(boundaries, name, kept, layers).delta
        total += delta * strength * float(boundaries.gains[row, int(strength > 0)])
    return total


def conditional(
    boundaries: Boundaries,
    name: str,
    holds: Iterable[str],
    layers: int = 16,
    settings: ConditionSettings = ConditionSettings(),
) -> Conditional:
    """The step of one edit with any number of held attributes, at strength 1. Raises BadOption for an attribute that
    there is not, or that can only be held."""
    attribute = attribute_named(name, boundaries.names)
    if not attribute.editable:
        raise BadOption(f"'{name}' can only be held, not edited: see recede attributes.", name=name)
    row = boundaries.index(name)
    rows = [boundaries.index(hold) for hold in dict.fromkeys(holds) if hold != name]
    groups = [index for index, group in enumerate(LAYER_GROUPS) if group in attribute.layer_groups]
    if torch.isnan(boundaries.effects[row]).any():
        return _geometric(boundaries, row, rows, groups, layers, settings)
    own = boundaries.effects[row][groups, boundaries.scored.index(name)]
    if float(own.clamp_min(0).sum()) < settings.min_effect:
        return _geometric(boundaries, row, rows, groups, layers, settings)
    measurable = [held for held in rows if not torch.isnan(boundaries.effects[held]).any()]
    return _measured(boundaries, row, measurable, groups, layers, settings)


def placed(boundaries: Boundaries, parts: Mapping[int, torch.Tensor], layers: int) -> torch.Tensor:
    """A delta (layers,512) out of a vector for each layer group, spread over its layers; further ones move like the
    last group."""
    delta = torch.zeros(layers, boundaries.normals.shape[1])
    for group, vector in parts.items():
        first, end = boundaries.groups[group]
        delta[first : layers if group == len(boundaries.groups) - 1 else end] = vector
    return delta


def _corrected(boundaries: Boundaries, row: int, layers: int) -> torch.Tensor | None:
    """The delta (layers,512) that was made for the table's holds, if there is one; further ones move like the last."""
    if boundaries.steps is None or not boundaries.steps[row].any():
        return None
    delta = boundaries.steps[row]
    return torch.cat([delta[:layers], delta[-1:].expand(max(layers - len(delta), 0), -1)])


def _geometric(
    boundaries: Boundaries, row: int, rows: list[int], groups: list[int], layers: int, settings: ConditionSettings
) -> Conditional:
    """n - N (N'N)^-1 N'n, which is the part of n orthogonal to all held normals N (InterFaceGAN, eq. 7, for many)."""
    normal, held = boundaries.normals[row], boundaries.normals[rows]
    projected = normal.clone()
    if rows:
        ridge = settings.normal_ridge * torch.eye(len(rows))
        projected -= held.T @ torch.linalg.solve(held @ held.T + ridge, held @ normal)
    kept = float(projected.norm())
    if kept < settings.min_kept:
        raise BadOption(
            f"'{boundaries.names[row]}' cannot be told from what is held: hold fewer attributes.",
            name=boundaries.names[row],
        )
    unit = projected / kept
    names = [boundaries.names[held_row] for held_row in rows]
    return Conditional(
        delta=placed(boundaries, dict.fromkeys(groups, unit), layers),
        method="geometric",
        cosine=float(unit @ normal),
        kept=kept,
        before=dict(zip(names, (held @ normal).tolist(), strict=True)),
        after=dict(zip(names, (held @ unit).tolist(), strict=True)),
    )


def _measured(
    boundaries: Boundaries, row: int, rows: list[int], groups: list[int], layers: int, settings: ConditionSettings
) -> Conditional:
    """The shortest x with M x = (1 on the edit, 0 on what is held), M the measured effects: x = K M' (M K M')^-1 t.

    x holds one coefficient for each normal and layer group, K is the inverse of the metric in which "short" is meant:
    the squared length of the whole step over all layers.
    """
    names = [boundaries.names[row], *(boundaries.names[held] for held in rows)]
    span = [row, *rows]
    vectors = boundaries.directions[span][:, groups]  # N,G,512
    effects = torch.stack(
        [boundaries.effects[span][:, groups, boundaries.scored.index(name)] for name in names]
    )  # C,N,G
    sizes = torch.tensor([float(boundaries.groups[group][1] - boundaries.groups[group][0]) for group in groups])
    metric = torch.zeros(len(span), len(groups), len(span), len(groups))
    for position in range(len(groups)):
        gram = vectors[:, position] @ vectors[:, position].T
        metric[:, position, :, position] = (gram + settings.ridge * torch.eye(len(span))) * sizes[position]
    inverse = torch.linalg.inv(metric.reshape(len(span) * len(groups), -1))
    flat = effects.reshape(len(names), -1)
    target = torch.zeros(len(names))
    target[0] = 1
    coupled = flat @ inverse @ flat.T
    floor = settings.coupled_ridge * float(coupled.diagonal().mean())
    solution = inverse @ flat.T @ torch.linalg.solve(coupled + floor * torch.eye(len(names)), target)
    weights = solution.reshape(len(span), len(groups))

    # Alone: the same without conditions, which is how far the edit's own groups should move when nothing is held.
    own_inverse = torch.diag(1 / (sizes * (1 + settings.ridge)))
    own = effects[0, 0] @ own_inverse
    alone = own / (own @ effects[0, 0])
    parts = {group: weights[:, position] @ vectors[:, position] for position, group in enumerate(groups)}
    delta = placed(boundaries, parts, layers)
    plain = placed(
        boundaries, {group: alone[position] * vectors[0, position] for position, group in enumerate(groups)}, layers
    )
    achieved, drifted = flat @ solution, torch.einsum("cg,g->c", effects[:, 0], alone)
    scale = 1 / max(float(achieved[0]), settings.min_effect)
    return Conditional(
        delta=delta * scale,
        method="measured",
        cosine=float(torch.nn.functional.cosine_similarity(delta.flatten(), plain.flatten(), dim=0)),
        kept=float(plain.norm() / (delta.norm() * scale)),
        before=dict(zip(names[1:], drifted[1:].tolist(), strict=True)),
        after=dict(zip(names[1:], (achieved[1:] * scale).tolist(), strict=True)),
    )
