"""What the answers of the gate are to Django."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from keycask._web.answers import lifetime_headers
from keycask.django import conf

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

    from keycask import Key
    from keycask._web.answers import Answer

__all__ = ["finished", "respond", "vary_on"]


def respond(answer: Answer) -> HttpResponse:
    """The answer as a response."""
    return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))


def finished(response: HttpResponseBase, key: Key) -> HttpResponseBase:
    """The view's response, with what the key's client should know.

    No cache may answer in the key's place, or it would also answer when the key is revoked: where the view
    says nothing else, the response is private, and it varies on the headers that hold a key.
    """
    for name, value in lifetime_headers(key).items():
        response.headers[name] = value
    if not response.has_header("Cache-Control"):
        patch_cache_control(response, private=True)
    patch_vary_headers(response, vary_on())
    return response


def vary_on() -> list[Any]:
    """The headers that hold a key."""
    settings = conf.settings()
    return [name for name in (settings.authorization, settings.header) if name]
