"""The real models, and a drawn head with the heads that are laid into it, made once for the whole session."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.compositing import DrawnHeads, Setting, draw_heads
from engine.errors import WeightsError
from engine.generator import MobileGenerator
from engine.models.load import Models, Parts, load_models, load_parts
from tests.support.schematic_head import SchematicHead, draw_head


@pytest.fixture(scope="session")
def parts() -> Parts:
    """What is fetched: generator, statistics, parser, face tools."""
    try:
        return load_parts("cpu")
    except WeightsError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def generator(parts: Parts) -> MobileGenerator:
    assert isinstance(parts.generator, MobileGenerator)
    return parts.generator


@pytest.fixture(scope="session")
def models(parts: Parts) -> Models:
    """The same with the engine's own assets. Asks for `parts` first, which says why if nothing can be fetched."""
    return load_models("cpu")


@pytest.fixture(scope="session")
def latents(parts: Parts) -> torch.Tensor:
    """W (2,512) of two ordinary faces."""
    z = torch.randn(2, 512, generator=torch.Generator().manual_seed(11))
    with torch.no_grad():
        return torch.lerp(parts.statistics.mean, parts.generator.mapping(z), 0.8)


@pytest.fixture(scope="session")
def pictures(parts: Parts, latents: torch.Tensor) -> torch.Tensor:
    """The two faces of `latents` (2,3,512,512) in -1..1."""
    with torch.no_grad():
        drawn: torch.Tensor = parts.generator(latents, 512).picture
    return drawn.clamp(-1, 1)


@pytest.fixture(scope="session")
def head() -> SchematicHead:
    """A photo of few colours, every pixel of which is known."""
    return draw_head()


@pytest.fixture(scope="session")
def setting(head: SchematicHead) -> Setting:
    return head.setting


@pytest.fixture(scope="session")
def heads(head: SchematicHead, setting: Setting) -> DrawnHeads:
    return draw_heads(setting, head.renders, np.random.default_rng(0))
