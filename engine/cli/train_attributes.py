"""``recede train sample|score|fit|report|attribute``: the boundaries of the attributes, one command after the other."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from engine.attributes.custom import SUFFIX, custom_directory
from engine.cli.arguments import Parser, add_common_arguments, add_generator_argument, at_least
from engine.cli.in_process import parts_here
from engine.cli.progress import ProgressBar
from engine.runtime.files import check_file, check_folder, write_files

SAMPLES = 20_000
SAMPLE = """\
Draw faces that the generator invents, half of them truncated to look ordinary, half at full spread, and keep their
latents and pictures (256 px) in shards of 200. A run that was stopped goes on where it was; several may share a
folder."""
SCORE = """\
Measure every attribute of the table on every sample: masks, geometry, colour, texture, age and gender. A run that was
stopped goes on where it was; several may share a folder."""
FIT = """\
Fit a hyperplane to each attribute, classes matched on age, gender, glasses and smile; draw more faces where clear
positives are rare; measure what moving along each does to all others; calibrate the edits; judge everything."""
REPORT = "Accuracies of every boundary, and what every edit at strength 2 does to every attribute."
ATTRIBUTE = """\
Fit a boundary of your own from a CSV file: `id,score` for samples of `recede train sample`, or `w0,...,w511,score` for
latents. It is installed for `recede edit --attribute NAME`."""


def add_parsers(kinds: argparse._SubParsersAction[Parser]) -> None:
    """Register the commands below ``recede train``."""
    sample = kinds.add_parser("sample", help="attributes, first: draw faces", description=SAMPLE)
    sample.set_defaults(run=run_sample)
    sample.add_argument("--count", metavar="N", type=at_least(20), default=SAMPLES, help=f"faces (default: {SAMPLES})")
    sample.add_argument("--seed", metavar="N", type=at_least(0), default=0, help="of the invented faces (default: 0)")

    score = kinds.add_parser("score", help="attributes, second: measure them", description=SCORE)
    score.set_defaults(run=run_score)
    score.add_argument("--again", action="store_true", help="all scores again from the masks that are kept")

    fit = kinds.add_parser("fit", help="attributes, third: fit and calibrate boundaries", description=FIT)
    fit.set_defaults(run=run_fit)
    fit.add_argument("--quick", action="store_true", help="few faces for calibration and report, to try the chain out")
    fit.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="the asset (default: in place of the engine's own, or in the folder FILE-assets beside --generator FILE)",
    )

    report = kinds.add_parser("report", help="attributes: how good the boundaries are", description=REPORT)
    report.set_defaults(run=run_report)
    report.add_argument("--boundaries", metavar="FILE", type=Path, help="(default: the engine's own)")
    report.add_argument("--heat-map", metavar="FILE.png", type=Path, help="also draw the re-scoring matrix")
    add_common_arguments(report)

    own = kinds.add_parser("attribute", help="a boundary of your own", description=ATTRIBUTE)
    own.set_defaults(run=run_attribute)
    own.add_argument("name", metavar="NAME", help="what the attribute is to be called")
    own.add_argument("--scores", metavar="FILE.csv", type=Path, required=True, help="the scores, rising with it")

    for parser in (sample, score, fit, own):
        add_generator_argument(parser)
        parser.add_argument(
            "--samples",
            metavar="FOLDER",
            type=Path,
            default=Path("samples"),
            help="where the samples are (default: ./samples)",
        )
        parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, ...")
        add_common_arguments(parser)


def run_sample(arguments: argparse.Namespace) -> int:
    """Draw what is missing. Raises BadOption, TrainingError for another run's folder, and what `parts_here` does."""
    folder: Path = arguments.samples
    if not folder.is_dir():
        check_folder(folder)
    from engine.training.attributes.sampling import sample_shards

    with ProgressBar(silent=arguments.json) as progress:
        parts = parts_here(arguments, progress)
        written = sample_shards(
            parts.generator,
            parts.statistics,
            folder,
            count=arguments.count,
            seed=arguments.seed,
            tell=progress.at,
        )
    return _told(arguments, {"folder": str(folder), "samples": arguments.count, "shards_written": written})


def run_score(arguments: argparse.Namespace) -> int:
    """Score what is not scored. Raises TrainingError where there are no samples, and what `parts_here` does."""
    from engine.training.attributes.shards import shard_paths

    shard_paths(arguments.samples)  # says what to do where there are none, before anything is loaded
    from engine.attributes.scoring import load_scorer
    from engine.training.attributes.sampling import check_drawn_by
    from engine.training.attributes.scoring import score_shards

    with ProgressBar(silent=arguments.json) as progress:
        parts = parts_here(arguments, progress)
        if arguments.generator:  # scores are of pictures, whoever drew them: only what was said is checked
            check_drawn_by(parts.generator, arguments.samples)
        scored = score_shards(
            load_scorer(parts.parser, parts.face_tools),
            arguments.samples,
            again=arguments.again,
            tell=progress.at,
        )
    return _told(arguments, {"folder": str(arguments.samples), "shards_scored": scored})


