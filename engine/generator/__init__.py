"""Latent to picture: one interface, one file for each generator."""

from engine.generator.interface import Generator, Synthesis
from engine.generator.latent import LatentStatistics, latent_statistics, w_space_hash
from engine.generator.mobile import MobileGenerator

__all__ = ["Generator", "LatentStatistics", "MobileGenerator", "Synthesis", "latent_statistics", "w_space_hash"]
