"""The whole chain on few faces: sample, score, fit, report, a boundary of one's own; each goes on where it stopped."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine import cli
from engine.attributes.boundaries import conditional, direction, load_boundaries
from engine.attributes.custom_boundaries import load_all_boundaries
from engine.attributes.scoring import NAMES
from engine.errors import TrainingData
from engine.models.load import Parts
from engine.protocol import EDIT_ATTRIBUTES, HELD_ATTRIBUTES
from engine.training.attributes.sampling import sample_latents, sample_shards
from engine.training.attributes.scoring import read_scores, scores_path
from engine.training.attributes.shards import read_shard, shard_paths, write_shard

pytestmark = pytest.mark.slow

COUNT, PER_SHARD = 120, 80


@pytest.fixture(scope="module")
def folder(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sampled and scored. Asks for `parts` first, which says why if nothing can be fetched."""
    folder = tmp_path_factory.mktemp("set") / "samples"
    sampled(parts, folder)
    assert cli.main(["train", "score", "--samples", str(folder)], parts) == 0
    return folder


def sampled(parts: Parts, folder: Path, seed: int = 3) -> int:
    """How many shards were written."""
    return sample_shards(
        parts.generator,
        parts.statistics,
        folder,
        count=COUNT,
        seed=seed,
        tell=lambda *_: None,
        per_shard=PER_SHARD,
    )


@pytest.fixture(scope="module")
def asset(parts: Parts, folder: Path) -> Path:
    out = folder.parent / "boundaries.safetensors"
    assert cli.main(["train", "fit", "--quick", "--samples", str(folder), "-o", str(out)], parts) == 0
    return out


def test_every_sample_is_drawn_from_the_seed_and_its_own_id(parts: Parts, folder: Path) -> None:
    shards = [read_shard(path) for path in shard_paths(folder)]
    ids = np.concatenate([shard.ids for shard in shards])
    assert ids.tolist() == list(range(COUNT))
    latents, psi = sample_latents(parts.generator, parts.statistics, ids[-2:], 3)
    np.testing.assert_allclose(shards[-1].latents[-2:], latents.numpy(), atol=1e-5)
    assert sorted(psi.tolist()) == pytest.approx([0.7, 1.0])


def test_a_shards_picture_is_what_its_latent_draws(parts: Parts, folder: Path) -> None:
    shard = read_shard(shard_paths(folder)[0])
    with torch.no_grad():
        exact = parts.generator(torch.from_numpy(shard.latents[:1]), 512).picture.clamp(-1, 1)
    exact = torch.nn.functional.avg_pool2d(exact, 2)[0].permute(1, 2, 0).numpy() * 127.5 + 127.5
    error = shard.decoded()[0].astype(np.float32) - exact
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 36


def test_a_killed_run_goes_on_where_it_stopped(parts: Parts, folder: Path) -> None:
    first, last = shard_paths(folder)
    before, stamp = read_shard(last), first.stat().st_mtime_ns
    last.unlink()
    assert sampled(parts, folder) == 1
    assert first.stat().st_mtime_ns == stamp
    np.testing.assert_array_equal(read_shard(last).latents, before.latents)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_the_command_says_what_it_drew_and_refuses_another_seed_in_the_same_folder(
    parts: Parts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "sample", "--count", "20", "--samples", str(tmp_path)]
    assert cli.main([*words, "--seed", "3", "--json"], parts) == 0
    assert json.loads(capsys.readouterr().out) == {"folder": str(tmp_path), "samples": 20, "shards_written": 1}
    assert cli.main([*words, "--seed", "4"], parts) == 2
    assert "another seed" in capsys.readouterr().err


def test_scores_are_known_for_most_and_differ(folder: Path) -> None:
    scored = read_scores(folder)
    assert scored.scores.shape == (COUNT, len(NAMES))
    unknown = np.isnan(scored.scores).mean(0)
    assert unknown.max() < 0.6
    assert np.nanstd(scored.scores, 0).min() > 0


def test_scores_computed_again_from_the_kept_masks_are_the_same(parts: Parts, folder: Path) -> None:
    before = read_scores(folder).scores
    assert cli.main(["train", "score", "--again", "--samples", str(folder)], parts) == 0
    np.testing.assert_array_equal(read_scores(folder).scores, before)


def test_a_damaged_shard_is_named(folder: Path, tmp_path: Path) -> None:
    shard = read_shard(shard_paths(folder)[0])
    path = tmp_path / "shard-00000.npz"
    write_shard(path, shard)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(TrainingData, match="shard-00000"):
        read_shard(path)
    scores_path(path).write_bytes(b"no")
    with pytest.raises(TrainingData, match="scores-00000"):
        read_scores(tmp_path)


