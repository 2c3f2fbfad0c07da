"""Progress on stderr: a bar that names the stage on a terminal, a line for each stage elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, TextIO

from tqdm import tqdm

from engine.protocol import StageProgress

BAR = "{desc} {percentage:3.0f}% |{bar}| {elapsed}"
STAGE_WIDTH = 26


class ProgressBar:
    """A callable for StageProgress, and a context manager that leaves the line clean.

    ``silent``: nothing at all is shown, for programs that read JSON.
    """

    def __init__(self, silent: bool = False, file: TextIO | None = None) -> None:
        self.file = file or sys.stderr
        self.silent = silent
        self.stage = ""
        self.prefix = ""
        self.bar: tqdm[Any] | None = None

    def __enter__(self) -> ProgressBar:
        if not self.silent and self.file.isatty():
            self.bar = tqdm(total=100, file=self.file, bar_format=BAR, leave=False, dynamic_ncols=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()

    def title(self, name: str) -> None:
        """Name the work that the stages from now on belong to."""
        self.prefix, self.stage = f"{name}: ", ""

    def at(self, stage: str, fraction: float) -> None:
        """For work that tells stage and fraction (0..1) apart."""
        self(StageProgress(stage, fraction))

    def __call__(self, progress: StageProgress) -> None:
        if self.silent:
            return
        changed, self.stage = progress.stage != self.stage, progress.stage
        if self.bar is not None:
            self.bar.n = round(100 * min(max(progress.fraction, 0.0), 1.0))
            self.bar.set_description_str(f"{self.prefix + progress.stage:<{STAGE_WIDTH}}")
        elif changed:
            print(f"{self.prefix}{progress.stage} ...", file=self.file, flush=True)
