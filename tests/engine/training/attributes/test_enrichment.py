"""When more samples of a rare attribute are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np

from engine.attributes.scoring import NAMES
from engine.models.load import Parts
from engine.training.attributes.effects import Bench
from engine.training.attributes.enrichment import enrich
from engine.training.attributes.scoring import Scored
from engine.training.attributes.shards import write_arrays

SEED = 0


def scored(count: int) -> Scored:
    """Random samples with random scores."""
    rng = np.random.default_rng(1)
    latents, scores = (rng.standard_normal((count, width), np.float32) for width in (512, len(NAMES)))
    return Scored(np.arange(count), latents, np.ones(count, np.float32), scores)


def never(what: object) -> NoReturn:
    raise AssertionError("nothing needed to be drawn or scored")


UNUSED = Bench(never, never, w_layers=16, sds=np.ones(len(NAMES), np.float32))


def test_a_set_with_a_thousand_clear_positives_is_not_enriched(parts: Parts, tmp_path: Path) -> None:
    enough = scored(20_000)
    assert enrich("gray", enough, parts.generator, parts.statistics, UNUSED, tmp_path, SEED) is None
    assert list(tmp_path.iterdir()) == []


def test_samples_that_are_kept_in_the_folder_serve_again(parts: Parts, tmp_path: Path) -> None:
    """No boundary is fitted for them: none could be fitted to latents without numbers."""
    kept = scored(5)
    write_arrays(
        tmp_path / "enriched-gray.npz",
        {"ids": kept.ids, "latents": kept.latents, "psi": kept.psi, "scores": kept.scores},
    )
    few = scored(40)
    few.latents[:] = np.nan
    again = enrich("gray", few, parts.generator, parts.statistics, UNUSED, tmp_path, SEED)
    assert again is not None
    np.testing.assert_array_equal(again.scores, kept.scores)
