"""The whole chain after scoring, and what it must show."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from engine.attributes.scoring import NAMES, load_scorer, score_pictures
from engine.errors import ForeignBoundary, TrainingData
from engine.models.load import Parts
from engine.protocol import EDIT_ATTRIBUTES
from engine.training.attributes.chain import (
    QUICK_TUNING,
    Tell,
    TuningSettings,
    build_boundaries,
    rescoring,
    save_boundaries,
    tuned,
    with_effects,
)
from engine.training.attributes.classes import clear_classes
from engine.training.attributes.effects import Bench
from engine.training.attributes.enrichment import enrich
from engine.training.attributes.fitting import fit_all, learning_curve
from engine.training.attributes.sampling import check_drawn_by, fast_drawing, sample_latents
from engine.training.attributes.scoring import Scored
from engine.training.attributes.shards import read_recipe
from engine.training.samples import MOST_HAT_SHARE

# Drawn for one that is fit to measure on, at most.
MOST_DRAWN = 40
FRESH_FROM = {"effects": 5_000_000, "tuning": 6_000_000, "matrix": 7_000_000}
# Edits are judged on what an ordinary photo is like: no hat, and all scores known.
HELD_FIGURES = ("age", "gender", "glasses", "smile")
WEAK_BALANCED = 0.80


@dataclass(frozen=True)
class FitSettings:
    """How much of the chain is gone through, and on how much."""

    # The edits that are calibrated and judged.
    edits: tuple[str, ...] = EDIT_ATTRIBUTES
    # Whether more samples are drawn of what is rare.
    enriches: bool = True
    # Faces on which effects are measured, so many times each, steps are corrected, and the matrix is made: never the
    # same.
    effect_faces: int = 120
    effect_repeats: int = 6
    tuning_faces: int = 30
    matrix_faces: int = 300
    # About so many pictures are drawn (see `fast_drawing`, which prepares itself for many).
    drawn: int = 10_000
    tuning: TuningSettings = field(default_factory=TuningSettings)


# For trying the chain out; one face alone is too noisy to tell an effect from none.
QUICK_FIT = FitSettings(enriches=False, effect_faces=4, tuning_faces=1, matrix_faces=1, drawn=0, tuning=QUICK_TUNING)


def fit_boundaries(
    parts: Parts, folder: Path, scored: Scored, out: Path, *, tell: Tell, settings: FitSettings = FitSettings()
) -> dict[str, Any]:
    """Fit, enrich, measure, calibrate, re-score, write; returns the card. Raises TrainingData.

    folder: of the samples; scored: their scores (`read_scores`).
    """
    clock = Clock()
    check_drawn_by(parts.generator, folder)
    for index, name in enumerate(NAMES):
        clear_classes(name, scored.scores[:, index])  # tells at once what the samples do not show
    seed = int(str(read_recipe(folder)["seed"]))
    bench = _bench(parts, scored, settings.drawn)
    counts = (settings.effect_faces, settings.tuning_faces, settings.matrix_faces)
    extras = enriched(parts, scored, bench, folder, seed, tell, settings.edits) if settings.enriches else {}
    fitted = fit_all(scored, extras, tell)
    clock.lap("fit")
    plain = build_boundaries(fitted, scored, parts.generator.w_space)
    faces_for = dict(zip(FRESH_FROM, counts, strict=True))
    bases = {name: _fresh(parts, bench, FRESH_FROM[name], count) for name, count in faces_for.items()}
    boundaries = with_effects(plain, bench, bases["effects"], settings.effect_repeats, tell)
    clock.lap("effects")
    edits = _mean_edits(parts, bench.w_layers)
    boundaries, made_of = tuned(
        boundaries, bench, bases["tuning"], edits, tell, names=settings.edits, settings=settings.tuning
    )
    clock.lap("calibrate")
    tables = {name: dict(fitted[name].table) for name in NAMES}
    for name, table in tables.items():
        if float(str(table["remaining_balanced_accuracy"])) < WEAK_BALANCED:
            table["learning_curve"] = learning_curve(name, scored, fitted[name].settings)
    card: dict[str, Any] = {
        "what": "hyperplanes of the attributes in W, what moving along them does, and calibrated steps",
        "command": f"recede train sample --seed {seed}; recede train score; recede train fit",
        "samples": len(scored.ids),
        "samples_enriched": {name: len(extra.ids) for name, extra in extras.items()},
        "seed": seed,
        "faces_for": faces_for,
        "steps_made_of": made_of,
        "cpu_seconds": clock.laps,
        "report": {"attributes": tables},
    }
    if fingerprint := parts.generator.fingerprint():
        card["trained_with"] = fingerprint
    save_boundaries(out, boundaries, card)  # the matrix takes as long as all before; what there is can be used
    after, before = rescoring(boundaries, bench, bases["matrix"], tell, names=settings.edits)
    clock.lap("re-score")
    card["report"] |= {
        "rescoring": after,
        "rescoring_unconditioned": before,
        "summary": summary(tables, after, before, settings.edits),
    }
    save_boundaries(out, boundaries, card)
    return card


def enriched(
    parts: Parts, scored: Scored, bench: Bench, folder: Path, seed: int, tell: Tell, names: Sequence[str]
) -> dict[str, Scored]:
    """More samples of what is rare, by name."""
    extras = {}
    for index, name in enumerate(names):
        extra = enrich(name, scored, parts.generator, parts.statistics, bench, folder, seed)
        if extra is not None:
            extras[name] = extra
            tell("enriching", (index + 1) / len(names))
    return extras


def summary(
    tables: Mapping[str, Mapping[str, object]],
    after: Mapping[str, Mapping[str, float]],
    before: Mapping[str, Mapping[str, float]],
    names: Sequence[str] = EDIT_ATTRIBUTES,
) -> dict[str, float]:
    """The figures of the edited attributes (names) that the project promises."""

    def figures(key: str) -> list[float]:
        return [float(str(tables[name][key])) for name in names]

    def drift(matrix: Mapping[str, Mapping[str, float]], name: str) -> float:
        return float(np.mean([abs(matrix[name][held]) for held in HELD_FIGURES]))

    own = [after[name][name] for name in names]
    numbers = {
        "validation_accuracy_mean": np.mean(figures("validation_accuracy")),
        "validation_accuracy_min": np.min(figures("validation_accuracy")),
        "remaining_balanced_accuracy_mean": np.mean(figures("remaining_balanced_accuracy")),
        "remaining_balanced_accuracy_min": np.min(figures("remaining_balanced_accuracy")),
        "own_min": np.min(own),
        "own_max": np.max(own),
        "held_drift_mean": np.mean([drift(after, name) for name in names]),
        "held_drift_mean_unconditioned": np.mean([drift(before, name) for name in names]),
        "held_drift_bald": drift(after, "bald"),
    }
    return {name: round(float(value), 4) for name, value in numbers.items()}


class Clock:
    """CPU seconds of each stage; the wall's clock says nothing on a shared machine."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self.last = time.process_time()

    def lap(self, name: str) -> None:
        """The time since the last one belongs to this stage."""
        now = time.process_time()
        self.laps[name] = round(now - self.last, 1)
        self.last = now


