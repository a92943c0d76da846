"""The page on which an owner sees and changes their keys: one document with its style and its script."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from typing import Final

from keycask._web.answers import Answer

__all__ = ["ASSETS", "asset", "page"]

ASSETS: Final = {"keycask.css": "text/css; charset=utf-8", "keycask.js": "text/javascript; charset=utf-8"}
"""The files that the page loads from the folder ``page`` beside it, and their types."""

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def page(collection: str, csrf: tuple[str, str] | None = None) -> Answer:
    """The page for the keys at the path ``collection``, under which it expects the endpoints.

    ``GET`` and ``POST`` on the path itself, ``POST`` on ``ID/rotate`` and the like below it, and the files of
    ``ASSETS`` in ``page/`` below it. ``csrf`` is a header and its value, which the page sends
    with what it posts.
    """
    base = escape(collection.rstrip("/"), quote=True)
    values = {
        "base": base,
        "keys": escape(collection, quote=True),
        "csrf": escape(json.dumps(csrf), quote=True),
    }
    document = _read("keycask.html")
    for name, value in values.items():
        document = document.replace("{{" + name + "}}", value)
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": _POLICY,
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        **_HEADERS,
    }
    return Answer(200, headers, document.encode())


def asset(name: str) -> Answer:
    """One of ``ASSETS``; ``KeyError`` for any other name."""
    return Answer(200, {"Content-Type": ASSETS[name], **_HEADERS}, _read(name).encode())


def _read(name: str) -> str:
    return (files("keycask._web.page") / name).read_text(encoding="utf-8")
