"""How long each preset searches."""

from __future__ import annotations

from engine.latent.effort import EFFORTS


def test_only_who_wants_it_fine_has_steps_so_large_that_fewer_faces_go_at_once() -> None:
    assert {preset: effort.learns_large for preset, effort in EFFORTS.items()} == {
        "draft": False,
        "fast": False,
        "fine": True,
    }
