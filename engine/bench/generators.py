"""Generators side by side: operations, memory and time of one picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch

from engine.generator import LATENT_SIZE, Generator
from engine.generator.cost import counted, predicted
from engine.generator.graphs import GraphedSynthesis
from engine.protocol import MIB


@dataclass(frozen=True)
class GeneratorCost:
    """One generator's figures for a picture of full size, and for a step of a descent at half size.

    operations: of convolutions and linear layers. peak: bytes of tensors without weights. seconds: wall and CPU time
    (all threads), the best of the repeats; graphed: as a CUDA graph, None without a GPU.
    """

    name: str
    parameters: int
    weights_bytes: int
    operations: int
    predicted_operations: int
    peak_bytes: int
    predicted_peak_bytes: int
    seconds: float
    cpu_seconds: float
    step_peak_bytes: int
    step_seconds: float
    step_cpu_seconds: float
    graphed_seconds: float | None


def measure(name: str, generator: Generator, device: torch.device, repeats: int = 3) -> GeneratorCost:
    """Draw and descend, once under the counters and then by the clock."""
    with torch.no_grad():
        latent = generator.mapping(torch.randn(1, LATENT_SIZE, generator=torch.Generator().manual_seed(0)).to(device))

    def draw() -> None:
        with torch.no_grad():
            generator(latent, generator.full_size_px)

    def step() -> None:
        moved = latent.clone().requires_grad_()
        generator(moved, generator.full_size_px // 2).picture.square().mean().backward()

    formula = predicted(generator)
    drawn, stepped = counted(draw, device), counted(step, device)
    seconds, cpu_seconds = _best(draw, device, repeats)
    step_seconds, step_cpu_seconds = _best(step, device, repeats)
    graphed = None
    if device.type == "cuda":
        graph = GraphedSynthesis(generator, latent, generator.full_size_px)
        graphed, _ = _best(lambda: graph(latent), device, repeats)
    weights = [*generator.parameters(), *generator.buffers()]
    return GeneratorCost(
        name=name,
        parameters=sum(value.numel() for value in generator.parameters()),
        weights_bytes=sum(value.numel() * value.element_size() for value in weights),
        operations=drawn.operations,
        predicted_operations=formula.operations,
        peak_bytes=drawn.peak_bytes,
        predicted_peak_bytes=formula.peak_bytes,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        step_peak_bytes=stepped.peak_bytes,
        step_seconds=step_seconds,
        step_cpu_seconds=step_cpu_seconds,
        graphed_seconds=graphed,
    )


def as_json(costs: list[GeneratorCost]) -> dict[str, object]:
    """By name."""
    return {cost.name: {key: value for key, value in asdict(cost).items() if key != "name"} for cost in costs}


def as_text(costs: list[GeneratorCost]) -> str:
    """A column for each generator."""
    rows = [
        ("", [cost.name for cost in costs]),
        ("parameters, millions", [f"{cost.parameters / 1e6:.2f}" for cost in costs]),
        ("weights, MiB", [f"{cost.weights_bytes / MIB:.0f}" for cost in costs]),
        ("GFLOP a picture: counted", [f"{cost.operations / 1e9:.2f}" for cost in costs]),
        ("  from the formula", [f"{cost.predicted_operations / 1e9:.2f}" for cost in costs]),
        ("MiB a picture, peak: counted", [f"{cost.peak_bytes / MIB:.0f}" for cost in costs]),
        ("  from the formula", [f"{cost.predicted_peak_bytes / MIB:.0f}" for cost in costs]),
        ("s a picture: wall / CPU", [f"{cost.seconds:.3f} / {cost.cpu_seconds:.3f}" for cost in costs]),
        ("MiB a gradient step, peak", [f"{cost.step_peak_bytes / MIB:.0f}" for cost in costs]),
        ("s a gradient step: wall / CPU", [f"{c.step_seconds:.3f} / {c.step_cpu_seconds:.3f}" for c in costs]),
    ]
    if all(cost.graphed_seconds is not None for cost in costs):
        rows.append(("s a picture, as a CUDA graph", [f"{cost.graphed_seconds:.3f}" for cost in costs]))
    first = max(len(name) for name, _ in rows)
    widths = [max(len(cells[index]) for _, cells in rows) for index in range(len(costs))]
    return "\n".join(
        "  ".join([name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))])
        for name, cells in rows
    )


def _best(run: Callable[[], object], device: torch.device, repeats: int) -> tuple[float, float]:
    best = (float("inf"), float("inf"))
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best[0], time.perf_counter() - wall), min(best[1], time.process_time() - cpu)
    return best
