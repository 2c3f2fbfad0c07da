"""Which device a name stands for."""

from __future__ import annotations

import pytest
import torch

from engine.errors import DeviceUnavailable
from engine.models.device import choose_device


def test_automatic_is_a_gpu_where_there_is_one_and_the_processor_elsewhere() -> None:
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "cpu:x", ""])
def test_a_device_that_is_not_there_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(DeviceUnavailable, match=f"'{name}'") as raised:
        choose_device(name)
    assert raised.value.details == {"device": name}
