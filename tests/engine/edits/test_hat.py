"""Hats in the way."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.edits.hat import check_hat
from engine.errors import HatInTheWay
from engine.parsing import FaceClass

SIZE_PX = 100
V, U = (np.asarray(plane, np.float32) for plane in np.mgrid[1 : -1 : SIZE_PX * 1j, -1 : 1 : SIZE_PX * 1j])


def hat_where(there: NDArray[np.bool_]) -> NDArray[np.float32]:
    probabilities = np.zeros((19, SIZE_PX, SIZE_PX), np.float32)
    probabilities[FaceClass.HAT] = there
    return probabilities


def test_a_hat_on_the_head_is_in_the_way() -> None:
    with pytest.raises(HatInTheWay, match="without it"):
        check_hat(hat_where((V > 0.4) & (np.abs(U) < 0.4)), U, V)


@pytest.mark.parametrize("there", [V < 0, np.abs(U) > 0.8, (V > 0.4) & (np.abs(U) < 0.02)])
def test_what_lies_lower_or_beside_or_is_a_strand_is_not(there: NDArray[np.bool_]) -> None:
    check_hat(hat_where(there), U, V)
