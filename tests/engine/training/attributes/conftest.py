"""The chain's stages on sample sets of a few dozen faces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.training.attributes import sampling


@pytest.fixture(scope="module", autouse=True)
def small_shards(request: pytest.FixtureRequest) -> Iterator[None]:
    """As many samples in a shard as a module's PER_SHARD says, where it has one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "SAMPLES_PER_SHARD", getattr(request.module, "PER_SHARD", sampling.SAMPLES_PER_SHARD))
        yield
