"""Where a command's results go: format by the ending, checks before any work, what is told afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import BadOption, UnknownFormat
from engine.protocol import AnimationFormat, AnimationOptions, Rendered
from engine.runtime.files import check_folder


@dataclass(frozen=True)
class Outputs:
    """Where everything goes. ``face``: the invented face of --sample."""

    animation: Path
    format: AnimationFormat
    sheet: Path | None
    face: Path | None


def format_of(output: Path, wanted: AnimationFormat | None, known: tuple[AnimationFormat, ...]) -> AnimationFormat:
    """The format that an output's ending says, or --format (``wanted``) where it has none.

    Raises UnknownFormat where neither is known, and BadOption where they contradict each other.
    """
    *most, last = (f".{name}" for name in known)
    endings = f"{', '.join(most)} or {last}"
    ending = output.suffix.lower().removeprefix(".")
    if ending and ending not in known:
        raise UnknownFormat(f"'{output.suffix}' is not a format that can be written: use {endings}.")
    if wanted and ending and wanted != ending:
        raise BadOption(f"'{output}' and --format {wanted} contradict each other: leave one out.")
    if not ending and not wanted:
        raise UnknownFormat(f"'{output}' does not say its format: end it in {endings}, or add --format.")
    return next(name for name in known if name == (wanted or ending))


def check_outputs(outputs: Outputs, photo: Path | None) -> None:
    """Raise BadOption or UnknownFormat where something could not be written, or would overwrite the photo."""
    sheet = outputs.sheet
    if sheet is not None and sheet.suffix.lower() != ".png":
        raise UnknownFormat(f"The sheet '{sheet}' is written as PNG: end its name in .png.")
    for path in (outputs.animation, sheet, outputs.face):
        if path is not None:
            check_folder(path)
            if photo is not None and path.resolve() == photo.resolve():
                raise BadOption(f"'{path}' is the photo itself: choose another output.")


def files_of(outputs: Outputs, rendered: Rendered) -> dict[Path, bytes]:
    """The animation, and the sheet where one is wanted."""
    files = {outputs.animation: rendered.animation}
    if outputs.sheet is not None and rendered.sheet_png is not None:
        files[outputs.sheet] = rendered.sheet_png
    return files


def json_text(value: object) -> str:
    """A value as one line of JSON: readable, but in ASCII where it holds a name that is not UTF-8."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def tell_json(rendered: Rendered, outputs: Outputs, options: AnimationOptions) -> None:
    """One JSON object on stdout."""
    told: dict[str, Any] = {
        "animation": str(outputs.animation),
        "format": rendered.format,
        "width_px": rendered.width_px,
        "height_px": rendered.height_px,
        "frames": rendered.frames,
        "bytes": len(rendered.animation),
        "max_bytes": options.max_bytes,
        "gave_up": list(rendered.gave_up),
        "alt_text": rendered.alt_text,
        "measured": dict(rendered.measured),
        "sheet": None if outputs.sheet is None else str(outputs.sheet),
        "face": None if outputs.face is None else str(outputs.face),
    }
    print(json_text(told))


def tell_choices(rendered: Rendered) -> None:
    """Lines on stdout: which frame of an animation was used; how many of the chosen faces were left, and why."""
    measured = rendered.measured
    if "frame_used" in measured:
        print(f"  the photo is an animation: frame {round(measured['frame_used'])} of it, which shows the face best")
    if not measured.get("faces_passed_over"):
        return
    whys = ", ".join(
        f"{round(count)} {name.removeprefix('passed_over_').replace('_', ' ')}"
        for name, count in measured.items()
        if name.startswith("passed_over_")
    )
    found, done, passed = (round(measured[name]) for name in ("faces_found", "faces", "faces_passed_over"))
    print(f"  {found} faces found, {done} done, {passed} passed over: {whys}")
