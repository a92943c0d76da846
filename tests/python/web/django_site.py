"""A Django site with every part of ``keycask.django``, for tests in this process and for servers.

``KEYCASK_TEST_VAULT`` names its vault, ``KEYCASK_TEST_DATABASE`` its database, which are made anew without.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from rest_framework.request import Request

ROOT = Path(tempfile.mkdtemp(prefix="keycask-django-"))
VAULT = Path(os.environ.get("KEYCASK_TEST_VAULT") or ROOT / "keys.db")
DATABASE = os.environ.get("KEYCASK_TEST_DATABASE") or ROOT / "site.db"
KEYCASK: dict[str, Any] = {
    "VAULT": VAULT,
    "PREFIX": "acme_live",
    "SCOPES": ["reports:read", "reports:write"],
    "TRUSTED_PROXIES": ["192.0.2.0/24"],
}

settings.configure(
    SECRET_KEY="of a test, and as long as Django wants to have it to be quiet",
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    TIME_ZONE="UTC",
    ROOT_URLCONF=__name__,
    STATIC_URL="/static/",
    LOGIN_URL="/admin/login/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE}},
    DEFAULT_FROM_EMAIL="API keys <keys@example.com>",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "rest_framework",
        "keycask.django",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    KEYCASK=KEYCASK,
)
django.setup()

# What follows needs the settings.
from django.contrib import admin  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views import View  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from keycask import VaultError  # noqa: E402
from keycask.django import require_key, vault  # noqa: E402
from keycask.django.drf import HasKey, HasScope, KeycaskAuthentication  # noqa: E402
from rest_framework.authentication import SessionAuthentication  # noqa: E402
from rest_framework.permissions import IsAdminUser, IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class TestKeys(KeycaskAuthentication):
    """Takes keys of tests only."""

    __test__ = False
    prefix = "acme_test"


class Reports(APIView):
    """What a key with a scope may read."""

    authentication_classes: Any = (KeycaskAuthentication,)
    permission_classes: Any = (HasScope("reports:read"),)

    def get(self, request: Request) -> Response:
        return Response({"owner": request.user.pk, "pid": os.getpid()})

    post = get


class AnyKey(Reports):
    permission_classes = (HasKey,)


class Authenticated(Reports):
    permission_classes = (IsAuthenticated & HasScope("reports:read"),)


class StaffOrKey(Reports):
    authentication_classes = (KeycaskAuthentication, SessionAuthentication)
    permission_classes = (HasScope("reports:write") | HasScope("reports:read") | IsAdminUser,)


class OfTests(Reports):
    authentication_classes = (TestKeys,)


@require_key(scopes=["reports:read"])
def plain(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"owner": request.key.owner, "pid": os.getpid()})  # type: ignore[attr-defined]


@require_key
async def asynchronous(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"owner": request.key.owner})  # type: ignore[attr-defined]


class Classy(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"owner": request.key.owner})  # type: ignore[attr-defined]


@csrf_exempt
def create(_: HttpRequest) -> HttpResponse:
    issued = vault().create_key("acme_live", owner="ann", scopes=["reports:read"], actor="tests")
    return JsonResponse({"id": issued.key.id, "secret": issued.secret})


@csrf_exempt
def revoke(_: HttpRequest, key_id: str) -> HttpResponse:
    return JsonResponse({"state": vault().revoke(key_id, actor="tests").state})


def known(request: HttpRequest) -> HttpResponse:
    """What the middleware knows, where it is on."""
    key = getattr(request, "key", "the middleware is off")
    return JsonResponse({"key": getattr(key, "id", key)})


urlpatterns = [
    path("admin/", admin.site.urls),
    path("api-keys/", include("keycask.django.urls")),
    path("drf/reports", Reports.as_view()),
    path("drf/any", AnyKey.as_view()),
    path("drf/and", Authenticated.as_view()),
    path("drf/or", StaffOrKey.as_view()),
    path("drf/tests", OfTests.as_view()),
    path("plain", plain),
    path("tests", require_key(prefix="acme_test")(known)),
    path("async", asynchronous),
    path("class", require_key()(Classy.as_view())),
    path("known", known),
    path("create", create),
    path("revoke/<str:key_id>", revoke),
]

application = StaticFilesHandler(WSGIHandler())

if "KEYCASK_TEST_VAULT" in os.environ:
    # As applications do where they are imported, which under `gunicorn --preload` is before the fork.
    with contextlib.suppress(VaultError):
        vault().stats()
