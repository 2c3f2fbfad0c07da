"""Latent to picture: one interface, one file for each generator."""

from engine.generator.latent import LatentStatistics, latent_statistics
from engine.generator.mobile import MobileGenerator, Synthesis

__all__ = ["LatentStatistics", "MobileGenerator", "Synthesis", "latent_statistics"]
