"""API keys in the admin: a page that is there wherever ``keycask.django`` and Django's admin are installed.

Staff needs the permission ``keycask.view_keys`` to see keys, and ``keycask.change_keys`` as well to issue,
rotate and revoke them. Another admin site takes it by ``site.register(Keys, KeysAdmin)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.urls import path

from keycask.django.backstage import changes, pages
from keycask.django.backstage.base import Backstage
from keycask.django.models import Keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

    Base = admin.ModelAdmin[Keys]
else:
    Base = admin.ModelAdmin

__all__ = ["KeysAdmin"]


def may(request: HttpRequest, *permissions: str) -> bool:
    """Whether the user has all these permissions."""
    user: Any = request.user
    return bool(user.has_perms(permissions))


@admin.register(Keys)
class KeysAdmin(Base):
    """The pages for the vault's keys; nothing of them goes through the ORM."""

    def get_urls(self) -> list[URLPattern]:
        """The list, the form of a new key, a key with its audit, and its verbs."""

        def at(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            def page(request: HttpRequest, **named: Any) -> HttpResponseBase:
                return view(Backstage(self, request), **named)

            return path(route, self.admin_site.admin_view(page), name=f"keycask_keys_{name}")

        return [
            at("", pages.index, "changelist"),
            at("add/", changes.create, "add"),
            at("<str:key_id>/", pages.key, "key"),
            at("<str:key_id>/<str:verb>/", changes.change, "change"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the page stands in the index."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """``keycask.view_keys``."""
        return may(request, "keycask.view_keys")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """``keycask.change_keys`` beside ``keycask.view_keys``."""
        return self.has_change_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """``keycask.change_keys`` beside ``keycask.view_keys``."""
        return may(request, "keycask.view_keys", "keycask.change_keys")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Never: keys are revoked, and their audit stays."""
        return False
