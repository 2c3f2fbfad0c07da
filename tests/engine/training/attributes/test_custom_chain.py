"""The chain from samples to boundaries with a generator of the user's own, whose pictures show no faces: it is random.

Scores that its pictures cannot have are put in their place where a step needs them.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from shutil import copy

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine import cli
from engine.attributes.boundaries import BOUNDARIES_ASSET, load_boundaries
from engine.attributes.custom_boundaries import load_all_boundaries
from engine.attributes.scoring import NAMES
from engine.errors import ForeignBoundary, TrainingData
from engine.models.load import Parts, load_parts
from engine.training.asset import note_in_card
from engine.training.attributes.chain import save_boundaries
from engine.training.attributes.report import QUICK_FIT, fit_boundaries
from engine.training.attributes.sampling import sample_latents, sample_shards
from engine.training.attributes.scoring import read_scores, scores_path
from engine.training.attributes.shards import RECIPE, read_recipe, read_shard, shard_paths, write_arrays
from engine.training.bald_direction import train_bald_direction
from engine.training.encoder import train_encoder
from tests.support.boundary import boundary
from tests.support.checkpoint_files import THIN, random_tensors, write_safetensors

pytestmark = pytest.mark.slow

# The second shard is scored, and has just as many as a fit asks for: pictures without a face take the longest.
COUNT, PER_SHARD = 64, 48


@pytest.fixture(scope="module")
def foreign(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Asks for `parts` first, which says why if nothing can be fetched."""
    return write_safetensors(tmp_path_factory.mktemp("custom") / "mine.safetensors", random_tensors(THIN, seed=5))


@pytest.fixture(scope="module")
def custom(foreign: Path) -> Parts:
    return load_parts("cpu", generator=str(foreign))


@pytest.fixture(scope="module")
def folder(foreign: Path, custom: Parts) -> Path:
    """Drawn with it."""
    folder = foreign.parent / "samples"
    sampled(custom, folder)
    return folder


@pytest.fixture(scope="module")
def scored(folder: Path) -> Path:
    """With scores that are linear in the latents, so that everything can be told apart."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((512, len(NAMES)))
    for path in shard_paths(folder):
        shard = read_shard(path)
        scores = (shard.latents @ weights).astype(np.float32)
        write_arrays(
            scores_path(path), {"ids": shard.ids, "latents": shard.latents, "psi": shard.psi, "scores": scores}
        )
    return folder


def train(*words: str, folder: Path, generator: Path | None, loaded: Parts | None = None) -> int:
    """loaded: the generator's parts where they have been loaded, None to load them from the file."""
    chosen = [] if generator is None else ["--generator", str(generator)]
    return cli.main(["train", *words, "--samples", str(folder), *chosen, "--device", "cpu", "--json"], loaded)


def sampled(parts: Parts, folder: Path) -> None:
    sample_shards(
        parts.generator,
        parts.statistics,
        folder,
        count=COUNT,
        seed=0,
        tell=lambda *_: None,
        per_shard=PER_SHARD,
    )


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    error = json.loads(capsys.readouterr().out.splitlines()[-1])["error"]
    assert error["code"] == "training_data"
    return str(error["sentence"])


def test_samples_are_the_generators_own_and_their_recipe_names_it(custom: Parts, folder: Path) -> None:
    recipe = read_recipe(folder)
    assert recipe["generator_hash"] == custom.generator.w_space
    assert recipe["drawn_with"] == custom.generator.fingerprint()
    shards = [read_shard(path) for path in shard_paths(folder)]
    assert [len(shard.ids) for shard in shards] == [PER_SHARD, COUNT - PER_SHARD]
    latents, _ = sample_latents(custom.generator, custom.statistics, shards[1].ids[:1], 0)
    np.testing.assert_allclose(shards[1].latents[:1], latents.numpy(), atol=1e-4)
    with torch.no_grad():
        exact = custom.generator(latents, 512).picture.clamp(-1, 1)
    exact = torch.nn.functional.avg_pool2d(exact, 2)[0].permute(1, 2, 0).numpy() * 127.5 + 127.5
    error = shards[1].decoded()[0].astype(np.float32) - exact
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 28  # a random picture is noise, which JPEG keeps less well


