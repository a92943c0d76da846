"""The secret that a request presents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keycask.errors import KeyRejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keycask._web.request import Request

__all__ = ["DEFAULT_HEADER", "KeyHeaders"]

DEFAULT_HEADER = "X-API-Key"


class KeyHeaders:
    """The headers in which a request may present its secret: ``Authorization: Bearer`` and one of its own.

    Never the query string: addresses end up in logs, histories and ``Referer``. A request that presents two
    different secrets, or one of the headers twice, is refused as ``malformed``: a proxy and the application
    might each believe another one of them. ``schemes`` stand in for ``Bearer``, as clients of another system
    may send its own.
    """

    def __init__(
        self,
        *,
        header: str | None = DEFAULT_HEADER,
        authorization: str | None = "Authorization",
        schemes: Iterable[str] = ("Bearer",),
    ) -> None:
        if header is None and authorization is None:
            raise ValueError("name a header in which keys are presented: header, authorization or both")
        self.header = header
        self.authorization = authorization
        self._schemes = frozenset(scheme.lower() for scheme in schemes)

    def find(self, request: Request) -> bytes | None:
        """The secret as it was sent; ``None`` where the request presents none."""
        given = {secret for secret in (self._bearer(request), self._key(request)) if secret}
        if len(given) > 1:
            raise KeyRejectedError("malformed")
        return given.pop().encode("latin-1") if given else None

    def _bearer(self, request: Request) -> str | None:
        value = _only(request, self.authorization)
        scheme, _, token = value.partition(" ")
        return token.strip() if scheme.lower() in self._schemes else None

    def _key(self, request: Request) -> str | None:
        return _only(request, self.header).strip()


def _only(request: Request, name: str | None) -> str:
    values = request.header(name) if name else []
    if len(values) > 1:
        raise KeyRejectedError("malformed")
    return values[0] if values else ""
