"""The log: one line for each event, and nothing in it that does not belong there."""

from __future__ import annotations

import json
import logging

import pytest

from bot.runtime.logs import set_up_logs


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_json_line_names_event_and_job_and_leaves_out_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=True)
    logging.getLogger("recede.bot").info("answered %d", 3, extra={"event": "delivered", "job": "7", "code": None})
    [line] = lines(capsys)
    assert (line["message"], line["event"], line["job"], line["level"]) == ("answered 3", "delivered", "7", "info")
    assert "code" not in line


def test_our_own_mistakes_come_with_a_traceback_and_lost_connections_without(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs(as_json=True)
    for name in ("recede.bot", "discord.ui.view", "discord.shard"):
        try:
            raise ConnectionResetError("by peer")
        except ConnectionResetError:
            logging.getLogger(name).exception("trouble in %s", name)
    ours, view, shard = lines(capsys)
    assert "by peer" in str(ours["traceback"])
    assert "by peer" in str(view["traceback"])
    assert "traceback" not in shard
    assert shard["message"] == "trouble in discord.shard (ConnectionResetError)"


def test_lines_that_would_hold_interaction_tokens_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=True)
    logging.getLogger("discord.webhook.async_").warning("Webhook ID 1 with POST /webhooks/1/TOKEN is rate limited")
    logging.getLogger("discord.http").info("POST /webhooks/1/TOKEN")
    assert lines(capsys) == []


def test_a_plain_line_names_its_job_and_keeps_a_traceback_below(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=False)
    logging.getLogger("recede.bot").info("answered", extra={"event": "delivered", "job": "77"})
    logging.getLogger("recede.bot").info("ready")
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("recede.bot").exception("failed", extra={"job": "78"})
    answered, ready, failed, *traceback = capsys.readouterr().err.splitlines()
    assert answered.endswith(" INFO answered [job 77]")
    assert ready.endswith(" INFO ready")
    assert failed.endswith(" ERROR failed [job 78]")
    assert traceback[-1] == "ValueError: why"