def test_samples_of_two_generators_never_share_a_folder(
    parts: Parts, foreign: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even where both have one W space."""
    tensors = random_tensors(THIN, seed=5)
    tensors["synthesis.b4.const"] = tensors["synthesis.b4.const"] + 1
    trained_on = write_safetensors(tmp_path / "mine2.safetensors", tensors)
    for other in (parts, load_parts("cpu", generator=str(trained_on))):
        with pytest.raises(TrainingData, match="another seed or generator"):
            sampled(other, folder)
    assert train("score", folder=folder, generator=trained_on) == 2
    assert "--generator FILE" in refusal(capsys)


def test_pictures_that_show_no_faces_are_scored_and_then_refused_by_the_fit(
    foreign: Path, custom: Parts, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (folder / RECIPE, shard_paths(folder)[-1]):
        copy(path, tmp_path / path.name)
    assert train("score", folder=tmp_path, generator=foreign, loaded=custom) == 0
    assert json.loads(capsys.readouterr().out)["shards_scored"] == 1
    out = tmp_path / "boundaries.safetensors"
    assert train("fit", "--quick", "-o", str(out), folder=tmp_path, generator=foreign, loaded=custom) == 2
    sentence = refusal(capsys)
    assert any(f"'{name}'" in sentence for name in NAMES)
    assert not out.exists()


def test_samples_of_a_brought_generator_are_not_fitted_as_the_defaults(
    parts: Parts, scored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("fit", "--quick", folder=scored, generator=None, loaded=parts) == 2
    assert "drawn with another generator" in refusal(capsys)
    words = ["train", "encoder", "--shards", str(scored), "--device", "cpu", "--json"]
    assert cli.main(words, parts) == 2
    assert "drawn with another generator" in refusal(capsys)


def test_boundaries_lie_beside_the_checkpoint_and_hold_in_its_w_space_alone(
    parts: Parts, foreign: Path, custom: Parts, scored: Path
) -> None:
    few = replace(QUICK_FIT, edits=("bald", "black"), effect_faces=1)
    out = custom.assets.trained_into / BOUNDARIES_ASSET.name
    fit_boundaries(custom, scored, read_scores(scored), out, tell=lambda *_: None, settings=few)
    found = load_parts("cpu", generator=str(foreign))
    path = found.assets.path("boundaries.safetensors")
    assert path == foreign.with_name("mine-assets") / "boundaries.safetensors"
    boundaries = load_boundaries(path, found.generator.w_space)
    assert boundaries.card["trained_with"] == found.generator.fingerprint()
    assert boundaries.steps is not None
    assert boundaries.steps.shape == (len(NAMES), 18, 512)
    step = boundaries.steps[NAMES.index("black")]
    torch.testing.assert_close(step[16:], step[15:16].expand(2, -1))  # the finest go along
    with pytest.raises(ForeignBoundary, match="recede train sample"):
        load_boundaries(path, parts.generator.w_space)


def test_an_own_attribute_is_fitted_in_its_w_space(
    custom: Parts,
    parts: Parts,
    foreign: Path,
    scored: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RECEDE_DATA", str(tmp_path / "data"))
    file = tmp_path / "freckles.csv"
    ids = range(COUNT)
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([["id", "score"], *([index, (7 * index) % 31] for index in ids)])
    words = ["attribute", "freckles", "--scores", str(file)]
    assert train(*words, folder=scored, generator=None, loaded=parts) == 2
    assert "drawn with another generator" in refusal(capsys)
    assert train(*words, folder=scored, generator=foreign, loaded=custom) == 0
    installed = load_boundaries(tmp_path / "data" / "boundaries" / "freckles.safetensors")
    assert installed.generator_hash == custom.generator.w_space
    with pytest.raises(ForeignBoundary, match="recede train attribute freckles"):
        load_all_boundaries(parts.generator.w_space, written_for(parts, tmp_path), ("freckles",))


def written_for(parts: Parts, folder: Path) -> Path:
    """Boundaries of one attribute in the default generator's W space."""
    path = folder / "boundaries.safetensors"
    save_boundaries(path, boundary("bald", parts.generator.w_space), {})
    return path


def test_the_encoder_learns_from_the_same_samples(custom: Parts, foreign: Path, folder: Path, tmp_path: Path) -> None:
    """Those of the first shard are enough for a batch."""
    first = shard_paths(folder)[0]
    for path in (folder / RECIPE, first):
        copy(path, tmp_path / path.name)
    out = foreign.with_name("mine-assets") / "encoder.safetensors"
    assert custom.assets.trained_into == out.parent
    card = train_encoder(
        custom.networks,
        out,
        shards=tmp_path,
        epochs=1,
        seed=0,
        tell=lambda *_: None,
        min_samples=PER_SHARD,
    )
    kept = PER_SHARD - PER_SHARD // 8
    assert card["samples"] == kept
    note_in_card(out, {"trained_with": custom.generator.fingerprint()})
    found = load_parts("cpu", generator=str(foreign))
    assert found.assets.path("encoder.safetensors") == out
    with pytest.raises(ForeignBoundary, match="bald_direction"):
        found.assets.path("bald_direction.safetensors")
    latents = read_shard(first).latents[:kept]
    torch.testing.assert_close(
        load_file(out)["latent_mean"].float(), torch.from_numpy(latents.mean(0)), atol=2e-2, rtol=2e-2
    )


def test_a_generator_that_draws_no_faces_has_no_bald_direction_and_no_picture_head(
    custom: Parts,
    foreign: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "b.safetensors"
    with pytest.raises(TrainingData, match="first 4 pictures"):
        train_bald_direction(
            custom.networks,
            custom.face_tools,
            out,
            per_kind=5,
            seed=0,
            tell=lambda *_: None,
            most_faceless=4,
        )
    words = ["--generator", str(foreign), "-o", str(out), "--device", "cpu", "--json"]
    assert cli.main(["train", "picture-head", *words], custom) == 2
    assert "Only the default generator" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
