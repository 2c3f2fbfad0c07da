"""Where the assets of a generator lie, and with which generator they were trained."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ForeignBoundary

ASSETS = Path(__file__).parents[1] / "assets"
# What makes an asset, where that is not one command of its name.
TRAINED_BY = {
    "boundaries.safetensors": ("sample", "score", "fit"),
    "encoder.safetensors": ("sample", "encoder --shards samples"),
}


@dataclass(frozen=True)
class AssetFolders:
    """Where the assets of a generator lie.

    own: those that were trained with it, first looked for. engine: the engine's, unless its W space is another.
    """

    own: Path | None = None
    engine: Path | None = ASSETS

    @property
    def trained_into(self) -> Path:
        """Where a training command puts what it makes."""
        return self.own or ASSETS

    def found(self, name: str) -> Path | None:
        """Path of an asset that fits the generator, None where there is none."""
        folders = [folder for folder in (self.own, self.engine) if folder is not None]
        return next((folder / name for folder in folders if (folder / name).is_file()), None)

    def path(self, name: str) -> Path:
        """Path of an asset, "encoder.safetensors" for example.

        Raises ForeignBoundary where only the engine's own is there, and that was fitted in another W space.
        """
        found = self.found(name)
        if found is not None:
            return found
        if self.engine is None:
            trainers = TRAINED_BY.get(name, (name.removesuffix(".safetensors").replace("_", "-"),))
            commands = " and then ".join(f"`recede train {trainer} --generator FILE`" for trainer in trainers)
            raise ForeignBoundary(
                f"The generator's W space is not the default generator's, for which {name} was made: run {commands} "
                "to make one for it.",
                name=name,
            )
        return self.engine / name


def generator_of(card: Path) -> str:
    """Fingerprint of the generator that an asset's card names; "" where it names none."""
    try:
        content = json.loads(card.read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return str(content.get("trained_with", "")) if isinstance(content, dict) else ""
