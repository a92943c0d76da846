"""A middleware that sets ``request.key``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware

from keycask._web.answers import RefusedError
from keycask.django.responses import finished, respond
from keycask.django.vaults import gate, web_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from keycask import Key

__all__ = ["key_middleware"]


@sync_and_async_middleware
def key_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Sets ``request.key``: the key that a request presents, ``None`` where it presents none.

    A key that is refused is answered at once, for any view: a request with a bad key never passes for one
    without. Where bearers' tokens of another system come in as well, set ``AUTHORIZATION`` to ``None``, or
    use ``require_key`` on the views instead. A view that has ``require_key`` verifies the key once more, with
    the scopes that it demands.
    """
    if iscoroutinefunction(get_response):  # pyright: ignore[reportDeprecated]

        async def asynchronous(request: HttpRequest) -> Any:
            try:
                key = _key_of(request)
            except RefusedError as refused:
                return respond(refused.answer)
            response = await get_response(request)
            return response if key is None else finished(response, key)

        return asynchronous

    def synchronous(request: HttpRequest) -> Any:
        try:
            key = _key_of(request)
        except RefusedError as refused:
            return respond(refused.answer)
        response = get_response(request)
        return response if key is None else finished(response, key)

    return synchronous


def _key_of(request: HttpRequest) -> Key | None:
    key = gate().check_any(web_request(request))
    request.key = key  # type: ignore[attr-defined]
    return key
