"""Refuses what a page of another site has a browser send."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from keycask._web.answers import RefusedError, problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from keycask._web.request import Request

__all__ = ["refuse_cross_site"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def refuse_cross_site(request: Request, trusted_origins: Collection[str] = ()) -> None:
    """Raises ``RefusedError`` (403) where a browser says that a page of another origin had the request sent.

    A browser says so in ``Sec-Fetch-Site``, and older ones, or all on plain HTTP, by ``Origin``, whose host
    must then be the request's. A request with neither comes from no page, or from a form, whose content types
    ``body`` refuses. Other origins may be let in by name (``https://app.example``).
    """
    if request.method in _SAFE or _is_own(request, trusted_origins):
        return
    detail = "This was sent by a page of another site. Open the page of the keys itself and try again."
    raise RefusedError(problem(403, "cross_site", detail))


def _is_own(request: Request, trusted_origins: Collection[str]) -> bool:
    origin = request.header("origin")
    if origin and all(one in trusted_origins for one in origin):
        return True
    site = request.header("sec-fetch-site")
    if site:
        return all(one in {"same-origin", "none"} for one in site)
    return all(_host_of(one) in _hosts(request) for one in origin)


def _hosts(request: Request) -> set[str]:
    return {host.strip().lower() for host in request.header("host")}


def _host_of(origin: str) -> str:
    """The host of an origin, with its port where it names one; ``null`` has none."""
    return urlsplit(origin).netloc.lower() or "none of a request's"
