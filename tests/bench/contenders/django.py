"""The packages for Django, on a SQLite file of their own, called as their own classes call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Contender

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def contenders(folder: Path, keys: int) -> Iterator[Contender]:
    """Both packages; their models exist once Django is set up."""
    set_up(folder)
    yield ApiKeys(keys)
    yield Knox(keys)


def set_up(folder: Path) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        SECRET_KEY="of a benchmark",  # noqa: S106
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "rest_framework",
            "rest_framework_api_key",
            "knox",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "django.db",
                "OPTIONS": {"init_command": "PRAGMA journal_mode = wal; PRAGMA synchronous = NORMAL;"},
            }
        },
    )
    django.setup()
    call_command("migrate", verbosity=0)


class ApiKeys(Contender):
    """djangorestframework-api-key: what HasAPIKey asks of a key."""

    def __init__(self, keys: int) -> None:
        from django.db import transaction
        from rest_framework_api_key.models import APIKey

        self.objects = APIKey.objects
        with transaction.atomic():
            secrets = [self.objects.create_key(name=f"key {number}")[1] for number in range(keys)]
        super().__init__("djangorestframework-api-key, is_valid", secrets)

    def accepts(self, secret: str) -> bool:
        return self.objects.is_valid(secret)


class Knox(Contender):
    """django-rest-knox: what TokenAuthentication asks of a token."""

    def __init__(self, keys: int) -> None:
        from django.contrib.auth.models import User
        from django.db import transaction
        from knox.auth import TokenAuthentication
        from knox.models import AuthToken
        from rest_framework.exceptions import AuthenticationFailed

        self.failed = AuthenticationFailed
        self.authentication = TokenAuthentication()
        user = User.objects.create(username="owner")
        with transaction.atomic():
            secrets = [AuthToken.objects.create(user)[1] for _ in range(keys)]
        super().__init__("django-rest-knox, authenticate_credentials", secrets)

    def accepts(self, secret: str) -> bool:
        try:
            self.authentication.authenticate_credentials(secret.encode())
        except self.failed:
            return False
        return True
