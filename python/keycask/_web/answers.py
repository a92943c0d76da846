"""What a client is told: statuses, headers, and bodies as RFC 9457 has them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from keycask.errors import (
    BusyError,
    ConflictError,
    InvalidArgumentError,
    KeyNotFoundError,
    KeyRejectedError,
    VaultError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from keycask._native import Key

__all__ = [
    "JSON",
    "PROBLEM",
    "Answer",
    "RefusedError",
    "answer_to",
    "json_answer",
    "lifetime_headers",
    "missing_key",
    "problem",
]

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"

_NO_STORE: Final = {"Cache-Control": "no-store"}
_RETRY_SECONDS: Final = "1"
_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: its status, its headers (``Content-Type`` among them) and its body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = field(default=b"", repr=False)


class RefusedError(Exception):
    """A request that isn't let in, or can't be done; ``answer`` is what the client is told of it.

    The reason, which the client isn't told, is the ``__cause__``.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"answered with {answer.status}")
        self.answer = answer


def json_answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON, which nobody stores."""
    return _dumped(status, JSON, content, headers)


def problem(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **members: Any
) -> Answer:
    """An answer that says what is wrong, with a stable ``code`` for programs."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    return _dumped(status, PROBLEM, {**content, "detail": detail, **members}, headers)


def _dumped(status: int, kind: str, content: object, headers: Mapping[str, str] | None) -> Answer:
    body = json.dumps(content, separators=(",", ":")).encode()
    return Answer(status, {"Content-Type": kind, **_NO_STORE, **(headers or {})}, body)


def missing_key() -> Answer:
    """401 to a request that presents no key: as RFC 6750, section 3, has it, without an error."""
    return _unauthorized("Bearer")


def _unauthorized(challenge: str) -> Answer:
    detail = "This needs a valid API key, as `Authorization: Bearer KEY`."
    return problem(401, "invalid_key", detail, {"WWW-Authenticate": challenge})


def answer_to(error: Exception, scopes: Sequence[str] = ()) -> Answer:
    """What a client is told of an error of keycask's; ``scopes`` are those that were demanded.

    Whoever presents a bad key is told one thing only, whatever the reason; who presents a good one learns
    what it lacks. Of a vault that can't answer nobody is told more than that.
    """
    if isinstance(error, KeyRejectedError):
        return _rejected(error, scopes)
    if isinstance(error, KeyNotFoundError):
        return not_found()
    if isinstance(error, ConflictError):
        return problem(409, "conflict", str(error))
    if isinstance(error, InvalidArgumentError):
        return problem(422, "invalid_argument", str(error))
    if isinstance(error, VaultError):
        retry = {"Retry-After": _RETRY_SECONDS} if isinstance(error, BusyError) else {}
        return problem(503, "unavailable", "API keys can't be checked right now. Try again later.", retry)
    raise error


def _rejected(error: KeyRejectedError, scopes: Sequence[str]) -> Answer:
    if error.http_status == 401:
        return _unauthorized('Bearer error="invalid_token"')
    if error.http_status != 403:
        return problem(error.http_status, error.reason, "This key can't be used now. Try again later.")
    challenge = 'Bearer error="insufficient_scope"'
    if error.missing_scope is None:
        return problem(
            403,
            "wrong_prefix",
            "This key is of another kind than is needed here.",
            {"WWW-Authenticate": challenge},
        )
    wanted = " ".join(scopes) or error.missing_scope
    headers = {"WWW-Authenticate": f'{challenge}, scope="{wanted}"'}
    return problem(403, "missing_scope", f"This key lacks the scope {error.missing_scope}.", headers)


def not_found() -> Answer:
    """404, the same for a key that isn't there and for one that is another's."""
    return problem(404, "not_found", "You have no key with this id.")


def insecure() -> Answer:
    """403 to a secret that came over plain HTTP."""
    detail = (
        "API keys are accepted over HTTPS only. This one was sent in the clear: treat it as leaked and"
        " rotate it, then send the new one to an https address."
    )
    return problem(403, "insecure_transport", detail)


def lifetime_headers(key: Key) -> dict[str, str]:
    """``Sunset`` (RFC 8594) and ``Deprecation`` (RFC 9745) for a key that has a successor; else none."""
    if key.grace_until is None:
        return {}
    headers = {"Sunset": format_datetime(key.grace_until, usegmt=True)}
    if key.replaced_by is not None:
        headers["Deprecation"] = f"@{_made_at(key.replaced_by)}"
    return headers


def _made_at(key_id: str) -> int:
    """The time in a key's id, in seconds since 1970: its first ten digits are a UUIDv7's milliseconds."""
    milliseconds = 0
    for digit in key_id.removeprefix("key_")[:10]:
        milliseconds = milliseconds << 5 | _CROCKFORD.index(digit)
    return milliseconds // 1000
