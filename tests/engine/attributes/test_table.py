"""The table of attributes."""

from __future__ import annotations

import pytest

from engine.attributes.table import LAYER_GROUPS, TABLE, attribute_named
from engine.errors import BadOption
from engine.protocol import EDIT_ATTRIBUTES, HELD_ATTRIBUTES


def test_the_table_has_a_row_for_every_name_that_crosses_the_queue() -> None:
    assert tuple(TABLE) == (*EDIT_ATTRIBUTES, *HELD_ATTRIBUTES)
    assert [row.name for row in TABLE.values() if row.editable] == list(EDIT_ATTRIBUTES)


@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_every_row_is_told_in_known_words(row: object) -> None:
    from engine.attributes.table import Attribute

    assert isinstance(row, Attribute)
    assert row.meaning
    assert row.unit
    assert set(row.layer_groups) <= set(LAYER_GROUPS)
    assert set(row.holds) <= set(HELD_ATTRIBUTES)
    assert (row.region == "none") == (not row.editable)


def test_an_unknown_name_is_told_the_known_ones_and_the_closest() -> None:
    with pytest.raises(BadOption, match="blond, gray.*Did you mean mustache") as caught:
        attribute_named("moustache")
    assert caught.value.details == {"name": "moustache"}


def test_an_own_attribute_is_known_where_it_is_installed() -> None:
    assert attribute_named("freckles", own=["freckles"]).editable
    with pytest.raises(BadOption):
        attribute_named("freckles")
