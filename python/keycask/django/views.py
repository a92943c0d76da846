"""The pages and endpoints on which customers manage their own keys."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.http import Http404, HttpResponseNotAllowed
from django.middleware.csrf import get_token
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from keycask._web.endpoints import Endpoints
from keycask._web.page import ASSETS, asset, page
from keycask._web.selfservice import SelfService
from keycask.django import conf
from keycask.django.responses import respond
from keycask.django.vaults import gate, vaults, web_request

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

__all__ = ["change_key", "keys", "keys_asset", "keys_page"]


@cache
def endpoints() -> Endpoints:
    """The endpoints as the settings have them."""
    settings = conf.settings()
    if settings.prefix is None:
        raise ImproperlyConfigured('KEYCASK lacks PREFIX, which customers\' keys begin with: "acme_live".')
    service = SelfService(
        vaults(),
        prefix=settings.prefix,
        scopes=settings.scopes,
        expires_in=settings.expires_in,
        rotate_after=settings.rotate_after,
    )
    return Endpoints(service, gate().clients, django_settings.CSRF_TRUSTED_ORIGINS)


def keys(request: HttpRequest) -> HttpResponseBase:
    """The owner's keys, in JSON; ``POST`` creates one."""
    asked, settings = web_request(request), conf.settings()
    owner = settings.owner(request)
    if request.method in {"GET", "HEAD"}:
        return respond(endpoints().list(asked, owner, request.GET.get("after")))
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    email = None if owner is None else settings.email(request)
    return respond(endpoints().create(asked, owner, email, lambda: request.body))


@require_POST
def change_key(request: HttpRequest, key_id: str, verb: str) -> HttpResponseBase:
    """Rotates, finishes, cancels or revokes a key of the owner's."""
    owner = conf.settings().owner(request)
    return respond(endpoints().change(web_request(request), owner, key_id, verb, lambda: request.body))


@require_safe
def keys_page(request: HttpRequest) -> HttpResponseBase:
    """The page with the owner's keys; whoever isn't logged in is sent to ``LOGIN_URL``."""
    if conf.settings().owner(request) is None:
        return redirect_to_login(request.get_full_path())
    return respond(page(reverse("keycask:keys"), csrf=("X-CSRFToken", get_token(request))))


@require_safe
def keys_asset(request: HttpRequest, name: str) -> HttpResponseBase:
    """A style or script of the page."""
    if name not in ASSETS:
        raise Http404
    return respond(asset(name))


def _forget(*, setting: str, **_: Any) -> None:
    if setting in {"KEYCASK", "CSRF_TRUSTED_ORIGINS"}:
        endpoints.cache_clear()


setting_changed.connect(_forget, dispatch_uid="keycask.views")
