"""From attributes and strengths to a step in latent space, on made-up boundaries whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.attributes.boundaries import Boundaries, conditional, direction, load_boundaries
from engine.errors import BadOption, ForeignBoundary, WeightsCorrupt

NAMES = ("bald", "gray", "age", "gender", "glasses", "smile", "hat", "own")
SCORED = NAMES[:-1]


@pytest.fixture
def boundaries() -> Boundaries:
    """Entangled normals, and effects as if every score were the sum over layers of a linear map of its own."""
    rng = torch.Generator().manual_seed(0)
    normals = torch.randn(len(NAMES), 512, generator=rng)
    normals = normals / normals.norm(dim=1, keepdim=True)
    normals[0] = torch.nn.functional.normalize(normals[0] + 0.5 * normals[2] + 0.3 * normals[3], dim=0)
    directions = normals[:, None].repeat(1, 3, 1)
    effects = torch.einsum("agd,gcd->agc", directions, slopes())
    effects[-1] = float("nan")
    return Boundaries(
        names=NAMES,
        normals=normals,
        intercepts=torch.zeros(len(NAMES)),
        directions=directions,
        effects=effects,
        scored=SCORED,
        gains=torch.ones(len(NAMES), 2),
        population=dict.fromkeys(NAMES, (0.0, 1.0)),
        generator_hash="ab" * 32,
    )


def slopes() -> torch.Tensor:
    """What one unit of latent in each group's layers does to each score: G,C,512."""
    rng = torch.Generator().manual_seed(0)
    base = torch.randn(len(NAMES), 512, generator=rng)[: len(SCORED)]
    base = base / base.norm(dim=1, keepdim=True)
    return torch.stack([share * base for share in (0.5, 0.3, 0.2)])


def moved(delta: torch.Tensor) -> dict[str, float]:
    """The true change of every score under a step (16,512)."""
    per_group = torch.stack([delta[0], delta[4], delta[8]])
    return dict(zip(SCORED, torch.einsum("gd,gcd->c", per_group, slopes()).tolist(), strict=True))


def test_an_edit_moves_its_own_score_by_its_strength_and_what_is_held_by_nothing(boundaries: Boundaries) -> None:
    change = moved(direction(boundaries, {"bald": 2.0}, ["age", "gender", "smile"]))
    assert change["bald"] == pytest.approx(2, abs=0.1)
    assert max(abs(change[name]) for name in ("age", "gender", "smile")) < 0.05


def test_without_conditions_the_entangled_scores_drift(boundaries: Boundaries) -> None:
    change = moved(direction(boundaries, {"bald": 2.0}, []))
    assert change["bald"] == pytest.approx(2, abs=0.1)
    assert change["age"] > 0.4


def test_only_the_layers_of_the_table_move(boundaries: Boundaries) -> None:
    delta = direction(boundaries, {"bald": 1.0}, ["age"])
    assert delta.shape == (16, 512)
    assert (delta[:8].norm(dim=1) > 0).all()
    assert (delta[8:] == 0).all()


def test_a_generator_with_more_layers_moves_its_further_ones_like_the_last(boundaries: Boundaries) -> None:
    delta = direction(boundaries, {"gray": 1.0}, [], layers=18)
    assert torch.equal(delta[17], delta[15])
    assert float(delta[15].norm()) > 0


def test_edits_add_and_none_of_them_is_held_by_another(boundaries: Boundaries) -> None:
    both = direction(boundaries, {"bald": 1.0, "gray": -2.0}, ["age"])
    apart = direction(boundaries, {"bald": 1.0}, ["age"]) + direction(boundaries, {"gray": -2.0}, ["age"])
    torch.testing.assert_close(both, apart)
    torch.testing.assert_close(
        direction(boundaries, {"bald": 1.0, "gray": 1.0}, ["age", "gray"]),
        direction(boundaries, {"bald": 1.0}, ["age"]) + direction(boundaries, {"gray": 1.0}, ["age"]),
    )


