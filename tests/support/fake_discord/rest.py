"""REST v10: everything that a bot asks or tells, refused for the reasons for which Discord refuses it."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, MultipartReader, web

from tests.support.fake_discord import errors
from tests.support.fake_discord.answers import Answers
from tests.support.fake_discord.errors import Payload, Refusal
from tests.support.fake_discord.schema import check_request
from tests.support.fake_discord.world import Upload

if TYPE_CHECKING:
    from tests.support.fake_discord.server import FakeDiscord

API = "/api/v10"
# These carry their own token in the path.
OPEN_ROUTES = re.compile(r"/(webhooks/\d+/[^/]+|interactions/\d+/[^/]+)(/.*)?")
MAX_FILES = 10


@dataclass
class Recorded:
    """One request and what became of it. body: its JSON, without files."""

    method: str
    path: str
    at_s: float
    status: int
    body: Any


Handler = Callable[..., Awaitable[web.Response]]


class Rest:
    """The routes."""

    def __init__(self, fake: FakeDiscord) -> None:
        self.fake = fake
        self.recorded: list[Recorded] = []
        self.invalid_bodies: list[str] = []
        answers = Answers(fake)
        message = r"/webhooks/(\d+)/([^/]+)/messages/([^/]+)"
        self.routes: list[tuple[re.Pattern[str], Handler]] = [
            (re.compile(pattern), handler)
            for pattern, handler in (
                (r"GET /users/@me", answers.me),
                (r"GET /users/(\d+)", answers.user),
                (r"(?:GET|PATCH) /(?:oauth2/)?applications/@me", answers.application),
                (r"(?:GET|POST) /applications/(\d+)/emojis", answers.emoji),
                (r"(?:GET|DELETE) /applications/(\d+)/emojis/(\d+)", answers.one_emoji),
                (r"GET /gateway(?:/bot)?", answers.gateway),
                (r"(?:GET|PUT) /applications/(\d+)(?:/guilds/(\d+))?/commands", answers.commands),
                (r"POST /interactions/(\d+)/([^/]+)/callback", answers.callback),
                (r"POST /webhooks/(\d+)/([^/]+)", answers.followup),
                (rf"(?:GET|PATCH|DELETE) {message}", answers.interaction_message),
                (r"POST /users/@me/channels", answers.open_direct),
                (r"POST /attachments/refresh-urls", answers.refresh),
                (r"GET /guilds/(\d+)", answers.guild),
                (r"GET /channels/(\d+)/messages", answers.history),
                (r"POST /channels/(\d+)/messages", answers.post),
                (r"(?:GET|PATCH|DELETE) /channels/(\d+)/messages/(\d+)", answers.channel_message),
            )
        ]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request: faults first, then limits, then the route."""
        path = request.path.removeprefix(API)
        record = Recorded(request.method, path, time.monotonic(), 0, None)
        self.recorded.append(record)
        fault = self.fake.faults.take(request.method, path)
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
            if fault.cut == "before":
                return _cut(request)
            if fault.status is not None:
                record.status = fault.status
                return self._fail(
                    fault.status, fault.code, fault.message, fault.retry_after_s, fault.via, fault.is_global
                )
        response = await self._judged(request, path, record)
        record.status = response.status
        self.fake.limits.note(response.status)
        if fault is not None and fault.cut == "after":
            return _cut(request)
        return response

    async def _judged(self, request: web.Request, path: str, record: Recorded) -> web.Response:
        if self.fake.limits.banned:
            # What Cloudflare answers to an address that is shut out.
            return web.Response(status=429, text="error code: 1015", headers={"Retry-After": "600"})
        open_route = OPEN_ROUTES.fullmatch(path) is not None
        if not open_route and request.headers.get("Authorization") != f"Bot {self.fake.token}":
            return answer(errors.unauthorized().body, 401)
        verdict = self.fake.limits.judge(request.method, path, not open_route)
        if verdict.retry_after_s is not None:
            return self._fail(
                429, 0, "You are being rate limited.", verdict.retry_after_s, True, verdict.is_global, verdict.headers
            )
        try:
            body, files = await self._body(request)
            record.body = body
            response = await self._route(request, path, body, files)
        except Refusal as refusal:
            if refusal.body["code"] == 50035:
                self.invalid_bodies.append(f"{request.method} {path}: {refusal}")
            interaction = self.fake.interaction_of(path)
            if interaction is not None:
                interaction.refusals.append(refusal)
            response = answer(refusal.body, refusal.status)
        response.headers.update(verdict.headers)
        return response

    async def _route(self, request: web.Request, path: str, body: Any, files: dict[str, Upload]) -> web.Response:
        for expression, handler in self.routes:
            match = expression.fullmatch(f"{request.method} {path}")
            if match:
                try:
                    check_request(request.method, request.path, body)
                except ValueError as error:
                    raise errors.invalid_form(str(error)) from error
                return await handler(request, body, files, *match.groups())
        self.invalid_bodies.append(f"no such route here: {request.method} {path}")
        return answer({"message": "404: Not Found", "code": 0}, 404)

    async def _body(self, request: web.Request) -> tuple[Any, dict[str, Upload]]:
        body: Any = {}
        files: dict[str, Upload] = {}
        if request.content_type == "multipart/form-data":
            reader: MultipartReader = await request.multipart()
            async for part in reader:
                assert isinstance(part, BodyPartReader)
                data = bytes(await part.read())
                if part.name == "payload_json":
                    body = json.loads(data)
                else:
                    files[part.name or ""] = Upload(part.filename or "", data, part.headers.get("Content-Type"))
        elif request.can_read_body:
            body = await request.json()
        return body, files

    def _fail(
        self,
        status: int,
        code: int,
        message: str,
        retry_after_s: float,
        via: bool,
        is_global: bool,
        headers: dict[str, str] | None = None,
    ) -> web.Response:
        self.fake.limits.note(status)
        body: Payload = {"message": message, "code": code}
        headers = dict(headers or {})
        if status == 429:
            body |= {"retry_after": round(retry_after_s, 3), "global": is_global}
            headers["Retry-After"] = str(int(retry_after_s) + 1)
            headers["X-RateLimit-Scope"] = "global" if is_global else "user"
            if via:
                headers["Via"] = "1.1 google"
        return answer(body, status, headers)


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """JSON; its type must be exactly application/json, or clients take it for text."""
    return web.Response(body=json.dumps(body).encode(), status=status, headers=headers, content_type="application/json")


def _cut(request: web.Request) -> web.Response:
    """End the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
