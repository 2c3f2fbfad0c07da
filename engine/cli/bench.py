"""``recede bench``: the numbers that the README quotes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import get_args

from engine.cli import bench_edits, bench_worn, degraded, realness, tables
from engine.cli.arguments import Parser, add_command, add_generator_argument, add_model_arguments
from engine.cli.photos import begun, checked_photo, each_photo, photo_names
from engine.cli.progress import ProgressBar
from engine.protocol import BaldOptions, Preset
from engine.runtime.files import write_files

QUALITY = """\
Render each photo and measure the frames before encoding: how much hair is left on the crown (by the face parser, and
by colour as a second judge), whether it only ever recedes, how much the face stays the same person's, whether anything
changed outside of the edit, whether scalp, outline and hairline look like a real head's, how even the years are, and
how long it took. docs/quality.md defines each figure."""
QUEUE = """\
Time from submit to start, from progress to callback, and for an 8 MiB result, with an engine that does nothing; the
same calls in this process stand beside."""
SOAK = """\
Send real photos through one engine, and compare the memory of engine and broker at the end with that after ten minutes,
or half the time where that is less."""
STORM = """\
Many jobs through two engines that do nothing, while processes are killed or stopped, connections cut and the disk is
full; with --broker-only the broker alone suffers. Exit code 1 unless every job ended exactly once, none was lost,
nothing of a photo is left and the engines drained. Wants root for the small disk, openssl for an operator's broker."""
SPEED = """\
Seconds from photo to animation by preset and stage, the first preview, growth with frames, size and faces, one
generator pass beside the reference runtime and the processor's limit, and jobs a minute through the queue. On a quiet
machine only."""
GENERATOR = """\
What one picture of 1024 px costs: operations and memory, counted while it is drawn and from the formula, and seconds;
the default generator beside full StyleGAN2, whose weights are random without --generator: they cost the same."""
EXAMPLES = """\
examples:
  recede bench quality photos/*.jpg
  recede bench quality photos/*.jpg --json quality.json --sheets sheets
"""


def add_parser(subparsers: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "bench", help="measure quality, speed and the queue", description="Measure how good and how quick it is."
    )
    kinds = parser.add_subparsers(title="benches", metavar="BENCH", required=True)
    quality = add_command(
        kinds,
        "quality",
        help="how bald, how smoothly, and still the same person?",
        description=QUALITY,
        examples=EXAMPLES,
    )
    quality.set_defaults(run=run_quality)
    quality.add_argument("photos", metavar="PHOTO", type=Path, nargs="+", help="photos, measured by their largest face")
    quality.add_argument("--json", metavar="FILE", type=Path, help="also write everything as JSON")
    quality.add_argument(
        "--sheets", metavar="DIR", type=Path, help="also write years 0, 4, .. 20 of each photo, full size, as PNG"
    )
    quality.add_argument(
        "--real-bald", metavar="PHOTO", type=Path, nargs="+", default=[], help="unedited bald heads to compare with"
    )
    quality.add_argument("--clean", action="store_true", help="measure the wholly bald head instead of the horseshoe")
    quality.add_argument("--traceback", action="store_true", help="on an unexpected error, show where it happened")
    add_model_arguments(quality)

    realness.add_parser(kinds)
    degraded.add_parser(kinds)
    tables.add_parser(kinds)
    bench_edits.add_parser(kinds)
    bench_worn.add_parser(kinds)

    queue = kinds.add_parser("queue", help="what the way to the engine costs", description=QUEUE)
    queue.set_defaults(run=run_queue)
    queue.add_argument("--jobs", type=int, default=200, help="small jobs (default: %(default)s)")
    queue.add_argument("--large-jobs", type=int, default=40, help="jobs with an 8 MiB result (default: %(default)s)")
    queue.add_argument("--load", metavar="N", type=int, help="instead: so many photos that wait, and no engine")
    queue.add_argument("--json", action="store_true", help="print JSON instead of a table")

    storm = kinds.add_parser("storm", help="does every job end once, whatever dies?", description=STORM)
    storm.set_defaults(run=run_storm)
    storm.add_argument("--jobs", type=int, default=1000, help="(default: %(default)s)")
    storm.add_argument("--faults", type=int, default=400, help="(default: %(default)s)")
    storm.add_argument("--seed", type=int, default=0, help="of the faults (default: %(default)s)")
    storm.add_argument("--operators", action="store_true", help="on a broker as operators run it, with TLS and a user")
    storm.add_argument("--broker-only", action="store_true", help="faults of the broker alone")

    speed = kinds.add_parser("speed", help="how long does everything take?", description=SPEED)
    speed.set_defaults(run=run_speed)
    speed.add_argument("photos", metavar="PHOTO", type=Path, nargs="+", help="photos, each with one face at least")
    speed.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, ...")
    speed.add_argument("--only", choices=get_args(Preset), help="measure one preset (default: fast and fine)")
    speed.add_argument("--json", action="store_true", help="print JSON instead of a table")

    generator = kinds.add_parser("generator", help="what a picture costs each generator", description=GENERATOR)
    generator.set_defaults(run=run_generator)
    generator.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, ...")
    add_generator_argument(generator)
    generator.add_argument("--repeats", type=int, default=3, help="the best of so many counts (default: %(default)s)")
    generator.add_argument("--json", action="store_true", help="print JSON instead of a table")

    soak = kinds.add_parser("soak", help="many real jobs in a row: does memory grow?", description=SOAK)
    soak.set_defaults(run=run_soak)
    soak.add_argument("photos", metavar="PHOTO", type=Path, nargs="+", help="photos, taken in turn")
    soak.add_argument("--preset", choices=get_args(Preset), default="fast", help="(default: %(default)s)")
    soak.add_argument("--jobs", type=int, default=300, help="at most (default: %(default)s)")
    soak.add_argument("--limit-s", type=float, default=1200.0, help="stop after so long (default: %(default)s)")
    soak.add_argument("--size", type=int, default=256, help="long side of the animation in px (default: %(default)s)")
    soak.add_argument("--json", action="store_true", help="print JSON alone")


