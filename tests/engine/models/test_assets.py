"""The assets that come with the engine."""

from __future__ import annotations

from pathlib import Path

from engine.models import assets as module


def test_the_assets_have_cards_that_say_how_they_were_made() -> None:
    made = sorted(Path(module.ASSETS).glob("*.safetensors"))
    assert {"bald_direction", "bald_start", "encoder", "feature_parser", "picture_head"} <= {path.stem for path in made}
    for path in made:
        assert "recede train" in path.with_suffix(".json").read_text()
