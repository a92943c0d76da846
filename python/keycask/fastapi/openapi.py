"""How the routes of an owner's keys are described."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from keycask._web.answers import PROBLEM
from keycask._web.selfservice import PAGE_SIZE, REASONS
from keycask.fastapi.models import IssuedKey, OwnKey, Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["AFTER", "VERBS", "Verb", "responses"]

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

_SECONDS: Final = {"type": ["integer", "null"], "minimum": 0}


def responses(
    status: int, model: type[BaseModel], *, invalid: bool = True, body: bool = False, key: bool = False
) -> dict[int | str, dict[str, Any]]:
    """The responses of a route: the good one, and the problems that it may answer with."""
    problems = [401, 403, 503]
    problems += [422] if invalid else []
    problems += [400, 409, 413, 415, 422] if body else []
    problems += [404] if key else []
    told: dict[int | str, dict[str, Any]] = {status: {"model": model}}
    for code in sorted(set(problems)):
        told[code] = _problem(_PROBLEMS[code])
    return told


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"model": Problem, "description": description, "content": {PROBLEM: {"schema": schema}}}


@dataclass(frozen=True)
class Verb:
    """A verb as OpenAPI is told of it."""

    summary: str
    description: str
    status: int
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    idempotent: bool = False
    of_a_key: bool = True

    def responses(self) -> dict[int | str, dict[str, Any]]:
        """Its responses."""
        model = IssuedKey if self.status == 201 else OwnKey
        return responses(self.status, model, body=True, key=self.of_a_key)

    def extra(self) -> dict[str, Any]:
        """Its body and its parameters."""
        schema = {"type": "object", "properties": self.fields, "additionalProperties": False}
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

VERBS: Final = {
    "create": Verb(
        "Create an API key",
        "The secret is in this answer and nowhere else.",
        201,
        {
            "name": {"type": ["string", "null"], "maxLength": 256},
            "scopes": {"type": ["array", "null"], "items": {"type": "string"}},
            "expires_in": {**_SECONDS, "description": "Seconds until it expires."},
        },
        idempotent=True,
        of_a_key=False,
    ),
    "rotate": Verb(
        "Rotate an API key",
        "Issues its successor; the old key works beside it for the grace. In an emergency the key and all its"
        " living relatives are revoked at once.",
        201,
        {
            "grace": {**_SECONDS, "description": "Seconds for which the old key works; not in an emergency."},
            "emergency": {"type": ["boolean", "null"]},
        },
        idempotent=True,
    ),
    "finish": Verb("Finish a rotation", "Ends the old key's grace now; name the old key.", 200),
    "cancel": Verb(
        "Cancel a rotation", "Revokes the unused successor; the old key, which you name, is whole again.", 200
    ),
    "revoke": Verb(
        "Revoke an API key",
        "It is refused from the very next request on, for ever.",
        200,
        {
            "reason": {"type": ["string", "null"], "enum": [*REASONS, None]},
            "note": {"type": ["string", "null"], "maxLength": 1024},
        },
    ),
}
