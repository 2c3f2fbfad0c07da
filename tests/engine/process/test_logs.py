"""Log lines of both programs."""

from __future__ import annotations

import json
import logging

import pytest

from engine.process.logs import JsonLines, PlainLines


def record(message: str, **extras: object) -> logging.LogRecord:
    return logging.getLogger("recede.engine").makeRecord(
        "recede.engine", logging.WARNING, __file__, 1, message, (), None, extra=extras
    )


def test_a_json_line_has_the_extras_that_are_known_and_there() -> None:
    line = json.loads(JsonLines().format(record("gone", event="ended", job="7", code=None, photo="never")))
    assert line.pop("at").endswith("+00:00")
    assert line == {"level": "warning", "message": "gone", "event": "ended", "job": "7"}


def test_a_json_line_names_its_logger_only_where_asked() -> None:
    assert json.loads(JsonLines(with_logger=True).format(record("gone")))["logger"] == "recede.engine"


@pytest.mark.parametrize(("extras", "ending"), [({"job": "77"}, "WARNING gone [job 77]"), ({}, "WARNING gone")])
def test_a_plain_line_names_the_job_that_it_is_about(extras: dict[str, object], ending: str) -> None:
    assert PlainLines().format(record("gone", **extras)).endswith(ending)
