"""The re-scoring matrix as a picture."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

CELL_PX, LABEL_PX, HEAD_PX, TITLE_PX = 44, 130, 120, 26
LIMIT = 2.0
COLD, NEUTRAL, HOT = np.array((49, 84, 160)), np.array((247, 247, 247)), np.array((178, 40, 48))


def heat_map_png(report: dict[str, Any]) -> bytes:
    """Two matrices, before and after conditioning: edits at strength 2 down, scores across, in standard deviations."""
    panels = [
        _panel("along the hyperplane's normal alone", report["rescoring_unconditioned"]),
        _panel("as shipped: conditioned and calibrated", report["rescoring"]),
    ]
    width, height = panels[0].size
    whole = Image.new("RGB", (width, 2 * height), "white")
    for index, panel in enumerate(panels):
        whole.paste(panel, (0, index * height))
    file = BytesIO()
    whole.quantize(64).save(file, "PNG", optimize=True)
    return file.getvalue()


def _panel(title: str, matrix: dict[str, dict[str, float]]) -> Image.Image:
    columns = list(next(iter(matrix.values())))
    size = (LABEL_PX + CELL_PX * len(columns) + 10, TITLE_PX + HEAD_PX + CELL_PX * len(matrix) // 2 + 14)
    picture = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(12)
    pen.text((6, 6), title, "black", ImageFont.load_default(15))
    for column, name in enumerate(columns):
        label = Image.new("RGB", (HEAD_PX, 16), "white")
        ImageDraw.Draw(label).text((2, 1), name, "black", font)
        turned = label.rotate(90, expand=True)
        picture.paste(turned, (LABEL_PX + column * CELL_PX + CELL_PX // 2 - 8, TITLE_PX))
    for row, (name, change) in enumerate(matrix.items()):
        top = TITLE_PX + HEAD_PX + row * CELL_PX // 2
        pen.text((6, top + 4), name, "black", font)
        for column, other in enumerate(columns):
            left = LABEL_PX + column * CELL_PX
            value = change[other]
            share = min(abs(value) / LIMIT, 1.0)
            colour = NEUTRAL + (HOT - NEUTRAL if value > 0 else COLD - NEUTRAL) * share
            pen.rectangle((left, top, left + CELL_PX - 2, top + CELL_PX // 2 - 2), tuple(int(c) for c in colour))
            ink = "white" if share > 0.6 else "black"
            pen.text((left + CELL_PX // 2 - 1, top + CELL_PX // 4), f"{value:+.1f}", ink, font, anchor="mm")
    return picture
