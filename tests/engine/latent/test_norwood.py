"""The Norwood scale in shares of hair."""

from __future__ import annotations

import pytest

from engine.latent.norwood import LEFT, SHOWN, left_at, stage_of


@pytest.mark.parametrize("stage", range(1, 8))
def test_each_stage_is_found_at_its_share_of_hair(stage: int) -> None:
    assert stage_of(SHOWN[stage - 1]) == pytest.approx(stage)
    assert left_at(stage) == LEFT[stage - 1]


def test_more_and_less_hair_than_the_scale_knows_are_its_ends() -> None:
    assert (stage_of(1.0), stage_of(0.0)) == (1.0, 7.0)


def test_between_stages_there_is_less_hair_the_further() -> None:
    shares = [left_at(1 + step / 4) for step in range(25)]
    assert shares == sorted(shares, reverse=True)
