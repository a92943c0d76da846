"""System checks: what is wrong with the set-up, before a request finds out.

The settings' own faults are errors. What depends on the machine are warnings, as ``migrate`` must run before
there is a vault.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning

from keycask import VaultError, VaultMissingError
from keycask.django import conf
from keycask.django.vaults import vault

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_settings", "check_vault"]

INIT = "Create the vault: python manage.py keycask init"


def check_settings(**_: Any) -> list[CheckMessage]:
    """What is wrong with ``KEYCASK`` itself."""
    given = getattr(django_settings, "KEYCASK", None)
    return [Error(fault.message, hint=fault.hint, id=f"keycask.{fault.id}") for fault in conf.faults(given)]


def check_vault(**_: Any) -> list[CheckMessage]:
    """What is wrong with the vault's file, as far as this user and this machine can see it."""
    if any(conf.faults(getattr(django_settings, "KEYCASK", None))):
        return []
    given = conf.settings().vault
    return list(_file(given)) if isinstance(given, Path) else []


def _file(path: Path) -> Iterator[CheckMessage]:
    if not path.parent.is_dir():
        hint = f"Create it, readable by the application only: mkdir -p -m 700 {path.parent}. {INIT}"
        yield Warning(f"The vault's folder {path.parent} is missing.", hint=hint, id="keycask.W001")
        return
    try:
        vault()
    except VaultMissingError:
        yield Warning(f"There is no vault at {path}; keys get 503.", hint=INIT, id="keycask.W002")
        return
    except VaultError as error:
        yield Warning(
            f"The vault can't be used; keys get 503: {error}.", hint=_remedy(path), id="keycask.W003"
        )
    yield from _exposed(path)


def _remedy(path: Path) -> str:
    return f"See what it says to: python manage.py keycask check; and who may read it: ls -l {path}"


def _exposed(path: Path) -> Iterator[CheckMessage]:
    mode = path.stat().st_mode & 0o777
    if mode & 0o007:
        hint = f"Close it: chmod o= {path}"
        yield Warning(
            f"Other users of this machine reach the vault: its mode is {mode:o}.",
            hint=hint,
            id="keycask.W004",
        )
    for name in ("MEDIA_ROOT", "STATIC_ROOT"):
        root = getattr(django_settings, name, None)
        if root and path.resolve().is_relative_to(Path(root).resolve()):
            hint = 'Move it with its -wal and -shm files while nothing uses it, and set KEYCASK["VAULT"].'
            yield Warning(f"The vault lies in {name}, whose files are served.", hint=hint, id="keycask.W005")
