"""Pretrained parts: one table of them, and the way they get onto this machine, verified."""

from engine.weights.index import DownloadProgress
from engine.weights.store import (
    WeightsState,
    cache_directory,
    dlib_model_path,
    fetch,
    states,
    weights_path,
)
from engine.weights.table import TABLE, WeightsFile, WeightsSource

__all__ = [
    "TABLE",
    "DownloadProgress",
    "WeightsFile",
    "WeightsSource",
    "WeightsState",
    "cache_directory",
    "dlib_model_path",
    "fetch",
    "states",
    "weights_path",
]
