"""A service whose customers manage their own API keys, in one file: ``python examples/django/app.py``.

It makes what it needs where it is started: a database with the users ann and admin (password ``correct
horse``), and the vault ``keys.db``. With arguments it is ``manage.py``: ``python examples/django/app.py
keycask list``.
"""

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command, execute_from_command_line

VAULT = Path(os.environ.get("KEYCASK_VAULT", "keys.db"))
PASSWORD = os.environ.get("EXAMPLE_PASSWORD", "correct horse")

settings.configure(
    # What is about keys: an application and a setting.
    KEYCASK={"VAULT": VAULT, "PREFIX": "acme_live", "SCOPES": ["reports:read"]},
    INSTALLED_APPS=[
        "keycask.django",
        "rest_framework",
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    # The rest is what `django-admin startproject` writes.
    SECRET_KEY=os.environ.get("EXAMPLE_SECRET_KEY", "of an example; take one of your own"),
    DEBUG=True,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": VAULT.with_name("site.sqlite3")}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
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
    STATIC_URL="static/",
    LOGIN_URL="login",
    LOGIN_REDIRECT_URL="keycask:page",
    EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend",
    USE_TZ=True,
)
django.setup()

# What follows needs the settings.
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.wsgi import get_wsgi_application
from django.urls import include, path
from django.views.generic import RedirectView
from keycask.django.drf import HasScope, KeycaskAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Reports(APIView):
    """The reports of whoever owns the key."""

    authentication_classes = [KeycaskAuthentication]
    permission_classes = [HasScope("reports:read")]

    def get(self, request: Request) -> Response:
        """The report."""
        return Response({"owner": request.user.pk, "report": "all is well"})


urlpatterns = [
    path("reports", Reports.as_view()),
    path("api-keys/", include("keycask.django.urls")),
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(template_name="admin/login.html"), name="login"),
    path("", RedirectView.as_view(pattern_name="keycask:page")),
]

application = get_wsgi_application()


def prepare() -> None:
    """Makes the database, its users and the vault, as far as they are missing."""
    if not VAULT.exists():
        call_command("keycask", "init")
    call_command("migrate", verbosity=0)
    if not User.objects.exists():
        User.objects.create_user("ann", "ann@example.com", PASSWORD)
        User.objects.create_superuser("admin", "admin@example.com", PASSWORD)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        prepare()
        sys.argv += ["runserver", "--noreload", os.environ.get("PORT", "8000")]
    execute_from_command_line(sys.argv)
