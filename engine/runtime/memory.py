"""A device's memory: how much there is, and going on with less of it where it was not enough."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import psutil
import torch

from engine.errors import BadConfig, OutOfMemory
from engine.protocol import StageProgress
from engine.runtime.progress import Hear

GIB = 2**30
# Of the memory that is free: the rest is for what else grows meanwhile.
USABLE = 0.8
SIGNS = ("out of memory", "can't allocate memory", "ALLOC_FAILED")

Result = TypeVar("Result")


class Sparing(Protocol):
    """What can do with less memory."""

    def spare_memory(self) -> bool:
        """Take less from now on; False where there is nothing left to spare."""
        ...


def limit_memory(device: torch.device, gib: float) -> None:
    """Let torch use at most so much of a GPU's memory, 0 for all; on a CPU it has no effect.

    Raises BadConfig where the device has less.
    """
    if not gib or device.type != "cuda":
        return
    total_bytes = torch.cuda.get_device_properties(device).total_memory
    if gib * GIB > total_bytes:
        raise BadConfig(f"[engine] memory_gib is {gib:g}, and {device} has {total_bytes / GIB:.1f} GiB: choose less.")
    torch.cuda.set_per_process_memory_fraction(gib * GIB / total_bytes, device)


def free_bytes(device: torch.device) -> int:
    """Memory of the device that nobody uses."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed, on any device: torch has a class of its own for GPUs alone."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in SIGNS)


def give_back() -> None:
    """Return what torch keeps of a GPU's memory without needing it."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@dataclass
class BatchSize:
    """How many pictures at once; only ever lowered."""

    value: int

    @staticmethod
    def fitting(device: torch.device, bytes_per_picture: int, *, budget_gib: float = 0.0, most: int = 32) -> BatchSize:
        """As many as fit into the free memory and the budget (0: no budget); at least one.

        Where a batch gains nothing, ask for `most` = 1.
        """
        room_bytes = USABLE * free_bytes(device)
        if budget_gib:
            room_bytes = min(room_bytes, budget_gib * GIB)
        return BatchSize(max(1, min(most, int(room_bytes // max(bytes_per_picture, 1)))))


def in_batches(
    inputs: torch.Tensor, size: BatchSize, run: Callable[[torch.Tensor], Result]
) -> Iterator[tuple[int, Result]]:
    """Run over the rows of inputs; yields how many rows, and the result for them, in order.

    Where memory does not suffice, the batch is halved and the same rows are run again: nothing is lost and nothing is
    done twice. Raises OutOfMemory where it does not suffice for a single row.
    """
    done = 0
    while done < len(inputs):
        part = inputs[done : done + size.value]
        try:
            result = run(part)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if len(part) == 1:
                raise _out_of_memory() from error
            size.value = len(part) // 2
        else:
            done += len(part)
            yield len(part), result
            continue
        give_back()  # behind the except clause, whose traceback holds on to the tensors


def sparing(generator: Sparing, hear: Hear, run: Callable[[Hear], Result]) -> Result:
    """Run a job, and where memory does not suffice, again with a generator that needs less, as often as it can.

    The progress that is told does not go back meanwhile. Raises OutOfMemory where nothing is left to spare.
    """
    furthest = 0.0

    def onward(progress: StageProgress) -> None:
        nonlocal furthest
        furthest = max(furthest, progress.fraction)
        hear(StageProgress(progress.stage, furthest, progress.preview_jpeg))

    while True:
        try:
            return run(onward)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if not generator.spare_memory():
                raise _out_of_memory() from error
        give_back()


def _out_of_memory() -> OutOfMemory:
    return OutOfMemory(
        "The device's memory is too small even for one picture at a time: end what else uses it, use another device, "
        "or the default generator."
    )
