"""Markdown tables of measured figures, for README and docs/, so that nobody copies numbers by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import BadOption

Figures = Mapping[str, Any]

BEGIN, END = "<!-- recede bench table: {name} -->", "<!-- end of table -->"
SECTION = re.compile(r"<!-- recede bench table: (?P<name>[\w.-]+) -->\n(?P<body>.*?)<!-- end of table -->", re.DOTALL)
# The figures of `recede bench quality` that are worth a row, and how many digits of them mean something.
QUALITY = (
    ("scalp_tone", "scalp against the person's own bright skin at year 20 (CIEDE2000{real})", 1),
    ("outline_step", "largest jump of the head's outline between two degrees, in face widths", 3),
    ("temple_lead", "how far the temples are ahead of the midline at year 8, in face widths", 3),
    ("evenness", "largest change between two frames over the mean", 2),
    ("crown_hair_left", "hair left on the crown at year 20, by the face parser", 3),
    ("crown_hair_left_colour", "the same by colour", 3),
    ("monotonic", "year against hair area (Spearman)", 3),
    ("backward_frames", "frames of an animation with more hair than the one before", 1),
    ("identity_final", "identity: descriptor distance from the original (same person: below 0.6)", 3),
    ("outside_changed", "pixels changed outside of the edit", 0),
    ("seconds", "seconds from photo to animation", 1),
)
# The stages of a job in words, by their names in the JSON of `recede bench speed`.
STAGES = {
    "reading_s": "reading the photo",
    "parse_s": "parsing, canvas",
    "encoder_s": "first guess",
    "first_look_s": "first look",
    "inversion_s": "inversion",
    "edit_s": "bald edit",
    "heads_s": "drawn heads",
    "years_s": "all frames",
    "encoding_s": "encoding, what is left when the frames are drawn",
}
SCALING = {
    "frames": "frames {counts} (drawing and encoding)",
    "size_px": "size {counts} px (drawing and encoding)",
    "faces": "faces {counts} (all)",
}


def markdown(figures: Figures) -> str:
    """The table of what `recede bench quality`, `speed` or `parser` has written with `--json`.

    Raises BadOption for other JSON.
    """
    try:
        if "presets" in figures:
            return _speed(figures)
        if "worst" in figures:
            return _quality(figures)
        if "mean" in figures:
            return f"{parser_table(figures['mean'])}\n\n{len(figures['photos'])} photos; {figures['machine']}."
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadOption(f"The measured figures lack something ({error!r}): measure with this version.") from error
    raise BadOption(
        "This JSON is of no such bench: hand in what `recede bench quality`, `speed` or `parser` has written."
    )


def parser_table(means: Figures) -> str:
    """Agreement of hair and of skin by degradation, before and now, a row for each."""
    rows = [
        (name, *(_number(ways[way][what], 2) for what in ("hair", "skin") for way in ("before", "now")))
        for name, ways in means.items()
    ]
    return _table(("degradation", "hair before", "hair now", "skin before", "skin now"), rows)


def with_tables(text: str, figures: Mapping[str, Figures]) -> str:
    """A document whose marked sections hold the tables of the files they name; those of other files stay as they are.

    figures: by file name. A section goes from a line `<!-- recede bench table: NAME -->` to `<!-- end of table -->`.
    """

    def drawn(section: re.Match[str]) -> str:
        name = section["name"]
        if name not in figures:
            return section[0]
        return f"{BEGIN.format(name=name)}\n{markdown(figures[name])}\n{END}"

    return SECTION.sub(drawn, text)


def named_in(text: str) -> tuple[str, ...]:
    """The files whose tables a document asks for."""
    return tuple(section["name"] for section in SECTION.finditer(text))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _quality(figures: Figures) -> str:
    real = figures.get("real_bald")
    told = f"; {len(real['photos'])} real bald heads: {_number(real['mean']['scalp_tone'], 1)}" if real else ""
    photos = [photo for photo in figures["photos"] if "error" not in photo]
    rows = []
    for key, words, digits in QUALITY:
        worst = figures["worst"][key]
        names = [photo["name"] for photo in photos if photo[key] == worst]
        cell = _number(worst, digits)
        if len(names) == 1:
            cell += f" ({names[0]})"
        rows.append((words.format(real=told), _number(figures["mean"][key], digits), cell))
    memory = figures["peak_memory_mib"]
    told = "" if memory is None else f", at most {memory:.0f} MiB of memory"
    drawn = _table((f"{len(photos)} photos, preset {figures['preset']}", "mean", "worst (photo)"), rows)
    return f"{drawn}\n\n{figures['machine']}{told}."


def _speed(figures: Figures) -> str:
    presets: Figures = figures["presets"]

    def row(words: str, key: str, digits: int = 1) -> tuple[str, ...]:
        return (words, *(_both(preset[key], digits) for preset in presets.values()))

    names = dict.fromkeys(name for preset in presets.values() for name in preset["stages_s"])
    rows = [
        row("photo to animation, median; longest", "photo_to_animation_s"),
        row("first preview, median; longest", "first_preview_s"),
        row("the same photo again at another stage, median; longest", "again_s"),
        row("the same again in another format, median; longest", "other_format_s"),
    ]
    for name in names:
        cells = (_number(preset["stages_s"].get(name), 2) for preset in presets.values())
        rows.append((STAGES.get(name, name.removesuffix("_s")), *cells))
    rows.append(("frames a second", *(_number(preset["frames_per_s"], 0) for preset in presets.values())))
    rows.append(("peak memory, MiB", *(_number(preset["peak_memory_mib"], 0) for preset in presets.values())))
    heads = [f"{name} ({preset['photos']} photos)" for name, preset in presets.items()]
    growth = [_growth(name, line) for name, line in figures["scaling"].items()]
    return "\n\n".join(
        (
            _table(("seconds", *heads), rows),
            _table(("grows with", "seconds", "straight line's r2"), growth),
            f"{_frame(figures['frame'])} {_rates(figures['jobs_per_minute'])}",
            f"{figures['machine']}.",
        )
    )


def _growth(name: str, line: Figures) -> tuple[str, str, str]:
    words = SCALING.get(name, name + " {counts}").format(counts=", ".join(line["seconds"]))
    seconds = ", ".join(_number(value, 2) for value in line["seconds"].values())
    return words, seconds, _number(line["r2"], 3)


def _frame(frame: Figures) -> str:
    reference = frame["vs_reference_runtime"]
    beside = "" if reference is None else f", {reference:.2f} times as fast as the reference runtime"
    return (
        f"One generator pass takes {_number(frame['ms'], 0)} ms{beside}, {_number(frame['vs_float32'], 2)} times as "
        f"fast as in float32; this machine's float32 limit is {_number(frame['limit_ms'], 0)} ms."
    )


def _rates(rates: Figures) -> str:
    told = ", ".join(f"{count} waiting: {rate:.1f}" for count, rate in rates.items())
    return f"Jobs a minute through `recede serve`: {told}."


def _both(spread: Figures, digits: int) -> str:
    return f"{_number(spread['median'], digits)}; {_number(spread['max'], digits)}"


def _number(value: float | None, digits: int) -> str:
    """A figure in so many digits behind the point; "-" for what was not measured, 0 for what is exactly nothing."""
    if value is None:
        return "-"
    return "0" if value == 0 else f"{value:.{digits}f}"
