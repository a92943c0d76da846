"""What gunicorn serves for wsgi.py: the same view of Django REST framework, open and behind each package.

``KEYCASK_BENCH_FOLDER`` is where its vault and its database are. As a program it makes them, and prints a key for
each package.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

FOLDER = Path(os.environ["KEYCASK_BENCH_FOLDER"])
KEYS = 1_000

settings.configure(
    SECRET_KEY="of a benchmark",  # noqa: S106
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    KEYCASK={"VAULT": FOLDER / "keys.db", "PREFIX": "acme_live"},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework_api_key",
        "knox",
        "keycask.django",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "django.db",
            "CONN_MAX_AGE": None,
            "OPTIONS": {"init_command": "PRAGMA journal_mode = wal; PRAGMA synchronous = NORMAL;"},
        }
    },
    LOGGING_CONFIG=None,
)
django.setup()

from django.urls import path  # noqa: E402
from keycask.django.drf import HasScope, KeycaskAuthentication  # noqa: E402
from knox.auth import TokenAuthentication  # noqa: E402
from rest_framework.permissions import AllowAny, IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_api_key.permissions import HasAPIKey  # noqa: E402


class Open(APIView):
    """Nothing is asked."""

    authentication_classes: list = []
    permission_classes: list = [AllowAny]

    def get(self, request: object) -> Response:
        return Response({"report": "all is well"})


class Keycask(Open):
    authentication_classes = [KeycaskAuthentication]
    permission_classes = [HasScope("reports:read")]


class ApiKey(Open):
    permission_classes = [HasAPIKey]


class Knox(Open):
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]


urlpatterns = [
    path("open", Open.as_view()),
    path("keycask", Keycask.as_view()),
    path("api-key", ApiKey.as_view()),
    path("knox", Knox.as_view()),
]
application = get_wsgi_application()


def make() -> dict[str, str]:
    """Keys of each package, and the header of one."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import transaction
    from knox.models import AuthToken
    from rest_framework_api_key.models import APIKey

    import keycask

    call_command("migrate", verbosity=0)
    with keycask.Vault(FOLDER / "keys.db", create=True) as vault:
        wanted = [keycask.NewKey("acme_live", owner="acct_42", scopes=["reports:read"]) for _ in range(KEYS)]
        secret = vault.create_keys(wanted, actor="bench")[0].secret
    users = User.objects.bulk_create(User(username=f"owner {number}") for number in range(KEYS))
    with transaction.atomic():
        api_key = [APIKey.objects.create_key(name=f"key {number}")[1] for number in range(KEYS)][0]
        token = [AuthToken.objects.create(user)[1] for user in users][0]
    return {"keycask": f"Bearer {secret}", "api-key": f"Api-Key {api_key}", "knox": f"Token {token}"}


if __name__ == "__main__":
    print(json.dumps(make()))
