"""What a search through latents goes through."""

from __future__ import annotations

from dataclasses import dataclass

from engine.generator import Generator, LatentStatistics
from engine.parsing import BiSeNet


@dataclass(frozen=True)
class Networks:
    """generator: what draws; parser: what looks at its pictures; statistics: of the generator's W. All are frozen, on
    one device, and may be in the type that the device is quick in."""

    generator: Generator
    parser: BiSeNet
    statistics: LatentStatistics