def test_the_report_has_the_shape_that_programs_read(asset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "report", "--boundaries", str(asset), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["attributes"]) == {*EDIT_ATTRIBUTES, *HELD_ATTRIBUTES}
    for row in report["attributes"].values():
        for key in ("validation_accuracy", "remaining_balanced_accuracy", "auc"):
            assert 0 <= row[key] <= 1
        assert row["positives"] > 0
        assert len(row["seeds"]) == 5
    assert set(report["rescoring"]) == set(EDIT_ATTRIBUTES)
    assert set(report["rescoring"]["bald"]) == set(report["attributes"])


def test_the_heat_map_is_a_picture(asset: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.png"
    assert cli.main(["train", "report", "--boundaries", str(asset), "--heat-map", str(out)]) == 0
    with Image.open(out) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 400


def test_even_few_faces_tell_men_from_women(parts: Parts, asset: Path) -> None:
    report = json.loads(asset.with_suffix(".json").read_text())["report"]
    assert report["attributes"]["gender"]["validation_accuracy"] > 0.8


def test_an_edit_moves_its_layers_and_the_other_way_round_the_opposite(parts: Parts, asset: Path) -> None:
    boundaries = load_boundaries(asset, parts.generator.w_space)
    up, down = direction(boundaries, {"bangs": 1.0}), direction(boundaries, {"bangs": -1.0})
    assert up.shape == (16, 512)
    assert float(up.abs().max()) > 0
    assert likeness(up.flatten(), down.flatten()) == pytest.approx(-1, abs=1e-3)
    assert conditional(boundaries, "bangs", ["age"]).method == "measured"


def likeness(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(one, other, dim=0))


def written(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECEDE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_an_own_attribute_is_fitted_installed_listed_and_usable(
    parts: Parts, folder: Path, asset: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scored = read_scores(folder)
    ages = scored.scores[:, NAMES.index("age")]
    file = written(tmp_path / "s.csv", [["id", "score"], *zip(scored.ids.tolist(), ages.tolist(), strict=True)])
    words = ["train", "attribute", "seniority", "--scores", str(file), "--samples", str(folder)]
    assert cli.main(words, parts) == 0
    assert "seniority" in capsys.readouterr().out
    assert (data / "boundaries" / "seniority.safetensors").exists()
    assert cli.main(["attributes", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["attributes"]
    assert listed["seniority"]["edited"]
    assert 0 < listed["seniority"]["validation_accuracy"] <= 1
    boundaries = load_all_boundaries(parts.generator.w_space, asset)
    along = direction(boundaries, {"seniority": 1.0}, [])[0]
    row = boundaries.normals[boundaries.index("age")]
    assert likeness(along, row) > 0.5


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([["id", "score"], *([index, index % 7] for index in range(59))], "at least 60"),
        ([["id", "score"], *([index, 1.0] for index in range(100))], "are the same"),
        ([["id", "score"], *([index, "nan" if index == 50 else index] for index in range(100))], "Line 52"),
        ([["id", "score"], *([index, "much" if index == 5 else index] for index in range(100))], "Line 7"),
        ([["id", "score"], *([index % 99, index] for index in range(100))], "twice"),
        ([["id", "score"], *([index + 100, index] for index in range(100))], "80 ids are none"),
        ([["face", "score"], *([index, index] for index in range(100))], "id,score"),
        ([], "id,score"),
    ],
)
def test_a_bad_file_of_scores_is_refused_and_nothing_installed(
    parts: Parts,
    folder: Path,
    data: Path,
    tmp_path: Path,
    rows: list[list[object]],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = written(tmp_path / "s.csv", rows)
    words = ["train", "attribute", "mine", "--scores", str(file), "--samples", str(folder), "--json"]
    assert cli.main(words, parts) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "training_data"
    assert told in error["sentence"]
    assert not list(data.glob("**/*.safetensors"))


def test_the_engines_own_names_are_taken(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "attribute", "bald", "--scores", str(tmp_path / "s.csv")]) == 2
    assert "comes with the engine" in capsys.readouterr().err


def test_without_samples_the_next_step_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "score", "--samples", str(tmp_path)]) == 2
    assert "recede train sample" in capsys.readouterr().err
    assert cli.main(["train", "fit", "--samples", str(tmp_path)]) == 2
    assert "recede train score" in capsys.readouterr().err
