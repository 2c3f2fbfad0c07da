"""The pretrained parts, loaded once and kept warm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from engine.allocator import keep_freed_memory
from engine.encoder import Encoder, load_encoder
from engine.errors import DeviceUnavailable
from engine.face import FaceTools, load_face_tools
from engine.generator import Generator, LatentStatistics, latent_statistics
from engine.generator.mobile import load_mobile_generator
from engine.parsing import BiSeNet, load_bisenet
from engine.protocol import StageProgress
from engine.weights import dlib_model_path, weights_path

ASSETS = Path(__file__).parent / "assets"
GENERATOR_FILES = ("mapping.xml", "mapping.bin", "synthesis.xml", "synthesis.bin")


@dataclass(frozen=True)
class Parts:
    """What is only fetched, not trained here: enough to train the rest with."""

    device: torch.device
    generator: Generator
    statistics: LatentStatistics
    parser: BiSeNet
    face_tools: FaceTools


@dataclass(frozen=True)
class Models(Parts):
    """Everything that a job needs. bald_directions: start of the bald edit (1,6,512) for short and for long hair."""

    encoder: Encoder
    bald_directions: dict[str, torch.Tensor]


def choose_device(name: str = "auto") -> torch.device:
    """The device for a name: "auto" takes CUDA where there is one. Raises DeviceUnavailable."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceUnavailable(f"'{name}' is no device: use auto, cpu, cuda or cuda:1.", device=name) from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceUnavailable(
            f"The device '{name}' is not on this machine ({torch.cuda.device_count()} CUDA devices): use --device cpu.",
            device=name,
        )
    return device


def load_parts(device_name: str = "auto", report: Callable[[StageProgress], None] | None = None) -> Parts:
    """Load the fetched parts, fetching what is missing.

    Raises DeviceUnavailable, WeightsUnreachable and WeightsCorrupt.
    """
    device = choose_device(device_name)
    keep_freed_memory()

    def tell(fraction: float) -> None:
        if report is not None:
            report(StageProgress("loading models", fraction))

    def fetched(name: str, part: int) -> Path:
        return weights_path(name, progress=lambda _, done, total: tell((part + done / max(total, 1)) / 5))

    generator = load_mobile_generator({name: fetched(name, 0) for name in GENERATOR_FILES}, device)
    parser = load_bisenet(fetched("bisenet.pth", 1), device)
    tell(0.6)
    tools = load_face_tools(dlib_model_path("shape_predictor_68_face_landmarks.dat"))
    tell(0.8)
    statistics = latent_statistics(generator, device)
    tell(1.0)
    return Parts(device, generator, statistics, parser, tools)


def load_models(
    device: str = "auto", preset: str = "fast", report: Callable[[StageProgress], None] | None = None
) -> Models:
    """Load everything that a job needs. Both presets use the same models."""
    parts = load_parts(device, report)
    directions = load_file(ASSETS / "bald_direction.safetensors")
    return Models(
        parts.device,
        parts.generator,
        parts.statistics,
        parts.parser,
        parts.face_tools,
        load_encoder(ASSETS / "encoder.safetensors", parts.device),
        {name: value.float()[None].to(parts.device) for name, value in directions.items()},
    )
