"""The pretrained parts and the assets, loaded once and kept warm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from engine.config import EngineConfig, Precision
from engine.errors import WeightsCorrupt
from engine.face.age import AgeTools, load_age_tools
from engine.face.faces import FaceTools, load_face_tools
from engine.face.head_axes import HeadAxes
from engine.generator import Generator, LatentStatistics, latent_statistics
from engine.generator.mobile import MobileGenerator, load_mobile_generator
from engine.generator.picture_head import load_picture_head
from engine.generator.precision import fast_type, lowered
from engine.generator.space_comparison import compare_spaces
from engine.generator.stylegan2 import load_stylegan2
from engine.latent.baldness import hangs_long, kind_of, start_at
from engine.latent.effort import EFFORTS, Effort
from engine.latent.encoder import Encoder, load_encoder
from engine.latent.learnt_start import LearntStart, learnt_start
from engine.latent.networks import Networks
from engine.models.assets import ASSETS, AssetFolders, generator_of
from engine.models.device import choose_device
from engine.parsing import BiSeNet, HairWatch, load_bisenet, load_hair_watch
from engine.protocol import Preset, StageProgress
from engine.runtime.allocator import keep_freed_memory
from engine.runtime.memory import limit_memory
from engine.runtime.progress import Hear
from engine.weights import dlib_model_path, weights_path

GENERATOR_FILES = ("mapping.xml", "mapping.bin", "synthesis.xml", "synthesis.bin")


@dataclass(frozen=True)
class Parts:
    """What is only fetched, not trained here: enough to train the rest with. generator: in float32, frozen; statistics:
    of its W; parser: tells 19 classes; face_tools: detector and landmarks; assets: which go with the generator."""

    device: torch.device
    generator: Generator
    statistics: LatentStatistics
    parser: BiSeNet
    face_tools: FaceTools
    assets: AssetFolders

    @property
    def networks(self) -> Networks:
        """What trainers search through: generator and parser as they are fetched."""
        return Networks(self.generator, self.parser, self.statistics)


@dataclass(frozen=True)
class Models(Parts):
    """Everything that a job needs, generator and parser in the type that the device is quick in.

    bald_directions: mean steps of the bald edits (1,6,512) by `latent.baldness.KINDS`; on_hair: tells what lies on hair
    from what the parser saw; horseshoe_start: each face's own step, None where the generator has only the means;
    efforts: how long each preset searches; ages: what tells children, None where nobody asks.
    """

    encoder: Encoder
    bald_directions: dict[str, torch.Tensor]
    on_hair: HairWatch
    horseshoe_start: LearntStart | None = None
    efforts: Mapping[Preset, Effort] = field(default_factory=lambda: EFFORTS)
    ages: AgeTools | None = None

    def own_start(self, end: str) -> LearntStart | None:
        """What tells each face its own step to an end of the way, None where there is only the mean one."""
        return self.horseshoe_start if end == "horseshoe" else None

    def bald_start(
        self, end: str, latent: torch.Tensor, probabilities: NDArray[np.float32], axes: HeadAxes
    ) -> torch.Tensor:
        """The learned step (1,6,512) from a latent (1,layers,512) to an end of the way, where the descent sets out.

        probabilities: 19,S,S, and the head's axes, of the photo's crop.
        """
        own = self.own_start(end)
        if own is not None:
            return own(latent, probabilities, long=hangs_long(probabilities, axes))
        return start_at(end, self.bald_directions, probabilities, axes)

    def beyond_horseshoe(self, probabilities: NDArray[np.float32], axes: HeadAxes) -> torch.Tensor:
        """The learned step (1,6,512) from a horseshoe to no hair, for class probabilities (19,S,S) of the crop."""
        clean, horseshoe = (self.bald_directions[kind_of(end, probabilities, axes)] for end in ("clean", "horseshoe"))
        return clean - horseshoe

    def for_descents(self, generator: Generator) -> Networks:
        """What a job searches through: a generator, its own or one tuned to a photo, and the parser."""
        return Networks(generator, self.parser, self.statistics)


def load_parts(
    device_name: str = "auto",
    hear: Hear | None = None,
    *,
    generator: str = "",
    precision: Precision = "auto",
    memory_gib: float = 0.0,
) -> Parts:
    """Load the fetched parts, fetching what is missing.

    generator, precision, memory_gib: as in engine.config.EngineConfig. Raises DeviceUnavailable, WeightsUnreachable,
    WeightsCorrupt, CheckpointError for the checkpoint, BadConfig for a budget that the device has not.
    """
    device = choose_device(device_name)
    limit_memory(device, memory_gib)
    keep_freed_memory()

    def tell(fraction: float) -> None:
        if hear is not None:
            hear(StageProgress("loading models", fraction))

    def fetched(name: str, part: int) -> Path:
        return weights_path(name, progress=lambda _, done, total: tell((part + done / max(total, 1)) / 5))

    default = load_mobile_generator({name: fetched(name, 0) for name in GENERATOR_FILES}, device)
    chosen, assets = (
        (default, AssetFolders()) if not generator else load_custom(Path(generator), default, device, precision)
    )
    parser = load_bisenet(fetched("bisenet.pth", 1), device)
    tell(0.6)
    tools = load_face_tools(dlib_model_path("shape_predictor_68_face_landmarks.dat"))
    tell(0.8)
    statistics = latent_statistics(chosen, device)
    tell(1.0)
    return Parts(device, chosen, statistics, parser, tools, assets)


def load_custom(
    path: Path, default: Generator, device: torch.device, precision: Precision
) -> tuple[Generator, AssetFolders]:
    """A generator of the operator's own, and which assets go with it: those in the folder NAME-assets beside it, and
    the engine's where W is the default generator's. Raises CheckpointError, and WeightsCorrupt for assets that were
    trained with another checkpoint."""
    generator = load_stylegan2(path, device)
    generator.use_half(_half(precision, device))
    if device.type == "cuda":
        generator.use_channels_last()
    own = path.with_name(f"{path.stem}-assets")
    cards = {card: generator_of(card) for card in own.glob("*.json")}
    fingerprint = generator.fingerprint() if cards else ""
    for card, trained_with in cards.items():
        if trained_with not in ("", fingerprint):
            raise WeightsCorrupt(
                f"{card.stem} in {own} was trained with another generator than {path.name}: delete it, or train it "
                "again with `recede train`.",
                name=card.stem,
            )
    if compare_spaces(generator, default, device).same:
        generator.shared_space = default.w_space
        return generator, AssetFolders(own)
    return generator, AssetFolders(own, None)


def _half(precision: Precision, device: torch.device) -> torch.dtype | None:
    """What the largest layers are computed in. By itself: float32 on a CPU, and on a GPU what StyleGAN2-ADA did."""
    if precision == "auto":
        return torch.float16 if device.type == "cuda" else None
    return {"float16": torch.float16, "bfloat16": torch.bfloat16}.get(precision)


def load_configured(settings: EngineConfig, hear: Hear | None = None) -> Models:
    """Load everything that a job needs, as [engine] of the configuration says. Raises what load_models does."""
    return load_models(
        settings.device,
        hear,
        generator=settings.generator,
        precision=settings.precision,
        memory_gib=settings.memory_gib,
        grown_ups_only=settings.grown_ups_only,
    )


def load_models(
    device: str = "auto",
    hear: Hear | None = None,
    *,
    generator: str = "",
    precision: Precision = "auto",
    memory_gib: float = 0.0,
    grown_ups_only: bool = True,
) -> Models:
    """Load everything that a job needs, on one device. All presets use the same models.

    device: "auto", "cpu", "cuda", "cuda:1", ...; hear: hears of stage "loading models"; the others as in
    engine.config.EngineConfig. Raises what load_parts does, ForeignBoundary where the generator has another W space and
    no assets of its own.
    """
    parts = load_parts(device, hear, generator=generator, precision=precision, memory_gib=memory_gib)
    directions = load_file(parts.assets.path("bald_direction.safetensors"))
    start = parts.assets.found("bald_start.safetensors")
    return Models(
        parts.device,
        prepare_for_descent(parts.generator, parts.device),
        parts.statistics,
        # In bfloat16 a probability moves by 0.02 at most, and a mask by less than its edge is wide.
        parts.parser.to(fast_type(parts.device)).settled(),
        parts.face_tools,
        parts.assets,
        load_encoder(parts.assets.path("encoder.safetensors"), parts.device),
        {name: value.float()[None].to(parts.device) for name, value in directions.items()},
        load_hair_watch(ASSETS, parts.device),
        None if start is None else learnt_start(load_file(start), parts.device),
        ages=load_age_tools() if grown_ups_only else None,
    )


def prepare_for_descent(generator: Generator, device: torch.device) -> Generator:
    """The generator itself, made ready for descents: the default one gets its picture head and the type that the device
    is quick in."""
    if isinstance(generator, MobileGenerator):
        generator.picture_head = load_picture_head(ASSETS / "picture_head.safetensors", device)
        lowered(generator, fast_type(device)).settle()
    return generator
