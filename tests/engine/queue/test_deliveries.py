"""Which jobs are told as lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.faults.harness import Installation, receiving
from tests.support.faults.shared_broker import SharedBroker


def test_a_look_at_the_broker_that_began_before_a_job_was_accepted_does_not_miss_it(
    tmp_path: Path, shared_broker: SharedBroker
) -> None:
    # The longest there is: nobody else looks within this test.
    installation = Installation(tmp_path, "sweep_s = 60.0\n" + shared_broker.lines())

    async def scenario() -> None:
        async with receiving(installation) as receiver:
            deliveries = receiver.queue._deliveries
            before = deliveries.expected()
            job_id = await receiver.submit()
            for _ in range(3):
                await deliveries.tell_lost(set(), before)
            assert not receiver.results
            for _ in range(2):
                await deliveries.tell_lost(set(), deliveries.expected())
            failure = receiver.results[job_id][0].failure
            assert failure is not None
            assert failure.code == "lost"

    asyncio.run(scenario())
