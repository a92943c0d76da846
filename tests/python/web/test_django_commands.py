"""Guards against a command that works on another vault than the site, or hides how it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import django_site
import keycask
import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django_kit import using

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANAGE = """
import os, sys
import django_site
from django.test import override_settings
override_settings(KEYCASK=eval(os.environ.get("KEYCASK_TEST_SETTING", "django_site.KEYCASK"))).enable()
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""

PRINTS_MAIL = """
import django_site
from django.conf import settings
settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
"""


def manage(
    vault: Path, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A process of its own, as of manage.py."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("KEYCASK_")}
    variables |= {"KEYCASK_TEST_VAULT": str(vault), "PYTHONPATH": os.path.dirname(django_site.__file__)}
    return subprocess.run(
        [sys.executable, "-c", MANAGE, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env={**variables, **(env or {})},
        check=False,
        timeout=60,
    )


def test_the_command_works_on_the_vault_of_the_settings(path: Path) -> None:
    made = manage(path, "keycask", "init")
    assert made.returncode == 0, made.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    created = manage(
        path, "keycask", "create", "--prefix", "acme_live", "--owner", "acct_42", "--actor", "alice"
    )
    secret = created.stdout.strip()
    with keycask.Vault(path) as vault:
        assert vault.verify(secret).owner == "acct_42"
    listed = manage(path, "keycask", "--settings=x", "--pythonpath", ".", "list", "--json")
    assert [json.loads(line)["owner"] for line in listed.stdout.splitlines()] == ["acct_42"]
    assert manage(path, "keycask", "verify", stdin=secret).returncode == 0
    assert manage(path, "keycask", "verify", stdin="acme_live_nothing").returncode == 1
    assert manage(path, "keycask", "explode").returncode == 2
    assert "Usage: keycask" in manage(path, "keycask", "--help").stdout


def test_the_pepper_of_the_settings_goes_along_and_is_nowhere_to_be_seen(path: Path) -> None:
    setting = {"VAULT": str(path), "PEPPER": b"pepper\n" * 8}
    env = {"KEYCASK_TEST_SETTING": repr(setting)}
    made = manage(path, "keycask", "init", env=env)
    assert made.returncode == 0, made.stderr
    secret = manage(
        path, "keycask", "create", "--prefix", "acme_live", "--owner", "o", env=env
    ).stdout.strip()
    with keycask.Vault(path, pepper=b"pepper\n" * 8) as vault:
        assert vault.verify(secret)
    assert manage(path, "keycask", "verify", stdin=secret).returncode == 3


def test_call_command_says_how_it_ended(vault: keycask.Vault) -> None:
    with using(vault):
        call_command("keycask", "stats")
        with pytest.raises(CommandError) as ended:
            call_command("keycask", "show", "key_01m8c0x3kxfe9rr22trk8hxtxq")
        assert ended.value.returncode == 1
        assert "KEYCASK_VAULT" not in os.environ


def test_prune_removes_what_the_policy_no_longer_keeps(vault: keycask.Vault, secret: str) -> None:
    past = datetime.now(UTC) - timedelta(days=100)
    vault.verify(secret, now=past)
    vault.verify(secret)
    vault.flush()
    said = StringIO()
    with using(vault):
        call_command("keycask_prune", stdout=said)
    assert said.getvalue() == f"pruned {len(list(vault.changes(kind='uses.pruned')))} events\n"
    (pruned,) = vault.changes(kind="uses.pruned")
    assert str(pruned.actor).startswith("unix:")


def test_without_a_vault_the_commands_say_so(tmp_path: Path) -> None:
    with override_settings(KEYCASK={"VAULT": tmp_path / "missing.db"}):
        with pytest.raises(CommandError, match="missing.db") as ended:
            call_command("keycask_prune")
        assert ended.value.returncode == 3


def test_notify_goes_on_until_it_is_told_to_end(path: Path) -> None:
    vault = keycask.Vault(path, create=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith("KEYCASK_")}
    env |= {"KEYCASK_TEST_VAULT": str(path), "PYTHONPATH": os.path.dirname(django_site.__file__)}
    command = [
        sys.executable,
        "-c",
        PRINTS_MAIL + MANAGE,
        "keycask_notify",
        "--every",
        "1",
        "--to",
        "ops@example.com",
    ]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as notify:
        try:
            vault.revoke(vault.create_key("acme_live", actor="alice").key.id, actor="alice")
            deadline = time.monotonic() + 30
            while list(vault.notices()) and time.monotonic() < deadline:
                time.sleep(0.1)
            notify.send_signal(signal.SIGTERM)
            said, _ = notify.communicate(timeout=30)
        finally:
            notify.kill()
    assert notify.returncode == 0
    assert "To: ops@example.com" in said
