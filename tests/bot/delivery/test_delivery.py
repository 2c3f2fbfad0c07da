"""Every way to the reader, and what is done when one is closed; against a small server that answers like Discord."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
import pytest
from aiohttp import web

from bot.delivery.delivery import Delivery
from bot.delivery.post import Post, error_post, picture_post
from bot.errors import TooLarge, Undelivered, Withdrawn
from bot.messages import say_error
from engine.errors import NoFace
from tests.support.bot.orders import order, rendered

TOKEN, CHANNEL, DIRECT = "PATCH @original", "POST 3000", "POST 9000"
SEEN, ALONE, REMOVED = "GET @original", "POST 1000", "DELETE @original"
LOADING, EPHEMERAL = 1 << 7, 1 << 6
MESSAGE: dict[str, Any] = {
    "id": "5", "channel_id": "3000", "author": {"id": "1000", "username": "b", "discriminator": "0", "avatar": None},
    "content": "", "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False, "pinned": False,
    "mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "type": 0,
}  # fmt: skip


class Answers:
    """What the server says on each way: (status, Discord's code) in turn, and then yes. asked: what came."""

    def __init__(self, **refusals: list[tuple[int, int]]) -> None:
        names = {"token": TOKEN, "channel": CHANNEL, "direct": DIRECT, "seen": SEEN, "alone": ALONE, "gone": REMOVED}
        self.refusals = {names[name]: list(answers) for name, answers in refusals.items()}
        self.asked: list[str] = []
        self.payloads: list[dict[str, Any]] = []
        self.files: list[bytes] = []
        self.flags = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/users/@me"):
            return reply(MESSAGE["author"])
        if request.path.endswith("/users/@me/channels"):
            return reply({"id": "9000", "type": 1, "recipients": [{**MESSAGE["author"], "id": "4000"}]})
        where = request.path.split("/")
        way = f"{request.method} {'@original' if '@original' in where else where[-2]}"
        self.asked.append(way)
        await self._read(request)
        waiting = self.refusals.get(way, [])
        if waiting:
            status, code = waiting.pop(0)
            return reply({"code": code, "message": "no"}, status)
        return web.Response(status=204) if way == REMOVED else reply({**MESSAGE, "flags": self.flags})

    async def _read(self, request: web.Request) -> None:
        if not request.can_read_body:
            return
        if request.content_type != "multipart/form-data":
            self.payloads.append(await request.json())
            return
        async for part in await request.multipart():
            body = await part.read(decode=False)  # type: ignore[union-attr]
            if part.name == "payload_json":  # type: ignore[union-attr]
                self.payloads.append(json.loads(body))
            else:
                self.files.append(bytes(body))


def reply(data: object, status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(data).encode(), status=status, content_type="application/json")


@asynccontextmanager
async def delivering(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Delivery]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answers.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{runner.addresses[0][1]}/api/v10")
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.http.static_login("a-token")
        delivery = Delivery(pauses_s=(0.01, 0.01))
        delivery.client = client
        yield delivery
    await runner.cleanup()


DEAD, GONE, FORBIDDEN, HUGE, SLOW = (401, 50027), (404, 10008), (403, 50001), (413, 40005), (429, 0)
NOBODY = (403, 50007)


@pytest.mark.parametrize(
    ("place", "refusals", "way", "asked"),
    [
        ({}, {}, "answer", [TOKEN]),
        ({}, {"token": [SLOW, SLOW]}, "answer", [TOKEN] * 3),
        ({}, {"token": [DEAD]}, "channel", [TOKEN, CHANNEL]),
        ({}, {"token": [(404, 10015)]}, "channel", [TOKEN, CHANNEL]),
        ({"token": ""}, {}, "channel", [CHANNEL]),
        ({"born_s": 1.0}, {}, "channel", [CHANNEL]),
        ({"token": ""}, {"channel": [FORBIDDEN]}, "direct", [CHANNEL, DIRECT]),
        ({"token": "", "private": True}, {}, "direct", [DIRECT]),
        ({"token": "", "bot_present": False}, {}, "direct", [DIRECT]),
        ({"token": ""}, {"channel": [FORBIDDEN], "direct": [NOBODY]}, "nowhere", [CHANNEL, DIRECT]),
    ],
)
def test_an_answer_goes_the_first_way_that_is_open(
    place: dict[str, Any], refusals: dict[str, Any], way: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        answers = Answers(**{name: list(entries) for name, entries in refusals.items()})
        made = order(place=place)
        async with delivering(answers, monkeypatch) as delivery:
            assert await delivery.deliver(made, picture_post(made, rendered())) == way
        assert answers.asked == asked
        assert set(answers.files) == {b"GIF89a-bytes"}
        last = answers.payloads[-1]
        assert last["allowed_mentions"] == {"parse": []}
        assert last["attachments"][0]["description"].startswith("Edited picture")
        assert len(last["components"]) == 3
        if way != "answer":
            assert last["content"].startswith("<@4000>")
            assert (last["nonce"], last["enforce_nonce"]) == (made.job_id, True)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("refusals", "error"),
    [([HUGE], TooLarge), ([(400, 40005)], TooLarge), ([GONE], Withdrawn), ([SLOW] * 3, Undelivered)],
)
def test_what_the_desk_has_to_know_is_raised(
    refusals: list[tuple[int, int]], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        answers = Answers(token=list(refusals))
        made = order()
        async with delivering(answers, monkeypatch) as delivery:
            with pytest.raises(error):
                await delivery.deliver(made, picture_post(made, rendered()))
        assert set(answers.asked) == {TOKEN}

    asyncio.run(scenario())


def test_an_error_takes_the_preview_and_the_buttons_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        answers = Answers()
        async with delivering(answers, monkeypatch) as delivery:
            await delivery.deliver(order(), Post("No face."))
        assert answers.payloads[0]["attachments"] == []
        assert answers.payloads[0]["components"] == []
        assert answers.payloads[0]["content"] == "No face."

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("place", "flags", "refusals", "way", "asked"),
    [
        ({}, 0, {}, "alone", [SEEN, ALONE, REMOVED]),
        ({}, 0, {"gone": [(404, 10008)]}, "alone", [SEEN, ALONE, REMOVED]),
        # While nothing has been said yet, what is said to one would become what everybody reads.
        ({}, LOADING, {}, "alone", [SEEN, TOKEN, ALONE, REMOVED]),
        ({}, 0, {"alone": [(403, 50001)]}, "answer", [SEEN, ALONE, TOKEN]),
        ({}, 0, {"gone": [(403, 50001)]}, "answer", [SEEN, ALONE, REMOVED, TOKEN]),
        ({"private": True}, 0, {}, "answer", [TOKEN]),
        ({"token": ""}, 0, {}, "channel", [CHANNEL]),
    ],
)
def test_what_went_wrong_is_said_to_the_asker_alone_where_that_can_be(
    place: dict[str, Any],
    flags: int,
    refusals: dict[str, Any],
    way: str,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        answers = Answers(**{name: list(entries) for name, entries in refusals.items()})
        answers.flags = flags
        made = order(place=place)
        async with delivering(answers, monkeypatch) as delivery:
            assert await delivery.deliver(made, error_post(made, NoFace(""))) == way
        assert answers.asked == asked
        told = [payload for payload in answers.payloads if say_error("en", NoFace("")) in payload["content"]]
        alone = [payload for payload in told if payload.get("flags") == EPHEMERAL]
        assert len(alone) == (ALONE in asked)
        in_public = [payload for payload in told if payload not in alone and not made.place.private]
        assert all(payload["components"] for payload in in_public)  # a button removes it

    asyncio.run(scenario())


def test_of_a_message_that_is_gone_nothing_more_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        answers = Answers(seen=[GONE])
        async with delivering(answers, monkeypatch) as delivery:
            with pytest.raises(Withdrawn):
                await delivery.deliver(order(), error_post(order(), NoFace("")))
        assert answers.asked == [SEEN]

    asyncio.run(scenario())


def test_progress_leaves_the_files_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        answers = Answers(token=[])
        async with delivering(answers, monkeypatch) as delivery:
            await delivery.edit(order(), "42 %")
            answers.refusals[TOKEN] = [GONE]
            with pytest.raises(Withdrawn):
                await delivery.edit(order(), "43 %")
        assert "attachments" not in answers.payloads[0]

    asyncio.run(scenario())


def test_without_a_connection_the_answer_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        with pytest.raises(Undelivered):
            await Delivery().deliver(order(), Post("x"))
        async with delivering(Answers(), monkeypatch) as delivery:
            assert delivery.client is not None
            await delivery.client.close()
            with pytest.raises(Undelivered):
                await delivery.deliver(order(), Post("x"))

    asyncio.run(scenario())
