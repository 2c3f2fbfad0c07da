"""A pytest plugin: files whose tests mostly wait run beside files whose tests mostly compute.

Whoever starts a bot, a broker or an engine waits for it, and leaves the processor idle; whoever draws faces needs all
of it. In the order of their names, all files of the one kind come before all of the other. Here every second worker of
pytest-xdist begins with those that wait and the others with those that compute; a worker whose kind is done helps with
the rest. Until then only those that compute load the networks: twice as many workers as cores fit into memory.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# Folders and files in which most tests start processes and wait for them.
WAITING = (
    *("tests/bot/", "tests/engine/broker/", "tests/engine/process/", "tests/engine/queue/", "tests/engine/server/"),
    *("tests/engine/bench/test_load.py", "tests/engine/bench/test_soak.py", "tests/engine/bench/test_storm.py"),
    "tests/test_examples.py",
)


class TwoKinds(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types for its schedulers
    """A file's tests stay on one worker, as with --dist loadscope; which file comes next hangs on the worker."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        waits = int(node.gateway.id.removeprefix("gw")) % 2 == 0
        own = next((scope for scope in self.workqueue if scope.startswith(WAITING) == waits), None)
        if own is not None:
            self.workqueue.move_to_end(own, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> TwoKinds | None:
    """In place of --dist loadscope; None, which leaves it to xdist, for every other way."""
    return TwoKinds(config, log) if config.getoption("dist") == "loadscope" else None
