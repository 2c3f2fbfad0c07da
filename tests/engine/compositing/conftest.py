"""The drawn head, its setting and the heads that are laid into it, made once."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing import DrawnHeads, Setting, draw_heads
from tests.support.schematic_head import SchematicHead, draw_head


@pytest.fixture(scope="session")
def head() -> SchematicHead:
    return draw_head()


@pytest.fixture(scope="session")
def setting(head: SchematicHead) -> Setting:
    return head.setting


@pytest.fixture(scope="session")
def heads(head: SchematicHead, setting: Setting) -> DrawnHeads:
    return draw_heads(setting, head.renders, np.random.default_rng(0))