def run_fit(arguments: argparse.Namespace) -> int:
    """Fit, calibrate, report. Raises BadOption, TrainingError for too few samples, and what `parts_here` does."""
    out: Path | None = arguments.output
    if out is not None:
        check_file(out, SUFFIX, "the format of assets")
    from engine.attributes.boundaries import BOUNDARIES_ASSET
    from engine.training.attributes.report import QUICK_FIT, FitSettings, fit_boundaries
    from engine.training.attributes.scoring import read_scores

    scored = read_scores(arguments.samples)
    with ProgressBar(silent=arguments.json) as progress:
        parts = parts_here(arguments, progress)
        out = out or parts.assets.trained_into / BOUNDARIES_ASSET.name
        card = fit_boundaries(
            parts,
            arguments.samples,
            scored,
            out,
            tell=progress.at,
            settings=QUICK_FIT if arguments.quick else FitSettings(),
        )
    if arguments.json:
        return _told(arguments, {"asset": str(out), "card": card})
    print(as_text(card["report"]))
    print(f"{out}: {out.stat().st_size / 1024:.0f} KiB")
    return 0


def run_report(arguments: argparse.Namespace) -> int:
    """Print the report in a file's card. Raises BadOption, WeightsError for a file that holds none, and DiskFull."""
    if arguments.heat_map is not None:
        check_file(arguments.heat_map, ".png")
    from engine.attributes.boundaries import BOUNDARIES_ASSET, load_boundaries
    from engine.training.attributes.heat_map import heat_map_png
    from engine.training.attributes.report import read_report

    path = arguments.boundaries or BOUNDARIES_ASSET
    load_boundaries(path)
    report = read_report(path)
    if arguments.heat_map is not None:
        write_files({arguments.heat_map: heat_map_png(report)})
    print(json.dumps(report, ensure_ascii=False) if arguments.json else as_text(report))
    return 0


def run_attribute(arguments: argparse.Namespace) -> int:
    """Fit, report and install a boundary of the user's own.

    Raises BadOption for the name or the scores, TrainingError for samples that do not fit, and what `parts_here` does.
    """
    from engine.training.attributes.custom import check_custom_name, custom_boundary, read_score_file, samples_of

    check_custom_name(arguments.name)
    file = read_score_file(arguments.scores)
    from engine.training.attributes.chain import save_boundaries
    from engine.training.attributes.sampling import check_drawn_by
    from engine.training.attributes.scoring import read_scores
    from engine.training.attributes.shards import read_recipe

    known = read_scores(arguments.samples) if file.ids is not None else None
    seed = int(str(read_recipe(arguments.samples)["seed"])) if file.ids is not None else 0
    with ProgressBar(silent=arguments.json) as progress:
        parts = parts_here(arguments, progress)
        if known is not None:
            check_drawn_by(parts.generator, arguments.samples)
        samples = samples_of(file, known, parts.generator, parts.statistics, seed)
        boundary = custom_boundary(arguments.name, samples, file.values, parts.generator.w_space)
    out = custom_directory() / f"{arguments.name}{SUFFIX}"
    command = f"recede train attribute {arguments.name} --scores {arguments.scores.name}"
    made = {"what": "a boundary of the user's own", "command": command, "samples": len(file.values)}
    card: dict[str, Any] = {**made, **boundary.card}
    save_boundaries(out, boundary, card)
    if arguments.json:
        return _told(arguments, {"asset": str(out), "card": card})
    print(as_text(card["report"]))
    print(f"Installed as {out}. Try: recede edit me.jpg --attribute {arguments.name} --strength 2")
    return 0


def as_text(report: dict[str, Any]) -> str:
    """The report as tables for people."""
    lines = ["attribute            validation  remaining  balanced    AUC  positives"]
    for name, row in report["attributes"].items():
        lines.append(
            f"{name:20} {row['validation_accuracy']:10.3f} {row['remaining_accuracy']:10.3f}"
            f" {row['remaining_balanced_accuracy']:9.3f} {row['auc']:6.3f} {row['positives']:10}"
        )
    if "rescoring" in report:
        lines += ["", "edit at strength 2: own score's change, then drift of what is held (standard deviations)"]
        for name, change in report["rescoring"].items():
            drift = "  ".join(f"{held} {change[held]:+.2f}" for held in ("age", "gender", "glasses", "smile"))
            lines.append(f"{name:20} {change[name]:+.2f}   {drift}")
        lines += ["", *(f"{name}: {value}" for name, value in report.get("summary", {}).items())]
    return "\n".join(lines)


def _told(arguments: argparse.Namespace, answer: dict[str, object]) -> int:
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in answer.items()))
    return 0
