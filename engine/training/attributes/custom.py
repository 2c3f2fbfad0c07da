"""A boundary of the user's own, from a file of scores."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.attributes.boundaries import Boundaries
from engine.attributes.scoring import NAMES
from engine.attributes.table import LAYER_GROUPS, TABLE
from engine.errors import BadOption, TrainingData
from engine.generator import LATENT_SIZE, Generator, LatentStatistics
from engine.protocol import is_name
from engine.training.attributes.fitting import fit_attribute
from engine.training.attributes.sampling import sample_latents
from engine.training.attributes.scoring import Scored

MIN_SCORES = 60


@dataclass(frozen=True)
class ScoreFile:
    """What a file of scores says: ids (N) of the sample set, or latents (N,512) themselves; values N."""

    ids: NDArray[np.int64] | None
    latents: NDArray[np.float32] | None
    values: NDArray[np.float32]


def read_score_file(path: Path) -> ScoreFile:
    """Read a CSV file with a header: `id,score`, or `w0,...,w511,score`.

    Raises TrainingData with the line where something is not a number, and where there are too few, the same id twice,
    or only one value.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingData(f"'{path}' cannot be read as a CSV file of scores: check its path and encoding.") from error
    header = [cell.strip() for cell in rows[0]] if rows else []
    by_id = header == ["id", "score"]
    if not by_id and header != [*(f"w{index}" for index in range(LATENT_SIZE)), "score"]:
        raise TrainingData(f"'{path}' has other columns: its first line must be 'id,score', or 'w0,...,w511,score'.")
    numbers = []
    for line, row in enumerate(rows[1:], 2):
        if not row:
            continue
        try:
            cells = [float(cell) for cell in row]
        except ValueError:
            cells = []
        if len(cells) != len(header) or not np.isfinite(cells).all() or (by_id and cells[0] != int(cells[0])):
            raise TrainingData(
                f"Line {line} of '{path}' is not a row of {len(header)} finite numbers: mend it or leave it out.",
                line=line,
            )
        numbers.append(cells)
    if len(numbers) < MIN_SCORES:
        raise TrainingData(
            f"'{path}' scores {len(numbers)} samples: at least {MIN_SCORES} are needed, some thousands are good.",
            scores=len(numbers),
        )
    table = np.array(numbers)
    values = table[:, -1].astype(np.float32)
    if np.ptp(values) == 0:
        raise TrainingData(f"All scores in '{path}' are the same: nothing can be told apart.")
    if not by_id:
        return ScoreFile(None, table[:, :-1].astype(np.float32), values)
    ids = table[:, 0].astype(np.int64)
    if len(np.unique(ids)) < len(ids):
        raise TrainingData(f"'{path}' scores a sample twice: give each id once.")
    return ScoreFile(ids, None, values)


def check_custom_name(name: str) -> None:
    """Raise BadOption where a user's attribute cannot be called so."""
    if name in TABLE:
        raise BadOption(f"'{name}' comes with the engine: give your attribute another name.", name=name)
    if not is_name(name):
        raise BadOption(f"'{name}' cannot be an attribute's name: use 1 to 64 letters, digits, _ or -.")


def samples_of(
    file: ScoreFile, known: Scored | None, generator: Generator, statistics: LatentStatistics, seed: int
) -> Scored:
    """The samples that a file speaks of, with the table's scores where they are known (NaN elsewhere).

    Raises TrainingData where ids are none of the sample set.
    """
    if file.latents is not None:
        count = len(file.latents)
        nothing = np.full((count, len(NAMES)), np.nan, np.float32)
        return Scored(np.full(count, -1), file.latents, np.ones(count, np.float32), nothing)
    assert file.ids is not None
    assert known is not None
    position = {int(index): row for row, index in enumerate(known.ids)}
    unknown = [int(index) for index in file.ids if int(index) not in position]
    if unknown:
        raise TrainingData(
            f"{len(unknown)} ids are none of the {len(known.ids)} samples, the first is {unknown[0]}: "
            "score the pictures that `recede train sample` wrote.",
            unknown=len(unknown),
        )
    latents, psi = sample_latents(generator, statistics, file.ids, seed)
    rows = np.array([position[int(index)] for index in file.ids])
    return Scored(file.ids, latents.cpu().numpy(), psi, known.scores[rows])


def custom_boundary(name: str, samples: Scored, values: NDArray[np.float32], generator_hash: str) -> Boundaries:
    """Fit as the engine's own are fitted; no effects are measured, so that it is conditioned by geometry alone.

    One unit of the direction is set to one standard deviation of the score by regression over the samples. Raises
    TrainingData where the samples do not suffice.
    """
    fitted = fit_attribute(name, samples, values=values)
    normal = torch.tensor(fitted.plane.normal, dtype=torch.float32)
    distance = samples.latents @ fitted.plane.normal
    slope = float(np.cov(distance, values)[0, 1] / max(float(np.var(distance)), 1e-9)) / float(values.std())
    gain = 1 / max(slope, 0.05)
    groups = len(LAYER_GROUPS)
    return Boundaries(
        names=(name,),
        normals=normal[None],
        intercepts=torch.tensor([fitted.plane.intercept]),
        directions=normal[None, None].repeat(1, groups, 1),
        effects=torch.full((1, groups, len(NAMES)), float("nan")),
        scored=NAMES,
        gains=torch.full((1, 2), gain),
        population={name: (float(values.mean()), float(values.std()))},
        generator_hash=generator_hash,
        card={"report": {"attributes": {name: fitted.table}}},
    )
