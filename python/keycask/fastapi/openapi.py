"""How the routes of an owner's keys are described."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from keycask._web.answers import PROBLEM
from keycask._web.body import MOST_SECONDS
from keycask._web.selfservice import NAME_LENGTH, NOTE_LENGTH, PAGE_SIZE, REASONS
from keycask.fastapi.models import IssuedKey, OwnKey, Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

    from keycask._web.selfservice import SelfService

__all__ = ["AFTER", "GUARDED", "Verb", "responses", "verbs"]

AFTER: Final = f"The `next` of the page before; a page has {PAGE_SIZE} keys."

_PROBLEMS: Final = {
    400: "The body is no JSON object, or the `Idempotency-Key` doesn't fit.",
    401: "Nobody is logged in, as the application answers it.",
    403: "Nobody is logged in, or a page of another site sent the request.",
    404: "You have no key with this id.",
    409: "The state of the key doesn't allow it, or the `Idempotency-Key` was used for another request.",
    413: "The body is too large.",
    415: "The body isn't declared as JSON.",
    422: "A field or parameter doesn't fit.",
    503: "The vault can't answer right now.",
}


def responses(
    status: int, model: type[BaseModel], *, body: bool = False, key: bool = False
) -> dict[int | str, dict[str, Any]]:
    """The responses of a route: the good one, and the problems that it may answer with."""
    problems = [401, 403, 503]
    problems += [400, 409, 413, 415, 422] if body else []
    problems += [404] if key else []
    told: dict[int | str, dict[str, Any]] = {status: {"model": model}}
    for code in sorted(set(problems)):
        told[code] = _problem(_PROBLEMS[code])
    return told


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"model": Problem, "description": description, "content": {PROBLEM: {"schema": schema}}}


GUARDED: Final[dict[int | str, dict[str, Any]]] = {
    401: _problem("No API key, or one that isn't valid."),
    403: _problem("The key lacks a scope, or is of another kind."),
    503: _problem("The vault can't answer right now."),
}
"""What a route answers that demands a key."""


@dataclass(frozen=True)
class Verb:
    """A verb as OpenAPI is told of it."""

    summary: str
    description: str
    status: int
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    idempotent: bool = False
    of_a_key: bool = True
    rules: dict[str, Any] = field(default_factory=dict[str, Any])

    def responses(self) -> dict[int | str, dict[str, Any]]:
        """Its responses."""
        model = IssuedKey if self.status == 201 else OwnKey
        return responses(self.status, model, body=True, key=self.of_a_key)

    def extra(self) -> dict[str, Any]:
        """Its body and its parameters."""
        schema = {"type": "object", "properties": self.fields, "additionalProperties": False, **self.rules}
        told: dict[str, Any] = {
            "requestBody": {"required": False, "content": {"application/json": {"schema": schema}}}
        }
        if self.idempotent:
            told["parameters"] = [_IDEMPOTENCY_KEY]
        return told


_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat with the same key and body gets the key that was made, without its secret.",
    "schema": {"type": "string", "pattern": "^[!#-~]{1,128}$"},
}

_SHOWN_ONCE = "The secret is in this answer and nowhere else."
_ROTATE = (
    "Issues its successor; the old key works beside it for the grace. In an emergency the key and all its"
    " living relatives are revoked at once."
)
_EMERGENCY_HAS_NO_GRACE: Final = {
    "not": {
        "properties": {"emergency": {"const": True}, "grace": {"type": "integer"}},
        "required": ["emergency", "grace"],
    }
}


def verbs(service: SelfService) -> dict[str, Verb]:
    """What may be posted."""
    return {
        "create": Verb("Create an API key", _SHOWN_ONCE, 201, _new(service), idempotent=True, of_a_key=False),
        "rotate": Verb(
            "Rotate an API key",
            _ROTATE,
            201,
            {
                "grace": _seconds(0, 30 * 86_400, "Seconds for which the old key works."),
                "emergency": {"type": ["boolean", "null"]},
            },
            idempotent=True,
            rules=_EMERGENCY_HAS_NO_GRACE,
        ),
        "finish": Verb("Finish a rotation", "Ends the grace of the old key, which you name, now.", 200),
        "cancel": Verb(
            "Cancel a rotation",
            "Revokes the unused successor; the old key, which you name, is whole again.",
            200,
        ),
        "revoke": Verb(
            "Revoke an API key",
            "It is refused from the very next request on, for ever.",
            200,
            {
                "reason": {"type": ["string", "null"], "enum": [*REASONS, None]},
                "note": _text(NOTE_LENGTH),
            },
        ),
    }


def _new(service: SelfService) -> dict[str, Any]:
    longest = MOST_SECONDS if service.expires_in is None else int(service.expires_in.total_seconds())
    return {
        "name": _text(NAME_LENGTH),
        "scopes": {"type": ["array", "null"], "maxItems": 64, **_scopes(service.scopes)},
        "expires_in": _seconds(1, longest, "Seconds until it expires."),
    }


def _text(most: int) -> dict[str, Any]:
    pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
    return {"type": ["string", "null"], "minLength": 1, "maxLength": most, "pattern": pattern}


def _seconds(least: int, most: int, description: str) -> dict[str, Any]:
    return {"type": ["integer", "null"], "minimum": least, "maximum": most, "description": description}


def _scopes(allowed: list[str]) -> dict[str, Any]:
    """The items that fit: what is allowed, and what goes on where that ends in ``:*``."""
    if not allowed:
        return {"maxItems": 0, "items": {"type": "string"}}
    token = r"[!#-)+-\[\]-~]+(?::\*)?"  # noqa: S105
    known = [
        _escaped(one[:-1]) + rf"(?:\*|{token})" if one.endswith(":*") else _escaped(one) for one in allowed
    ]
    return {"items": {"type": "string", "maxLength": 64, "pattern": f"^(?:{'|'.join(known)})$"}}


def _escaped(scope: str) -> str:
    """For a pattern of JSON Schema, which knows fewer escapes than Python."""
    return re.sub(r"[.*+?^${}()|\[\]\\/]", r"\\\g<0>", scope)
