"""Protects plain views: a decorator, for views of functions and for coroutines."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, overload

from asgiref.sync import iscoroutinefunction
from django.views.decorators.csrf import csrf_exempt

from keycask._web.answers import RefusedError
from keycask.django.responses import finished, respond
from keycask.django.vaults import gate, web_request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpRequest

    from keycask import Key

__all__ = ["require_key"]

View = TypeVar("View", bound="Callable[..., Any]")


@overload
def require_key(view: View, /) -> View: ...
@overload
def require_key(*, scopes: Sequence[str] = (), prefix: str | None = None) -> Callable[[View], View]: ...
def require_key(view: Any = None, /, *, scopes: Sequence[str] = (), prefix: str | None = None) -> Any:
    """Lets in whoever presents a valid key with all these scopes; the view finds it as ``request.key``.

    Every method is asked for a key, ``HEAD`` and ``OPTIONS`` too. ``prefix`` stands in for the setting's. The
    view is exempt from Django's CSRF check, as no browser adds such a header by itself. A view of a class is
    wrapped where it is routed: ``require_key(scopes=[...])(Reports.as_view())``.
    """
    if isinstance(scopes, str):
        raise TypeError(f"scopes: give a list, [{scopes!r}]")
    demanded = tuple(scopes)

    def decorate(view: Any) -> Any:
        protected = _coroutine if iscoroutinefunction(view) else _function  # pyright: ignore[reportDeprecated]
        return csrf_exempt(protected(view, demanded, prefix))

    return decorate if view is None else decorate(view)


def _function(view: Callable[..., Any], scopes: Sequence[str], prefix: str | None) -> Callable[..., Any]:
    @wraps(view)
    def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            key = _let_in(request, scopes, prefix)
        except RefusedError as refused:
            return respond(refused.answer)
        return finished(view(request, *args, **kwargs), key)

    return protected


def _coroutine(view: Callable[..., Any], scopes: Sequence[str], prefix: str | None) -> Callable[..., Any]:
    @wraps(view)
    async def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            key = _let_in(request, scopes, prefix)
        except RefusedError as refused:
            return respond(refused.answer)
        return finished(await view(request, *args, **kwargs), key)

    return protected


def _let_in(request: HttpRequest, scopes: Sequence[str], prefix: str | None) -> Key:
    key = gate(prefix).check(web_request(request), scopes)
    request.key = key  # type: ignore[attr-defined]
    return key