def run_queue(arguments: argparse.Namespace) -> int:
    """Measure an engine that does nothing. Raises QueueError where broker or engine do not start."""
    from engine.bench.queue import as_text, run

    if arguments.load is not None:
        from engine.bench import load

        print(json.dumps(load.run(arguments.load)))
        return 0
    measured = run(arguments.jobs, arguments.large_jobs)
    print(json.dumps(measured) if arguments.json else as_text(measured))
    return 0


def run_storm(arguments: argparse.Namespace) -> int:
    """One storm; the folder with its logs stays where it was not clean, and the exit code is 1."""
    from engine.bench.storm.storm import run

    outcome, folder = run(arguments.jobs, arguments.faults, arguments.seed, arguments.operators, arguments.broker_only)
    print(json.dumps({**outcome.figures(), "folder": str(folder) if folder else None}))
    return 0 if outcome.clean else 1


def run_speed(arguments: argparse.Namespace) -> int:
    """Measure presets, growth, generator and queue. Raises PhotoError, FaceError, WeightsError, DeviceUnavailable."""
    from engine.bench.speed import PRESETS, as_text, measure
    from engine.models.load import load_models

    photos = [checked_photo(path) for path in arguments.photos]
    with ProgressBar() as progress:
        models = load_models(arguments.device, hear=progress)
        presets = PRESETS if arguments.only is None else (arguments.only,)
        figures = measure(models, photos, presets, progress.title)
    print(json.dumps(figures) if arguments.json else as_text(figures))
    return 0


def run_generator(arguments: argparse.Namespace) -> int:
    """Measure both generators. Raises WeightsError, a CheckpointError for FILE among them, and DeviceUnavailable."""
    from engine.bench.generators import as_json, as_text, measure
    from engine.bench.report import machine
    from engine.generator.layout import CONFIG_F
    from engine.generator.stylegan2 import StyleGAN2Generator, load_stylegan2
    from engine.models.load import load_parts

    parts = load_parts(arguments.device)
    if arguments.generator:
        full = load_stylegan2(Path(arguments.generator), parts.device)
    else:
        full = StyleGAN2Generator(CONFIG_F).randomised(seed=0).to(parts.device)
    repeats = max(1, arguments.repeats)
    costs = [
        measure("default", parts.generator, parts.device, repeats),
        measure("stylegan2", full, parts.device, repeats),
    ]
    where = machine(str(parts.device))
    if arguments.json:
        print(json.dumps({"machine": where, "generators": as_json(costs)}))
    else:
        print(as_text(costs))
        print(where)
    return 0


def run_soak(arguments: argparse.Namespace) -> int:
    """Send real jobs until there were enough, or the time is over. Raises PhotoError and QueueError."""
    from engine.bench.soak import SoakSettings, run
    from engine.protocol import AnimationOptions

    photos = [checked_photo(path) for path in arguments.photos]
    animation = AnimationOptions(size_px=arguments.size)
    settings = SoakSettings(arguments.jobs, arguments.limit_s)
    measured = run(photos, animation, settings, preset=arguments.preset)
    print(json.dumps(measured, indent=None if arguments.json else 2))
    return 0


def run_quality(arguments: argparse.Namespace) -> int:
    """Measure photo by photo. A photo with an error is told and skipped, and makes the exit code 2.

    Raises BadOption for two photos of one name, what engine.models.load.load_models does, and DiskFull.
    """
    names = begun(arguments)
    real_names = photo_names(arguments.real_bald)

    from engine.animation.sheet import png, side_by_side
    from engine.bench import report
    from engine.bench.identity import load_descriptor
    from engine.bench.quality import measure_photo, measure_real
    from engine.models.load import load_models

    options = BaldOptions(clean=arguments.clean, preset=arguments.preset)
    with ProgressBar() as progress:
        models = load_models(arguments.device, progress, generator=arguments.generator)
        descriptor = load_descriptor()

        def measure(name: str, photo: bytes) -> report.PhotoQuality:
            row = measure_photo(models, descriptor, name, photo, options, progress)
            if arguments.sheets is not None:
                write_files({arguments.sheets / f"{name}.png": png(side_by_side(row.stills))})
            return row

        def measure_head(name: str, photo: bytes) -> tuple[str, dict[str, float]]:
            return name, measure_real(models, photo)

        heads, no_heads = each_photo(real_names, measure_head, progress)
        measured, failed = each_photo(names, measure, progress)
    real_bald = dict(heads)
    failed |= no_heads
    if measured or real_bald:
        print(report.table(measured, real_bald))
    for name, failure in failed.items():
        print(f"{name}: {failure['sentence']}")
    everything = report.report_json(options, str(models.device), measured, failed, real_bald)
    print(f"{everything['machine']}; preset {options.preset}; peak memory {everything['peak_memory_mib'] or 0:.0f} MiB")
    files = {}
    if arguments.json is not None:
        files[arguments.json] = json.dumps(everything, indent=2).encode() + b"\n"
    if arguments.sheets is not None and measured:
        files[arguments.sheets / "overview.png"] = png(report.overview(measured))
    write_files(files)
    return 2 if failed else 0
