"""Going on with less memory."""

from __future__ import annotations

import pytest
import torch

from engine.errors import BadConfig, OutOfMemory
from engine.generator.layout import Layout
from engine.generator.stylegan2 import StyleGAN2Generator
from engine.protocol import StageProgress
from engine.runtime.memory import BatchSize, free_bytes, in_batches, is_out_of_memory, limit_memory, sparing

CPU = torch.device("cpu")


def exhaust() -> None:
    """Ask for more than any machine has: torch's own error for a CPU."""
    torch.empty(2**60, dtype=torch.uint8)


def test_torchs_own_error_is_known_and_others_are_not_taken_for_it() -> None:
    with pytest.raises(RuntimeError) as raised:
        exhaust()
    assert is_out_of_memory(raised.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"))
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("shape mismatch"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_a_batch_that_does_not_fit_is_halved_and_nothing_is_lost_or_done_twice() -> None:
    sizes: list[int] = []
    done: list[float] = []

    def run(part: torch.Tensor) -> torch.Tensor:
        sizes.append(len(part))
        if len(part) > 3:
            exhaust()
        done.extend(part.tolist())
        return part * 2

    size = BatchSize(16)
    results = list(in_batches(torch.arange(10.0), size, run))
    assert sizes == [10, 5, 2, 2, 2, 2, 2]
    assert done == list(range(10))
    assert torch.equal(torch.cat([result for _, result in results]), torch.arange(10.0) * 2)
    assert [count for count, _ in results] == [2] * 5
    assert size.value == 2


def test_what_does_not_fit_alone_is_an_error_and_other_errors_pass() -> None:
    with pytest.raises(OutOfMemory, match="one picture at a time"):
        list(in_batches(torch.zeros(4), BatchSize(4), lambda part: exhaust()))
    with pytest.raises(ZeroDivisionError):
        list(in_batches(torch.zeros(4), BatchSize(4), lambda part: 1 / 0))


def test_the_batch_fits_the_free_memory_and_the_budget() -> None:
    free = free_bytes(CPU)
    assert free > 2**20
    assert BatchSize.fitting(CPU, free).value == 1
    assert BatchSize.fitting(CPU, 1).value == 32
    assert BatchSize.fitting(CPU, 2**29, budget_gib=1.0).value in (1, 2)
    assert BatchSize.fitting(CPU, 2**20, budget_gib=0.004).value == 4
    assert BatchSize.fitting(CPU, 1, most=1).value == 1


def test_a_job_is_run_again_with_a_generator_that_spares_memory_and_its_progress_never_goes_back() -> None:
    generator = StyleGAN2Generator(Layout({4: 2, 8: 2}, 4, 1))
    heard: list[float] = []
    tries = 0

    def job(hear: object) -> str:
        nonlocal tries
        tries += 1
        assert callable(hear)
        hear(StageProgress("working", 0.4))
        if not generator.recompute:
            exhaust()
        hear(StageProgress("working", 0.2))
        hear(StageProgress("working", 0.9))
        return "done"

    assert sparing(generator, lambda progress: heard.append(progress.fraction), job) == "done"
    assert tries == 2
    assert heard == sorted(heard)
    assert heard[-1] == 0.9


def test_a_job_for_which_nothing_is_left_to_spare_ends_with_a_sentence() -> None:
    generator = StyleGAN2Generator(Layout({4: 2, 8: 2}, 4, 1))
    with pytest.raises(OutOfMemory):
        sparing(generator, lambda progress: None, lambda hear: exhaust())
    assert generator.recompute


def test_a_budget_is_for_gpus_and_must_fit_them() -> None:
    limit_memory(CPU, 1000.0)
    if not torch.cuda.is_available():
        pytest.skip("no GPU here whose memory could be limited")
    with pytest.raises(BadConfig, match="memory_gib"):
        limit_memory(torch.device("cuda"), 100_000.0)
