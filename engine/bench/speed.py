"""How long everything takes: photo to animation, growth with frames, size and faces, jobs a minute."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.bench.launch import running_engine
from engine.bench.processor import exact_copy, frame_figures
from engine.bench.report import machine, peak_memory_mib
from engine.models.load import Models
from engine.photo import read_photo
from engine.pipeline.prepared import Prepared
from engine.pipeline.run import bald
from engine.protocol import AnimationFormat, AnimationOptions, BaldOptions, Job, Preset, Rendered, Result, StageProgress
from engine.server.serve import REAL_PIPELINES

WAITING_JOBS = (1, 2, 4)
FRAME_COUNTS = (12, 24, 48)
SIZES_PX = (320, 640, 1024)
MAX_FACES = 3
# What the same photo is asked for once more: another stage, and other formats.
AGAIN_STAGE = 5
OTHER_FORMATS: tuple[AnimationFormat, ...] = ("mp4", "webp")
TILE_PX = 768
JOB_TIMEOUT_S = 900.0

Title = Callable[[str], None]


def measure(models: Models, photos: Sequence[bytes], presets: Sequence[Preset], tell: Title) -> dict[str, Any]:
    """All figures as JSON has them; one photo is rendered unmeasured first, to warm everything up."""
    run_once(models, photos[0], BaldOptions(), AnimationOptions())
    by_preset = {preset: _preset(models, photos, preset, tell) for preset in presets}
    tell("frames, sizes and faces")
    by_frames = {frames: AnimationOptions(frames=frames) for frames in FRAME_COUNTS}
    by_size = {size_px: AnimationOptions(size_px=size_px) for size_px in SIZES_PX}
    scaling = {"frames": _growth(models, photos[0], by_frames), "size_px": _growth(models, photos[0], by_size)}
    scaling["faces"] = _by_faces(models, photos)
    tell("the generator")
    frame = frame_figures(models.generator, exact_copy(models.generator), models.device)
    tell("jobs through the queue")
    return {
        "machine": machine(str(models.device)),
        "presets": by_preset,
        "frame": frame,
        "scaling": scaling,
        "faces_3_ratio": faces_ratio(scaling["faces"]),
        "jobs_per_minute": jobs_per_minute(photos[0], WAITING_JOBS),
    }


def run_once(
    models: Models,
    photo: bytes,
    options: BaldOptions,
    animation: AnimationOptions,
    known: Prepared | None = None,
) -> tuple[Rendered, float, float]:
    """One job in this process: what came out, seconds in all, and seconds until the first preview. known: what an
    earlier job has prepared of the photo."""
    started = time.perf_counter()
    first: list[float] = []

    def hear(progress: StageProgress) -> None:
        if progress.preview_jpeg is not None and not first:
            first.append(time.perf_counter() - started)

    rendered = bald(models, photo, options, animation, hear, known)
    return rendered, time.perf_counter() - started, first[0]


def _preset(models: Models, photos: Sequence[bytes], preset: Preset, tell: Title) -> dict[str, Any]:
    totals, previews, stages, again, formats = [], [], [], [], []
    for index, photo in enumerate(photos):
        tell(f"preset {preset}, photo {index + 1} of {len(photos)}")
        known, options = Prepared(), BaldOptions(preset=preset)
        rendered, total, preview = run_once(models, photo, options, AnimationOptions(), known)
        again.append(run_once(models, photo, replace(options, stage=AGAIN_STAGE), AnimationOptions(), known)[1])
        formats += [run_once(models, photo, options, AnimationOptions(format=name), known)[1] for name in OTHER_FORMATS]
        totals.append(total)
        previews.append(preview)
        stages.append({name: value for name, value in rendered.measured.items() if name.endswith("_s")})
    means = {name: statistics.fmean(row[name] for row in stages) for name in stages[0]}
    return {
        "photos": len(photos),
        "photo_to_animation_s": _spread(totals),
        "first_preview_s": _spread(previews),
        "again_s": _spread(again),
        "other_format_s": _spread(formats),
        "stages_s": means,
        "frames_per_s": AnimationOptions().frames / means["years_s"],
        "peak_memory_mib": peak_memory_mib(),
    }


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(seconds), "max": max(seconds)}


def _growth(models: Models, photo: bytes, animations: Mapping[int, AnimationOptions]) -> dict[str, Any]:
    """How drawing and encoding grow with what animations differ in."""
    rows, known = {}, Prepared()
    for value, animation in animations.items():
        rendered, _, _ = run_once(models, photo, BaldOptions(), animation, known)
        rows[value] = rendered.measured["years_s"] + rendered.measured["encoding_s"]
    return fit(rows)


def _by_faces(models: Models, photos: Sequence[bytes]) -> dict[str, Any]:
    """How all of it grows with the faces in the photo: the quicker of two runs, which others disturb less."""
    rows: dict[int, float] = {}
    for count in [*range(1, MAX_FACES + 1)] * 2:
        group = side_by_side([read_photo(photos[index % len(photos)]) for index in range(count)])
        _, seconds, _ = run_once(models, group, BaldOptions(faces="all"), AnimationOptions())
        rows[count] = min(seconds, rows.get(count, seconds))
    return fit(rows)


def faces_ratio(faces: dict[str, Any]) -> float:
    """How many times as long as one face the most faces take, by what `fit` returned."""
    seconds = faces["seconds"]
    return float(seconds[str(MAX_FACES)] / seconds["1"])


def fit(seconds: dict[int, float]) -> dict[str, Any]:
    """A straight line through seconds by count, and how well it explains them (r2)."""
    x = np.array(list(seconds), np.float64)
    y = np.array(list(seconds.values()), np.float64)
    slope, start = np.polyfit(x, y, 1)
    spread = float(((y - y.mean()) ** 2).sum())
    missed = float(((y - (start + slope * x)) ** 2).sum())
    return {
        "seconds": {str(count): value for count, value in seconds.items()},
        "each_s": float(slope),
        "start_s": float(start),
        "r2": 1 - missed / spread if spread > 0 else 1.0,
    }


def side_by_side(pictures: Sequence[NDArray[np.uint8]]) -> bytes:
    """A photo of several people: the pictures at one height, as a JPEG file."""
    tiles = []
    for picture in pictures:
        image = Image.fromarray(picture)
        tiles.append(image.resize((round(TILE_PX * image.width / image.height), TILE_PX), Image.Resampling.LANCZOS))
    group = Image.new("RGB", (sum(tile.width for tile in tiles), TILE_PX))
    left = 0
    for tile in tiles:
        group.paste(tile, (left, 0))
        left += tile.width
    file = BytesIO()
    group.save(file, "JPEG", quality=95)
    return file.getvalue()


def jobs_per_minute(photo: bytes, waiting: Sequence[int], pipelines: str = REAL_PIPELINES) -> dict[str, float]:
    """Jobs a minute of one engine process when so many are handed in at once."""
    with tempfile.TemporaryDirectory(prefix="recede-speed-") as folder:
        return asyncio.run(_jobs_per_minute(Path(folder), photo, waiting, pipelines))


async def _jobs_per_minute(folder: Path, photo: bytes, waiting: Sequence[int], pipelines: str) -> dict[str, float]:
    async with running_engine(folder, pipelines, "speed", JOB_TIMEOUT_S) as (queue, _):
        arrived: asyncio.Queue[Result] = asyncio.Queue()
        await queue.results(arrived.put)
        rates = {}
        for count in (1, *waiting):  # the first one warms the engine up
            started = time.perf_counter()
            for index in range(count):
                expires_at_s = time.time() + JOB_TIMEOUT_S
                job_id, user = uuid.uuid4().hex, f"user{index}"
                await queue.submit(Job(job_id, user, "speed", photo, BaldOptions(), AnimationOptions(), expires_at_s))
            for _ in range(count):
                (await asyncio.wait_for(arrived.get(), JOB_TIMEOUT_S)).unwrap()
            rates[str(count)] = 60 * count / (time.perf_counter() - started)
        return rates


def as_text(figures: dict[str, Any]) -> str:
    """A table of all figures."""
    lines = []
    for preset, row in figures["presets"].items():
        total, first = row["photo_to_animation_s"], row["first_preview_s"]
        lines.append(
            f"{preset}: {total['median']:.1f} s a photo (median of {row['photos']}), at most {total['max']:.1f} s; "
            f"first preview {first['median']:.1f} s; the same photo again {row['again_s']['median']:.1f} s, in another "
            f"format {row['other_format_s']['median']:.1f} s; peak memory {row['peak_memory_mib'] or 0:.0f} MiB"
        )
        lines += [f"  {name.removesuffix('_s'):<10} {value:6.2f} s" for name, value in row["stages_s"].items()]
        lines.append(f"  {row['frames_per_s']:.0f} frames a second")
    frame = figures["frame"]
    against = frame["vs_reference_runtime"]
    reference = "not measured" if against is None else f"{against:.2f} times as fast"
    lines.append(
        f"generator: {frame['ms']:.0f} ms a picture ({frame['half_size_ms']:.0f} ms at half size); reference runtime: "
        f"{reference}; float32: {frame['vs_float32']:.2f} times as fast; float32 limit of this machine: "
        f"{frame['vs_limit']:.2f} times {frame['limit_ms']:.0f} ms"
    )
    for name, row in figures["scaling"].items():
        each = ", ".join(f"{count}: {value:.2f} s" for count, value in row["seconds"].items())
        lines.append(f"{name}: {each} (linear, r2 {row['r2']:.3f}, {row['each_s']:.4f} s each)")
    lines.append(f"{MAX_FACES} faces take {figures['faces_3_ratio']:.2f} times as long as one")
    rates = ", ".join(f"{count} waiting: {rate:.1f}" for count, rate in figures["jobs_per_minute"].items())
    lines.append(f"jobs a minute through the queue: {rates}")
    lines.append(figures["machine"])
    return "\n".join(lines)


PRESETS: tuple[Preset, ...] = ("fast", "fine")
