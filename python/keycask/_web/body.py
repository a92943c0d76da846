"""Reads the JSON object that a request carries, and its ``Idempotency-Key``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeGuard, TypeVar, cast

from keycask._web.answers import RefusedError, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keycask._web.request import Request

__all__ = ["MAX_BODY", "MOST_SECONDS", "Fields", "idempotency_key", "parse_body", "refuse_large"]

T = TypeVar("T")

MAX_BODY: Final = 16_384
"""Bytes of a body; the frameworks read no more than one byte beyond."""

MOST_SECONDS: Final = 100 * 366 * 86_400
"""The longest duration that is understood."""

_KEY_BYTES: Final = 128


def parse_body(request: Request, body: bytes) -> dict[str, Any]:
    """The object in the body; an empty one where there is no body.

    Raises ``RefusedError``: 413 for a body over ``MAX_BODY``, 415 for one that isn't declared as JSON (which
    no form can send), 400 for one that isn't a JSON object.
    """
    refuse_large(len(body))
    kind = _content_type(request)
    if kind != "application/json" and (kind or body):
        detail = f"Send JSON with `Content-Type: application/json`, not {kind or 'a body without a type'}."
        raise RefusedError(problem(415, "unsupported_media_type", detail, {"Accept": "application/json"}))
    return _object(body) if body else {}


def refuse_large(size: int) -> None:
    """Raises ``RefusedError`` (413) where so many bytes are over the limit."""
    if size > MAX_BODY:
        raise RefusedError(problem(413, "too_large", f"The body may have {MAX_BODY} bytes at most."))


def _content_type(request: Request) -> str:
    return ",".join(request.header("content-type")).partition(";")[0].strip().lower()


def _object(body: bytes) -> dict[str, Any]:
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise RefusedError(problem(400, "bad_json", "The body must be one JSON object."))
    return cast("dict[str, Any]", content)


def idempotency_key(request: Request) -> str | None:
    """The ``Idempotency-Key``, in quotation marks or not; ``None`` where there is none.

    Raises ``RefusedError`` (400) where it is empty, over 128 bytes, not visible ASCII, or given twice.
    """
    values = request.header("idempotency-key")
    if not values:
        return None
    text = values[0].strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if len(values) > 1 or not 0 < len(text) <= _KEY_BYTES or not all("!" <= letter <= "~" for letter in text):
        detail = f"Idempotency-Key must be 1 to {_KEY_BYTES} visible ASCII characters, and given once."
        raise RefusedError(problem(400, "bad_idempotency_key", detail))
    return text


class Fields:
    """The fields of a body, each taken by its kind; ``end`` refuses those that nobody took.

    Each refusal is a ``RefusedError`` (422) that names the field.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._left = dict(content)

    def text(self, name: str, most: int) -> str | None:
        """A string of 1 to ``most`` characters, without control characters."""
        text = self._take(name, "a string", _is_text)
        if text is not None and not (0 < len(text) <= most and not any(map(_is_control, text))):
            self.refuse(name, f"must have 1 to {most} characters, without control characters")
        return text

    def flag(self, name: str) -> bool:
        """A boolean; false where it is left out."""
        return self._take(name, "true or false", _is_flag) or False

    def seconds(self, name: str) -> int | None:
        """A whole number of seconds from 0 to ``MOST_SECONDS``."""
        seconds = self._take(name, "whole seconds from 0 on", _is_seconds)
        return None if seconds is None else int(seconds)

    def texts(self, name: str) -> list[str] | None:
        """A list of strings."""
        return self._take(name, "a list of strings", _are_texts)

    def end(self) -> None:
        """Refuses the fields that are left."""
        for name in self._left:
            self.refuse(name, "is no field of this request")

    @staticmethod
    def refuse(name: str, why: str) -> NoReturn:
        """Refuses the field: ``name`` and ``why`` make a sentence."""
        raise RefusedError(problem(422, "invalid_argument", f"{name[:64]} {why}.", field=name[:64]))

    def _take(self, name: str, kind: str, fits: Callable[[Any], TypeGuard[T]]) -> T | None:
        value = self._left.pop(name, None)
        if value is None or fits(value):
            return value
        return self.refuse(name, f"must be {kind}")


def _is_flag(value: Any) -> TypeGuard[bool]:
    return isinstance(value, bool)


def _is_seconds(value: Any) -> TypeGuard[int | float]:
    """Whether it is a whole number, which JSON may write as 1.0 too, and in bounds."""
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool) and 0 <= value <= MOST_SECONDS


def _is_control(letter: str) -> bool:
    return letter < " " or "\x7f" <= letter < "\xa0"


def _is_text(value: Any) -> TypeGuard[str]:
    """Whether it is a string, and of characters: JSON may hold halves of them."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _are_texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(_is_text(one) for one in cast("list[object]", value))
