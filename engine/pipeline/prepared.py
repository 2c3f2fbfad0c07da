"""What one photo's jobs have in common: the picture, its faces, and all that has been made of each so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.edits.portrait import Portrait
from engine.face.age import check_grown_up
from engine.face.alignment import CROP_SIZE_PX
from engine.face.best_frame import open_best
from engine.face.drawn import drawn_if_refused
from engine.face.faces import Face, FaceTools, find_people
from engine.face.panel import panel_around
from engine.models.load import Models
from engine.photo import Photo
from engine.protocol import BaldOptions, EditOptions
from engine.runtime.progress import Tell


@dataclass
class Prepared:
    """Of one photo, one preset and one seed; a later job with the same goes on from here.

    opened: the picture and the number of the frame that it is; faces: of that picture; glimpsed: what may be more of
    them; portraits: by the corners of the face's square.
    """

    opened: tuple[Photo, int] | None = None
    faces: list[Face] | None = None
    glimpsed: list[Face] = field(default_factory=list)
    portraits: dict[bytes, Portrait] = field(default_factory=dict)

    def open(self, models: Models, photo_bytes: bytes) -> tuple[Photo, int]:
        """The picture in the file, and the number of its frame. Raises PhotoError."""
        if self.opened is None:
            self.opened = open_best(models.face_tools, photo_bytes)
        return self.opened

    def found(self, tools: FaceTools, photo: NDArray[np.uint8]) -> list[Face]:
        """All faces of the picture (H,W,3), from left to right. Raises NoFace."""
        if self.faces is None:
            self.faces, self.glimpsed = find_people(tools, photo)
        return self.faces

    def portrait(
        self,
        models: Models,
        photo: NDArray[np.uint8],
        face: Face,
        options: BaldOptions | EditOptions,
        tell: Tell,
        others: Sequence[Face],
        crop_px: int = CROP_SIZE_PX,
    ) -> Portrait:
        """The portrait of a face of the photo, or of the one within it where it is a picture of several, with what is
        known of it; this job's clocks begin at 0. crop_px: the least side of its crop on the canvas. Raises
        FaceError."""
        holds = options.hold if isinstance(options, EditOptions) else None
        all_hair = isinstance(options, BaldOptions) and options.clean
        key = face.quad.tobytes()
        known = self.portraits.get(key)
        if known is None or known.crop_px < crop_px or (all_hair and known.canvas.ends_in_hair):
            others = [*others, *self.glimpsed]
            panel = panel_around(photo, face)
            if panel is not None:
                photo, face, others = panel.of(photo), panel.inside(face), panel.all_inside(others)
            told = (options.preset, options.seed, tell, holds, others, crop_px)
            larger = Portrait(models, photo, face, *told, panel=panel, all_hair=all_hair)
            if models.ages is not None:  # now that the face is known to be seen well enough
                with drawn_if_refused(larger.crop, larger.landmarks):
                    check_grown_up(models.ages, larger.crop)
            if known is not None:
                larger.take_over(known)
            self.portraits[key] = known = larger
        else:
            known.tell, known.holds, known.seconds = tell, holds, {}
        return known

    def rest(self) -> None:
        """Let go of what belongs to the job that has ended."""
        for portrait in self.portraits.values():
            portrait.tell = _nobody

    def size_bytes(self, models: Models) -> int:
        """Memory that is held, the models' aside."""
        seen: set[int] = set()
        _bytes_of(models, seen)
        return _bytes_of((self.opened, self.portraits), seen)


def is_learnt(portrait: Portrait) -> bool:
    """Whether an earlier job has paid for what takes longest."""
    return "inversion" in vars(portrait)


def prepared_alike(options: BaldOptions | EditOptions) -> tuple[str, int]:
    """Of the options of a job, those that matter for what is prepared."""
    return options.preset, options.seed


def _nobody(stage: str, fraction: float, preview_jpeg: bytes | None = None) -> None:
    """Hears of a stage while there is no job."""


def _bytes_of(value: Any, seen: set[int]) -> int:
    """Of the arrays and tensors in a value, its attributes and entries; each once, and none that has been seen."""
    if isinstance(value, torch.Tensor):
        if value.is_mkldnn:  # laid out for oneDNN, which does not say where
            return _once(id(value), value.numel() * value.element_size(), seen)
        storage = value.untyped_storage()
        return _once(storage.data_ptr(), storage.nbytes(), seen)
    if isinstance(value, np.ndarray):
        while isinstance(value.base, np.ndarray):  # a view keeps all of what it is a view of
            value = value.base
        return _once(value.ctypes.data, value.nbytes, seen)
    if isinstance(value, dict):
        return sum(_bytes_of(entry, seen) for entry in value.values())
    if isinstance(value, list | tuple):
        return sum(_bytes_of(entry, seen) for entry in value)
    inside = getattr(value, "__dict__", None)
    if inside is None or isinstance(value, type) or _once(id(value), 1, seen) == 0:
        return 0
    return _bytes_of(inside, seen)


def _once(identity: int, size_bytes: int, seen: set[int]) -> int:
    if identity in seen:
        return 0
    seen.add(identity)
    return size_bytes
