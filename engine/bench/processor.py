"""One generator pass beside the reference runtime, the plain float32 path, and what the processor could do at best."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

import torch

from engine.generator import LATENT_SIZE, Generator, MobileGenerator
from engine.generator.cost import predicted
from engine.weights import weights_path

MATRIX_SIDE = 2048
# Runs of which the best counts: the others met with something else that the machine did.
REPEATS = 7


def frame_figures(
    working: Generator, exact: Generator, device: torch.device, repeats: int = REPEATS
) -> dict[str, float | None]:
    """Milliseconds of a full-size pass and what they compare with.

    working: as jobs use it; exact: the same in float32. ms: the pass; vs_reference_runtime: how many times as fast as
    OpenVINO in float32 on the published network (None where it is not installed, or the generator is another one);
    vs_float32: how many times as fast as `exact`; vs_limit: ms as a multiple of the pass's operations at this
    machine's float32 matrix rate.
    """
    with torch.no_grad():
        latent = exact.mapping(torch.randn(1, LATENT_SIZE, generator=torch.Generator().manual_seed(0)).to(device))

    def drawing(generator: Generator, size_px: int) -> Callable[[], object]:
        def draw() -> object:
            with torch.no_grad():
                return generator(latent, size_px).picture

        return draw

    full = exact.full_size_px
    ms = 1e3 * best_seconds(drawing(working, full), device, repeats)
    exact_ms = 1e3 * best_seconds(drawing(exact, full), device, repeats)
    reference_ms = _reference_ms(latent, repeats) if isinstance(exact, MobileGenerator) else None
    rate = matrix_rate(device, repeats)
    operations = predicted(exact).operations
    limit_ms = 1e3 * operations / rate
    return {
        "ms": ms,
        "half_size_ms": 1e3 * best_seconds(drawing(working, full // 2), device, repeats),
        "float32_ms": exact_ms,
        "reference_runtime_ms": reference_ms,
        "limit_ms": limit_ms,
        "float32_matrix_gflops": rate / 1e9,
        "gflop": operations / 1e9,
        "vs_reference_runtime": None if reference_ms is None else reference_ms / ms,
        "vs_float32": exact_ms / ms,
        "vs_limit": ms / limit_ms,
    }


def matrix_rate(device: torch.device, repeats: int = REPEATS) -> float:
    """Operations per second of a float32 matrix product, an addition and a multiplication counting as two."""
    left, right = (torch.randn(MATRIX_SIDE, MATRIX_SIDE, device=device) for _ in range(2))
    return 2 * MATRIX_SIDE**3 / best_seconds(lambda: left @ right, device, repeats)


def best_seconds(run: Callable[[], object], device: torch.device, repeats: int = REPEATS) -> float:
    """The best of several runs after two that warm up."""
    best = float("inf")
    for repeat in range(repeats + 2):
        started = time.perf_counter()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        if repeat >= 2:
            best = min(best, time.perf_counter() - started)
    return best


def exact_copy(generator: Generator) -> Generator:
    """The generator in float32 throughout."""
    return copy.deepcopy(generator).float()


def _reference_ms(latent: torch.Tensor, repeats: int) -> float | None:
    try:
        import openvino
    except ImportError:
        return None
    core = openvino.Core()
    network = core.read_model(str(weights_path("synthesis.xml")), str(weights_path("synthesis.bin")))
    compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    w = latent.cpu().numpy()
    return 1e3 * best_seconds(lambda: compiled([w]), torch.device("cpu"), repeats)
