"""The endpoints of a key's owner for frameworks that read a body before they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from keycask._web.answers import RefusedError, not_found
from keycask._web.body import parse_body, refuse_large
from keycask._web.cross_site import refuse_cross_site
from keycask._web.selfservice import Caller, SelfService

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from keycask._web.answers import Answer
    from keycask._web.client import Clients
    from keycask._web.request import Request

__all__ = ["VERBS", "Endpoints"]

VERBS: Final = ("rotate", "finish", "cancel", "revoke")
"""What may be posted to the path of a key."""


class Endpoints:
    """The endpoints over a ``SelfService``; each answers and raises nothing of keycask's."""

    def __init__(self, service: SelfService, clients: Clients, trusted_origins: Collection[str] = ()) -> None:
        self._service = service
        self._clients = clients
        self._trusted_origins = trusted_origins

    def list(self, request: Request, owner: object, after: str | None) -> Answer:
        """The owner's keys, after the id that a page before this one named."""
        return self._answer(request, owner, None, lambda caller: self._service.list(caller, after=after))

    def create(self, request: Request, owner: object, email: str | None, read: Callable[[], bytes]) -> Answer:
        """A new key of the owner's; ``read`` gets the body, and is called for requests that are let in."""
        return self._answer(
            request, owner, email, lambda caller: self._service.create(caller, _body(request, read))
        )

    def change(
        self, request: Request, owner: object, key_id: str, verb: str, read: Callable[[], bytes]
    ) -> Answer:
        """One of ``VERBS`` on a key of the owner's."""
        if verb not in VERBS:
            return not_found()
        act = getattr(self._service, verb)
        return self._answer(request, owner, None, lambda caller: act(caller, key_id, _body(request, read)))

    def _answer(
        self, request: Request, owner: object, email: str | None, act: Callable[[Caller], Answer]
    ) -> Answer:
        try:
            refuse_cross_site(request, self._trusted_origins)
            return act(Caller.of(owner, request, self._clients.of(request), email=email))
        except RefusedError as refused:
            return refused.answer


def _body(request: Request, read: Callable[[], bytes]) -> dict[str, Any]:
    """The body, unread where it says by itself that it is too large."""
    for told in request.header("content-length"):
        refuse_large(int(told) if told.isdecimal() else 0)
    return parse_body(request, read())
