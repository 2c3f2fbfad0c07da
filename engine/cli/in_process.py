"""The models of a command that does its work in its own process."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.config import EngineConfig, load_config
from engine.runtime.progress import Hear

if TYPE_CHECKING:
    from engine.models.load import Models, Parts


def wanted_here(arguments: argparse.Namespace) -> bool:
    """Whether the options ask for the work to be done here: a chosen device or generator needs the models here."""
    return bool(arguments.in_process or arguments.device != "auto" or arguments.generator)


def settings_here(arguments: argparse.Namespace) -> EngineConfig:
    """[engine] of the configuration, as an engine process would have it; --device and --generator override its keys.

    Raises BadConfig.
    """
    given = {"device": arguments.device, "generator": arguments.generator}
    defaults = {"device": "auto", "generator": ""}
    named = {key: value for key, value in given.items() if value != defaults[key]}
    return replace(load_config().engine, preset=arguments.preset, **named)


def models_here(arguments: argparse.Namespace, hear: Hear) -> Models:
    """Load everything that a job needs. Raises BadConfig and what engine.models.load.load_models does."""
    from engine.models.load import load_configured

    return load_configured(settings_here(arguments), hear)


def parts_here(arguments: argparse.Namespace, hear: Hear) -> Parts:
    """What a trainer works with: the parts that `main` was given, or else loaded now. Raises what
    engine.models.load.load_parts does."""
    given: Parts | None = arguments.parts
    if given is not None:
        return given
    from engine.models.load import load_parts

    return load_parts(arguments.device, hear, generator=arguments.generator)