def test_the_gain_of_the_strengths_sign_is_applied(boundaries: Boundaries) -> None:
    gains = boundaries.gains.clone()
    gains[0] = torch.tensor([3.0, 0.5])
    tuned = replace(boundaries, gains=gains)
    plain = direction(boundaries, {"bald": 1.0}, [])
    torch.testing.assert_close(direction(tuned, {"bald": 1.0}, []), plain * 0.5)
    torch.testing.assert_close(direction(tuned, {"bald": -1.0}, []), plain * -3)


def test_the_numbers_show_what_the_conditions_did(boundaries: Boundaries) -> None:
    step = conditional(boundaries, "bald", ["age", "gender"])
    assert step.method == "measured"
    assert step.before["age"] > 0.2
    assert abs(step.after["age"]) < 0.02
    assert 0.3 < step.kept < 1.5
    assert 0.3 < step.cosine < 1
    free = conditional(boundaries, "bald", [])
    assert free.cosine == pytest.approx(1, abs=1e-4)
    assert free.kept == pytest.approx(1, abs=0.05)


def test_an_unmeasured_boundary_is_projected_in_latent_space(boundaries: Boundaries) -> None:
    step = conditional(boundaries, "own", ["age", "gender", "glasses"])
    assert step.method == "geometric"
    unit = step.delta[0]
    held = boundaries.normals[[NAMES.index(name) for name in ("age", "gender", "glasses")]]
    assert (held @ unit).abs().max() < 1e-3
    assert float(unit.norm()) == pytest.approx(1, abs=1e-5)


def test_a_boundary_that_is_what_is_held_cannot_be_conditioned(boundaries: Boundaries) -> None:
    normals = boundaries.normals.clone()
    normals[-1] = normals[2]
    with pytest.raises(BadOption, match="hold fewer"):
        conditional(replace(boundaries, normals=normals), "own", ["age"])


def test_what_can_only_be_held_is_not_edited(boundaries: Boundaries) -> None:
    with pytest.raises(BadOption, match="only be held"):
        direction(boundaries, {"age": 1.0})


def test_unknown_names_are_refused(boundaries: Boundaries) -> None:
    with pytest.raises(BadOption, match="Did you mean gray"):
        direction(boundaries, {"grey": 1.0})
    with pytest.raises(BadOption, match="no boundary for 'beard'"):
        direction(boundaries, {"beard": 1.0}, [])
    with pytest.raises(BadOption):
        direction(boundaries, {"bald": 1.0}, ["shoes"])


def test_distance_is_signed(boundaries: Boundaries) -> None:
    latents = torch.stack([boundaries.normals[0], -boundaries.normals[0]])
    assert boundaries.distance("bald", latents).tolist() == pytest.approx([1, -1], abs=1e-5)


@pytest.fixture
def saved(boundaries: Boundaries, tmp_path: Path) -> Path:
    path = tmp_path / "b.safetensors"
    names = ("normals", "intercepts", "directions", "effects", "gains")
    save_file({name: getattr(boundaries, name).contiguous() for name in names}, path)
    card = {
        "names": NAMES,
        "scored": SCORED,
        "population": boundaries.population,
        "generator_hash": boundaries.generator_hash,
    }
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def test_a_file_comes_back_as_it_was(boundaries: Boundaries, saved: Path) -> None:
    loaded = load_boundaries(saved, boundaries.generator_hash)
    assert loaded.names == NAMES
    torch.testing.assert_close(direction(loaded, {"bald": 1.0}, ["age"]), direction(boundaries, {"bald": 1.0}, ["age"]))


def test_a_boundary_of_another_generator_is_refused_with_the_reason(saved: Path) -> None:
    with pytest.raises(ForeignBoundary, match="another generator"):
        load_boundaries(saved, "cd" * 32)


@pytest.mark.parametrize("harm", ["cut", "no card", "other card"])
def test_a_damaged_file_is_told_as_such(saved: Path, harm: str) -> None:
    card = saved.with_suffix(".json")
    if harm == "cut":
        saved.write_bytes(saved.read_bytes()[:100])
    elif harm == "no card":
        card.unlink()
    else:
        card.write_text("[]")
    with pytest.raises(WeightsCorrupt, match="b.safetensors"):
        load_boundaries(saved)
