"""How what becomes of things on the hair is counted and told."""

from __future__ import annotations

from engine.bench.worn import KINDS, PhotoVerdicts, table, totals
from engine.training.things.kinds import LEARNT, SHEER, UNSEEN

MEASURED = [
    PhotoVerdicts("one", False, (("bow", "refused"), ("bow", "missed"), ("crown", "kept"))),
    PhotoVerdicts("two", True, (("bow", "refused"),)),
]


def test_verdicts_are_counted_by_kind() -> None:
    counts = totals(MEASURED)
    assert counts["bow"] == {"refused": 2, "kept": 0, "missed": 1}
    assert counts["crown"] == {"refused": 0, "kept": 1, "missed": 0}


def test_the_table_says_what_was_learnt_and_which_photos_were_refused_by_themselves() -> None:
    told = table(MEASURED)
    assert "| bow | yes | 2 | 0 | 1 |" in told
    assert "| crown | no | 0 | 1 | 0 |" in told
    assert "1 of 2 photos (two)" in told


def test_veils_come_last_so_that_a_seed_draws_all_else_as_before() -> None:
    assert list(KINDS) == [*LEARNT, *UNSEEN, *SHEER]
    assert "| veil | no | 0 | 0 | 0 |" in table(MEASURED)
