"""What the tests of ``keycask.django`` share: the site, settings for a while, users and requests."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import django_site
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client, override_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import keycask

call_command("migrate", verbosity=0)

_numbers = itertools.count(1)


def using(vault: keycask.Vault, **settings: Any) -> Any:
    """The site with this vault, and these settings in place of its own."""
    return override_settings(KEYCASK={**django_site.KEYCASK, "VAULT": vault, **settings})


def new_user(permissions: Iterable[str] = (), **fields: Any) -> User:
    """A user whose name is new, with permissions of keycask's."""
    user = User.objects.create_user(f"user{next(_numbers)}", password="of a test", **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def logged_in(user: User, *, csrf: bool = False) -> Client:
    """A browser in which the user is logged in."""
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(user)
    return client


def with_key(secret: str | None) -> dict[str, str]:
    """The header of a bearer."""
    return {"Authorization": f"Bearer {secret}"}