def read_report(path: Path) -> dict[str, object]:
    """The report in a boundary file's card."""
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return dict(card["report"])


def _mean_edits(parts: Parts, layers: int) -> dict[str, torch.Tensor]:
    """Means of edits found face by face (S,512), by name: `recede train bald-direction` makes the only one."""
    try:
        mean = load_file(parts.assets.path("bald_direction.safetensors"))["clean_short"].float()
    except ForeignBoundary:
        return {}
    whole = torch.zeros(layers, mean.shape[1])
    whole[: len(mean)] = mean
    return {"bald": whole}


def _bench(parts: Parts, scored: Scored, drawn: int) -> Bench:
    scorer = load_scorer(parts.parser, parts.face_tools)
    sds = np.nanstd(scored.scores, 0).astype(np.float32)

    def score(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        return score_pictures(scorer, pictures)

    return Bench(fast_drawing(parts.generator, drawn), score, parts.generator.w_layers, sds)


def _fresh(parts: Parts, bench: Bench, first: int, count: int) -> torch.Tensor:
    """W (count,512) of truncated faces that no fit has seen, without hats. Raises TrainingData where there are none."""
    hat, kept = NAMES.index("hat"), []
    missing, drawn = count, 0
    while missing > 0:
        if drawn > MOST_DRAWN * count:
            raise TrainingData(
                f"Of {drawn} pictures that the generator drew, {count - missing} show a bare head and {count} are "
                "needed: bring a generator that draws faces, aligned as FFHQ is."
            )
        ids = np.arange(first, first + 4 * missing, 2)  # even: truncated, as photos are
        first = int(ids[-1]) + 2
        latents, _ = sample_latents(parts.generator, parts.statistics, ids, 0)
        raw = bench.score(bench.draw(latents))
        bare = latents[torch.from_numpy(raw[:, hat] < MOST_HAT_SHARE)][:missing]
        kept.append(bare)
        missing -= len(bare)
        drawn += len(ids)
    return torch.cat(kept)
