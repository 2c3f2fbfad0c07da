"""Latent to picture: one interface, one file for each generator."""

from engine.generator.interface import Generator, Synthesis, moved
from engine.generator.mobile import MobileGenerator
from engine.generator.w_space import LATENT_SIZE, LatentStatistics, latent_statistics, w_space_hash

__all__ = [
    "LATENT_SIZE",
    "Generator",
    "LatentStatistics",
    "MobileGenerator",
    "Synthesis",
    "latent_statistics",
    "moved",
    "w_space_hash",
]
