"""Discord's own OpenAPI document as the judge of every body that the bot sends, and of what the fake answers."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tests.support.fake_discord.errors import Payload

DOCUMENT = Path(__file__).with_name("openapi.json")
API = "/api/v10"
# Discord answers these although its document does not name them.
UNDOCUMENTED = frozenset({("POST", f"{API}/attachments/refresh-urls")})


@cache
def _document() -> Payload:
    document: Payload = json.loads(DOCUMENT.read_text("utf-8"))
    # Channels for media: they are in Discord's prose, and its document has forgotten them.
    document["components"]["schemas"]["ChannelTypes"]["oneOf"].append({"const": 16})
    # An application's description is a text in Discord's prose and with all clients.
    document["components"]["schemas"]["ApplicationFormPartial"]["properties"]["description"]["type"].append("string")
    return document


@cache
def _routes() -> list[tuple[re.Pattern[str], str]]:
    """Every path as an expression, those with fewer blanks first."""
    paths = sorted(_document()["paths"], key=lambda path: str(path).count("{"))
    return [(re.compile(API + re.sub(r"\{[^}]+\}", "[^/]+", path)), path) for path in paths]


@cache
def _validator(path: str, method: str) -> Draft202012Validator | None:
    body = _document()["paths"][path][method].get("body")
    return Draft202012Validator({**body, "components": _document()["components"]}) if body else None


@cache
def _answer_validator(name: str) -> Draft202012Validator:
    reference = {"$ref": f"#/components/schemas/{name}", "components": _document()["components"]}
    return Draft202012Validator(reference)


def find_route(method: str, path: str) -> str | None:
    """The document's path for a request, None where Discord has no such route."""
    for expression, name in _routes():
        if expression.fullmatch(path) and method.lower() in _document()["paths"][name]:
            return name
    return None


def check_request(method: str, path: str, body: Any) -> None:
    """Raises ValueError where `body` is not what Discord says that this route takes, or there is no such route."""
    if (method, path) in UNDOCUMENTED:
        return
    name = find_route(method, path)
    if name is None:
        raise ValueError(f"Discord has no route {method} {path}")
    validator = _validator(name, method.lower())
    if validator is not None:
        _check(validator, _with_text_ids(body))


def check_answer(name: str, body: Any) -> None:
    """Raises ValueError where `body` does not have the shape `name` of the document."""
    _check(_answer_validator(name), body)


def _with_text_ids(body: Any) -> Any:
    """Ids as text: clients send some as numbers, which Discord takes and its document does not."""
    if isinstance(body, list):
        return [_with_text_ids(child) for child in body]
    if not isinstance(body, dict):
        return body
    copied: Payload = {}
    for key, child in body.items():
        if key == "attachments" and isinstance(child, list):
            copied[key] = [{**entry, "id": str(entry["id"])} for entry in child]
        elif key == "allowed_mentions" and isinstance(child, dict):
            copied[key] = {name: list(map(str, entry)) for name, entry in child.items() if isinstance(entry, list)}
            copied[key] |= {name: entry for name, entry in child.items() if not isinstance(entry, list)}
        elif key == "default_values" and isinstance(child, list):
            copied[key] = [{**entry, "id": str(entry["id"])} for entry in child]
        elif key.endswith("_id") and type(child) is int:
            copied[key] = str(child)
        else:
            copied[key] = _with_text_ids(child)
    return copied


def _check(validator: Draft202012Validator, body: Any) -> None:
    error = next(validator.iter_errors(body), None)
    if error is not None:
        raise ValueError("; ".join(_causes(error)))


def _causes(error: ValidationError) -> list[str]:
    """The deepest reasons: an anyOf fails in every branch, and the one that got furthest was meant."""
    leaves: list[ValidationError] = []

    def descend(node: ValidationError) -> None:
        if not node.context:
            leaves.append(node)
        for child in node.context or ():
            descend(child)

    descend(error)
    leaves.sort(key=lambda leaf: -len(leaf.absolute_path))
    return [f"{'/'.join(map(str, leaf.absolute_path))}: {leaf.validator}: {leaf.message[-160:]}" for leaf in leaves[:4]]
