"""The pretrained parts, and a generator that somebody brought."""

from __future__ import annotations

from engine.errors.base import RecedeError


class WeightsError(RecedeError):
    """A pretrained part is not to be had."""

    code = "weights"


class WeightsUnreachable(WeightsError):
    """The package index did not deliver the file."""

    code = "weights_unreachable"


class WeightsCorrupt(WeightsError):
    """A file's hash is not the pinned one."""

    code = "weights_corrupt"


class WeightsUnwritable(WeightsError):
    """The cache directory has no room, or may not be written."""

    code = "weights_unwritable"


class UnknownWeights(WeightsError):
    """No part of that name is in the table."""

    code = "unknown_weights"


class CheckpointError(WeightsError):
    """A generator's checkpoint cannot be used."""

    code = "checkpoint"


class BadCheckpoint(CheckpointError):
    """The file has a format that is not read, or is truncated or damaged."""

    code = "bad_checkpoint"


class UnsafeCheckpoint(CheckpointError):
    """The file is a pickle that wants more than to hold tensors."""

    code = "unsafe_checkpoint"


class WrongGenerator(CheckpointError):
    """The file holds another network, or one of another size."""

    code = "wrong_generator"
