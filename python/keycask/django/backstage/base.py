"""What the pages of the admin share."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import reverse

from keycask import Actor, KeyNotFoundError, VaultError
from keycask.django.vaults import client_of, vaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.admin import ModelAdmin
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from keycask import Vault

__all__ = ["Backstage", "guarded"]


class Backstage:
    """A request to a page of the admin."""

    def __init__(self, admin: ModelAdmin[Any], request: HttpRequest) -> None:
        self.admin = admin
        self.request = request

    @property
    def vault(self) -> Vault:
        """The vault."""
        return vaults().get()

    @property
    def may_change(self) -> bool:
        """Whether the user may change keys."""
        return self.admin.has_change_permission(self.request)

    def actor(self) -> Actor:
        """The user, as the log of changes has it."""
        client = client_of(self.request)
        name = f"admin:{self.request.user.get_username()}"
        return Actor(name, client_ip=client.address, request_id=client.request_id)

    def url(self, name: str, **named: str) -> str:
        """The path of a page."""
        return reverse(f"admin:keycask_keys_{name}", kwargs=named, current_app=self.admin.admin_site.name)

    def render(self, template: str, title: str, status: int = 200, **context: Any) -> TemplateResponse:
        """A page in the admin's own frame; nobody stores it."""
        shared = self.admin.admin_site.each_context(self.request)
        context |= {"title": title, "may_change": self.may_change, "opts": self.admin.opts}
        return TemplateResponse(
            self.request, f"admin/keycask/{template}", {**shared, **context}, status=status
        )


def guarded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page for those who may view keys, which says what is wrong where the vault can't answer."""

    @wraps(view)
    def page(backstage: Backstage, **named: str) -> HttpResponseBase:
        if not backstage.admin.has_view_permission(backstage.request):
            raise PermissionDenied
        try:
            return view(backstage, **named)
        except KeyNotFoundError as error:
            raise Http404(str(error)) from error
        except VaultError as error:
            vaults().failed(error)
            return backstage.render("unavailable.html", "The vault can't answer", 503, error=error)

    return page
