"""The CDN: attachments under signed addresses, avatars, and downloads that go wrong."""

from __future__ import annotations

import asyncio
import io
import mimetypes
import time

from aiohttp import web
from PIL import Image

from tests.support.fake_discord.faults import Faults
from tests.support.fake_discord.world import World

DRIP_BYTES = 16 * 1024


class Cdn:
    """Serves the world's files. drip_s: pause after every 16 KiB. cut_after_bytes: cut the connection there."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.served: list[str] = []
        self.drip_s = 0.0
        self.cut_after_bytes: int | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One download."""
        path = request.path.removeprefix("/cdn")
        self.served.append(path)
        fault = self.faults.take("GET", "/cdn" + path)
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
            if fault.status is not None:
                return web.Response(status=fault.status)
        data, kind = self._find(path, request)
        response = web.StreamResponse(headers={"Content-Type": kind})
        response.content_length = len(data)
        await response.prepare(request)
        for begin in range(0, len(data), DRIP_BYTES):
            if self.cut_after_bytes is not None and begin >= self.cut_after_bytes:
                assert request.transport is not None
                request.transport.close()
                return response
            await response.write(data[begin : begin + DRIP_BYTES])
            await asyncio.sleep(self.drip_s)
        await response.write_eof()
        return response

    def _find(self, path: str, request: web.Request) -> tuple[bytes, str]:
        parts = path.strip("/").split("/")
        if parts[0] in ("attachments", "ephemeral-attachments") and len(parts) == 4:
            upload = self.world.files.get(parts[2])
            expires_s = int(request.query.get("ex", "0"), 16)
            if upload is None or expires_s < time.time() or not request.query.get("hm"):
                raise web.HTTPNotFound(text="This content is no longer available.")
            return upload.data, mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
        if parts[0] == "avatars" and len(parts) == 3:
            name, _, kind = parts[2].partition(".")
            if name in self.world.avatars:
                return _as(self.world.avatars[name], kind, int(request.query.get("size", "128"))), f"image/{kind}"
        if parts[:2] == ["embed", "avatars"]:
            grey = io.BytesIO()
            Image.new("RGB", (256, 256), (88, 101, 242)).save(grey, "PNG")
            return grey.getvalue(), "image/png"
        raise web.HTTPNotFound


def _as(data: bytes, kind: str, size_px: int) -> bytes:
    """An avatar in the format and size that its address asks for."""
    with Image.open(io.BytesIO(data)) as image:
        small = image.convert("RGB")
        small.thumbnail((size_px, size_px))
        out = io.BytesIO()
        small.save(out, {"jpg": "JPEG"}.get(kind, kind.upper()))
        return out.getvalue()
