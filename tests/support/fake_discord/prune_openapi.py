"""Cuts Discord's OpenAPI document down to what a bot like this one touches.

    python -m tests.support.fake_discord.prune_openapi FULL.json

The full document is published by Discord in the repository discord/discord-api-spec (specs/openapi.json). Run this
again when the bot begins to use another route: add it to ROUTES first.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PRUNED = Path(__file__).with_name("openapi.json")
REFERENCE = "#/components/schemas/"

_INTERACTION_MESSAGES = "/webhooks/{webhook_id}/{webhook_token}/messages/"
ROUTES: dict[str, tuple[str, ...]] = {
    "/applications/@me": ("get", "patch"),
    "/oauth2/applications/@me": ("get",),
    "/users/@me": ("get",),
    "/users/@me/channels": ("post",),
    "/users/{user_id}": ("get",),
    "/gateway": ("get",),
    "/guilds/{guild_id}": ("get",),
    "/gateway/bot": ("get",),
    "/applications/{application_id}/commands": ("get", "put"),
    "/applications/{application_id}/emojis": ("get", "post"),
    "/applications/{application_id}/emojis/{emoji_id}": ("get", "patch", "delete"),
    "/applications/{application_id}/guilds/{guild_id}/commands": ("get", "put"),
    "/channels/{channel_id}/messages": ("get", "post"),
    "/channels/{channel_id}/messages/{message_id}": ("get", "patch", "delete"),
    "/interactions/{interaction_id}/{interaction_token}/callback": ("post",),
    "/webhooks/{webhook_id}/{webhook_token}": ("post",),
    _INTERACTION_MESSAGES + "@original": ("get", "patch", "delete"),
    _INTERACTION_MESSAGES + "{message_id}": ("get", "patch", "delete"),
}
# What the fake answers is checked too, as far as a bot builds on it.
ANSWERS = ("MessageResponse",)


def prune(full: dict[str, Any]) -> dict[str, Any]:
    """The part of the document `full` that ROUTES and ANSWERS need; descriptions go, rules stay."""
    schemas: dict[str, Any] = {}

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith(REFERENCE):
                take(reference.removeprefix(REFERENCE))
            for child in node.values():
                collect(child)
        elif isinstance(node, list):
            for child in node:
                collect(child)

    def take(name: str) -> None:
        if name not in schemas:
            schemas[name] = full["components"]["schemas"][name]
            collect(schemas[name])

    paths: dict[str, Any] = {}
    for path, methods in ROUTES.items():
        paths[path] = {}
        for method in methods:
            operation = full["paths"][path][method]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            paths[path][method] = {"body": body} if body else {}
            collect(body)
    for name in ANSWERS:
        take(name)
    information = {key: full["info"][key] for key in ("title", "license", "version")}
    about = f"Pruned by {Path(__file__).name} from specs/openapi.json of discord/discord-api-spec; see openapi.LICENSE."
    schemas = {name: without_prose(schemas[name]) for name in sorted(schemas)}
    return {"about": about, "info": information, "paths": paths, "components": {"schemas": schemas}}


def without_prose(node: Any) -> Any:
    """`node` without descriptions and titles, which rule nothing. A property that is called so stays."""
    if isinstance(node, list):
        return [without_prose(child) for child in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, child in node.items():
        if key in ("description", "title") and isinstance(child, str):
            continue
        if key == "properties":
            kept[key] = {name: without_prose(rule) for name, rule in child.items()}
        else:
            kept[key] = without_prose(child)
    return kept


def written(document: dict[str, Any]) -> str:
    """`document` as JSON with one schema, and one route, per line."""

    def rows(entries: dict[str, Any]) -> str:
        return ",\n".join(f"{json.dumps(name)}: {json.dumps(entries[name], sort_keys=True)}" for name in entries)

    head = "".join(f"{json.dumps(key)}: {json.dumps(document[key])},\n" for key in ("about", "info"))
    schemas = rows(document["components"]["schemas"])
    return (
        f'{{\n{head}"paths": {{\n{rows(document["paths"])}\n}},\n"components": {{"schemas": {{\n{schemas}\n}}}}\n}}\n'
    )


if __name__ == "__main__":
    document = prune(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    PRUNED.write_text(written(document), "utf-8")
    print(f"{PRUNED}: {PRUNED.stat().st_size} bytes, {len(document['components']['schemas'])} schemas")
