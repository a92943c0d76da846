"""keycask in Django REST framework.

::

    class Reports(APIView):
        authentication_classes = [KeycaskAuthentication]
        permission_classes = [HasScope("reports:read")]

``request.auth`` is then the ``keycask.Key``, and ``request.user`` what the setting ``USER`` makes of it: a
``keycask.django.users.KeyUser`` where nothing is set.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission, SingleOperandHolder

from keycask import Key
from keycask._web.answers import RefusedError, lifetime_headers
from keycask.django import conf
from keycask.django.responses import vary_on
from keycask.django.vaults import gate, presents, web_request

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from keycask._web.answers import Answer

__all__ = ["HasKey", "HasScope", "KeycaskAuthentication"]

INVALID = 'Bearer error="invalid_token"'


class KeycaskAuthentication(BaseAuthentication):
    """Authenticates a request by the key that it presents.

    A request that presents none is left to the other classes of the view; let this one stand first, as Django
    REST framework answers 401 or 403 as the first one has it. One with a bad key is answered with
    401, with a key of another prefix 403, and 503 where the vault can't answer. A subclass may demand another
    ``prefix`` than the settings.
    """

    prefix: str | None = None

    def authenticate(self, request: Request) -> tuple[Any, Key] | None:
        """The user and the key, or ``None`` where no key is presented."""
        _add_headers(request, {"Vary": ", ".join(vary_on())})
        try:
            key = gate(self.prefix).check_any(web_request(request._request))
        except RefusedError as refused:
            raise _exception(refused.answer) from refused
        if key is None:
            return None
        user = conf.settings().user(key)
        if user is None:
            raise exceptions.AuthenticationFailed(code="no_user")
        _add_headers(request, lifetime_headers(key))
        return user, key

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401, without which Django REST framework would make it a 403."""
        return INVALID if presents(web_request(request._request)) else "Bearer"


class HasKey(BasePermission):
    """Lets in whoever was authenticated by a key, whatever its scopes."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request has a key."""
        return isinstance(request.auth, Key)


class HasScope(SingleOperandHolder):
    """Lets in keys that have all these scopes.

    It stands in ``permission_classes`` as it is, ``[HasScope("reports:read")]``, and may be combined:
    ``HasScope("reports:read") | IsAdminUser``. By itself it answers 403 with the missing scope in
    ``WWW-Authenticate``; a combination answers with Django REST framework's own 403.
    """

    def __init__(self, *scopes: str) -> None:
        if not scopes:
            raise TypeError('HasScope needs a scope, such as HasScope("reports:read"); HasKey asks for none')
        self.scopes = scopes
        self._permission = _ScopePermission(scopes)

    def __call__(self) -> _ScopePermission:
        """The permission: Django REST framework calls what stands in ``permission_classes``."""
        return self._permission

    def __repr__(self) -> str:
        return f"HasScope({', '.join(map(repr, self.scopes))})"


class _ScopePermission(BasePermission):
    def __init__(self, scopes: tuple[str, ...]) -> None:
        self._scopes = scopes

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the key has the scopes; what it lacks is an event in the audit log."""
        key = request.auth
        if not isinstance(key, Key):
            return False
        if all(key.has_scope(scope) for scope in self._scopes):
            return True
        return self._refuse(request, view)

    def _refuse(self, request: Request, view: APIView) -> bool:
        """Verifies once more, with the scopes, so that the refusal is told and recorded as any other."""
        try:
            gate(getattr(request.successful_authenticator, "prefix", None)).check(
                web_request(request._request), self._scopes
            )
        except RefusedError as refused:
            if self in view.get_permissions():
                raise _exception(refused.answer) from refused
        return False


def _add_headers(request: Request, headers: dict[str, str]) -> None:
    """Adds headers to the response that the view will make."""
    view = request.parser_context.get("view") if request.parser_context else None
    if view is None:
        return
    for name, value in headers.items():
        others = view.headers.get(name) if name == "Vary" else None
        view.headers[name] = f"{others}, {value}" if others else value


def _exception(answer: Answer) -> exceptions.APIException:
    told = json.loads(answer.body)
    exception = _KINDS.get(answer.status, exceptions.APIException)(detail=told["detail"], code=told["code"])
    exception.status_code = answer.status
    exception.auth_header = answer.headers.get("WWW-Authenticate")  # type: ignore[attr-defined]
    exception.wait = int(answer.headers.get("Retry-After", 0))  # type: ignore[attr-defined]
    return exception


_KINDS: dict[int, type[exceptions.APIException]] = {
    401: exceptions.AuthenticationFailed,
    403: exceptions.PermissionDenied,
}
