"""Guards against a set-up that is wrong and says nothing until a request finds out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django_kit
import django_site
import keycask
import pytest
from conftest import ROOT
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client, RequestFactory, override_settings
from keycask.django import conf
from keycask.django.checks import check_settings, check_vault
from keycask.django.vaults import gate
from keycask.django.vaults import vault as the_vault
from keycask.flask import _KNOWN as FLASK_SETTINGS

if TYPE_CHECKING:
    from django.core.checks import CheckMessage

WRONG: list[tuple[str, Any]] = [
    ("VAULT", ""),
    ("VAULT", 7),
    ("PREFIX", "Acme"),
    ("PREFIX", "a"),
    ("PREFIX", "acme_"),
    ("PREFIX", "a" * 25),
    ("PEPPER", "text"),
    ("PEPPER", b"short"),
    ("PEPPER", [b"x" * 32, "text"]),
    ("HEADER", "two words"),
    ("AUTHORIZATION", 1),
    ("SCHEMES", "Token"),
    ("REQUEST_ID_HEADER", ""),
    ("TRUSTED_PROXIES", "127.0.0.1"),
    ("TRUSTED_PROXIES", ["proxy.example"]),
    ("TRUSTED_PROXIES", ["10.0.0.1/8"]),
    ("REQUIRE_HTTPS", "yes"),
    ("SCOPES", "reports:read"),
    ("SCOPES", [1]),
    ("EXPIRES_IN", 90),
    ("ROTATE_AFTER", timedelta(0)),
    ("OWNER", "no.such.module"),
    ("OWNER", "keycask.__version__"),
    ("EMAIL", 1),
    ("USER", "keycask.django.users.nobody"),
]


def complaints(value: Any) -> list[CheckMessage]:
    with override_settings(KEYCASK=value):
        return check_settings()


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_named_with_what_to_do(name: str, value: Any) -> None:
    (complaint,) = complaints({"VAULT": "keys.db", name: value})
    assert (complaint.id, f'"{name}"' in complaint.msg, complaint.is_serious()) == (
        "keycask.E004",
        True,
        True,
    )
    assert complaint.hint
    with (
        override_settings(KEYCASK={"VAULT": "keys.db", name: value}),
        pytest.raises(ImproperlyConfigured, match=name),
    ):
        conf.settings()


def test_what_is_no_setting_and_what_is_missing() -> None:
    assert [complaint.id for complaint in complaints({})] == ["keycask.E003"]
    assert [complaint.id for complaint in complaints("keys.db")] == ["keycask.E001"]
    (unknown,) = complaints({"VAULT": "keys.db", "PREFX": "acme_live"})
    assert (unknown.id, "PREFX" in unknown.msg, "PREFIX" in str(unknown.hint)) == ("keycask.E002", True, True)
    with override_settings():
        from django.conf import settings

        del settings.KEYCASK
        assert [complaint.id for complaint in check_settings()] == ["keycask.E001"]
        assert check_vault() == []


def test_every_setting_is_read_and_has_a_form() -> None:
    assert {name.upper() for name in conf.Settings.__dataclass_fields__} == set(conf.FORMS)
    with override_settings(
        KEYCASK={
            **django_site.KEYCASK,
            "PEPPER": [b"p" * 32],
            "HEADER": None,
            "OWNER": "keycask.django.conf.email_of",
            "USER": "keycask.django.users.user_by_pk",
            "EXPIRES_IN": timedelta(days=90),
        }
    ):
        assert complaints({"VAULT": "keys.db", **django_site.KEYCASK}) == []
        settings = conf.settings()
        assert isinstance(settings.vault, Path)
        assert settings.owner is conf.email_of
        assert settings.scopes == ("reports:read", "reports:write")
        assert gate().headers.header is None
        assert "p" * 32 not in repr(settings)


def test_every_setting_is_in_the_docs() -> None:
    told = (ROOT / "python" / "docs" / "django.md").read_text()
    assert [name for name in conf.FORMS if f"`{name}`" not in told] == []
    told = (ROOT / "python" / "docs" / "flask.md").read_text()
    assert [name for name in FLASK_SETTINGS if f"`{name}`" not in told] == []


def found(path: Path, **settings: Any) -> list[str]:
    with override_settings(KEYCASK={"VAULT": path}, **settings):
        messages = check_vault()
    assert all(message.hint and not message.is_serious() for message in messages)
    return [str(message.id) for message in messages]


def test_the_vault_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "var" / "keys.db"
    assert found(path) == ["keycask.W001"]
    path.parent.mkdir()
    assert found(path) == ["keycask.W002"]
    keycask.Vault(path, create=True).close()
    assert found(path) == []
    path.chmod(0o644)
    assert found(path) == ["keycask.W004"]
    path.chmod(0o600)
    assert found(path, MEDIA_ROOT=str(tmp_path)) == ["keycask.W005"]
    assert found(path, STATIC_ROOT=str(tmp_path / "static"), MEDIA_ROOT="") == []
    other = tmp_path / "other.db"
    other.write_text("no vault")
    other.chmod(0o600)
    assert found(other) == ["keycask.W003"]


def test_the_whole_site_passes_djangos_own_checks(
    vault: keycask.Vault, capsys: pytest.CaptureFixture[str]
) -> None:
    with django_kit.using(vault):
        call_command("check", fail_level="WARNING")
        call_command("makemigrations", "--check", "--dry-run")
        call_command("dumpdata", "--all")
        call_command("dumpdata", "keycask")
    assert "no issues" in capsys.readouterr().out


def test_override_settings_brings_another_vault_and_takes_it_away(tmp_path: Path) -> None:
    for name in ("one", "two"):
        keycask.Vault(tmp_path / name, create=True).close()
    with override_settings(KEYCASK={"VAULT": tmp_path / "one"}):
        one = the_vault()
        assert the_vault() is one
        with override_settings(KEYCASK={"VAULT": tmp_path / "two"}):
            assert the_vault().path == tmp_path / "two"
        assert the_vault().path == tmp_path / "one"


def test_a_pepper_opens_a_peppered_vault(tmp_path: Path) -> None:
    path, pepper = tmp_path / "keys.db", b"p" * 32
    vault = keycask.Vault(path, create=True, pepper=pepper)
    secret = vault.create_key("acme_live", scopes=["reports:read"], actor="alice").secret
    headers = django_kit.with_key(secret)
    with override_settings(KEYCASK={"VAULT": path, "PEPPER": pepper}):
        assert Client().get("/plain", headers=headers).status_code == 200
    with override_settings(KEYCASK={"VAULT": path}):
        assert Client().get("/plain", headers=headers).status_code == 503
        assert found(path) == ["keycask.W003"]


def test_the_base_package_brings_no_framework(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys, keycask, keycask.aio; print({'django', 'rest_framework', 'flask'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
    code = "import sys, keycask.django; print({'rest_framework', 'flask', 'fastapi'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_a_request_without_authentication_has_no_owner() -> None:
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert conf.owner_of(request) is None
