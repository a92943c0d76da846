"""Guards against a failure that has no class of its own, or the wrong one.

A kind that the package doesn't know would be caught by nobody; a defect that escapes as a ``BaseException``
would end a server.
"""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import keycask
import pytest
from keycask import _native, errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOBODY = "key_00000000000000000000000000"


def test_every_kind_has_its_class_and_every_class_its_kind() -> None:
    kinds = [name for name, _ in _native.error_kinds()]
    assert len(kinds) == len(set(kinds)) >= 16
    assert set(kinds) == set(errors.CLASSES)
    assert len(set(errors.CLASSES.values())) == len(kinds)
    for code, kind in errors.CLASSES.items():
        assert kind.code == code
        assert issubclass(kind, keycask.KeycaskError)
        assert getattr(keycask, kind.__name__) is kind
    numbers = dict(_native.error_kinds())
    for code, kind in errors.CLASSES.items():
        assert issubclass(kind, keycask.VaultError) == (
            numbers[code] >= 20 or code in {"closed", "foreign_access"}
        )


def test_every_class_is_exported_and_documented() -> None:
    for name in errors.__all__:
        assert name in keycask.__all__
        assert getattr(errors, name).__doc__


def test_classes_are_those_that_python_knows() -> None:
    assert issubclass(keycask.InvalidArgumentError, ValueError)
    assert issubclass(keycask.KeyNotFoundError, LookupError)
    assert issubclass(keycask.VaultMissingError, FileNotFoundError)
    assert issubclass(keycask.VaultIOError, OSError)
    assert not issubclass(keycask.KeyRejectedError, keycask.VaultError)


def test_a_panic_is_an_error_like_others() -> None:
    with pytest.raises(keycask.InternalError) as raised:
        _native._panic()
    assert raised.value.code == "internal"


def test_a_missing_folder_vault_and_a_foreign_file(tmp_path: Path) -> None:
    with pytest.raises(keycask.VaultMissingError, match=r"keys\.db"):
        keycask.Vault(tmp_path / "keys.db")
    with pytest.raises(keycask.VaultMissingError):
        keycask.Vault(tmp_path / "nowhere" / "keys.db", create=True)
    (tmp_path / "text.db").write_text("no vault")
    with pytest.raises(keycask.NotAVaultError):
        keycask.Vault(tmp_path / "text.db")
    with pytest.raises(keycask.NotAVaultError):
        keycask.Vault(tmp_path / "text.db", create=True)
    assert (tmp_path / "text.db").read_text() == "no vault"


def test_create_opens_what_is_there_and_keeps_its_mode(path: Path) -> None:
    first = keycask.Vault(path, create=True, mode=0o640, actor="alice")
    again = keycask.Vault(os.fspath(path), create=True)
    assert first.id == again.id == keycask.Vault(path).id
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [change.actor for change in first.changes()] == ["alice"]


def test_many_processes_create_one_vault(path: Path) -> None:
    code = f"import keycask; print(keycask.Vault({os.fspath(path)!r}, create=True).id)"
    racers = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(8)
    ]
    ids = {racer.communicate(timeout=60)[0] for racer in racers}
    assert len(ids) == 1
    assert all(racer.returncode == 0 for racer in racers)


def test_a_closed_vault_says_so(vault: keycask.Vault, secret: str) -> None:
    keys = vault.keys()
    assert not vault.closed
    vault.close()
    vault.close()
    assert vault.closed
    for use in (lambda: vault.verify(secret), vault.policy, lambda: next(keys), lambda: list(vault.keys())):
        with pytest.raises(keycask.VaultClosedError):
            use()


def test_a_wrong_pepper(path: Path) -> None:
    pepper = bytes(range(32))
    with keycask.Vault(path, create=True, pepper=pepper) as vault:
        issued = vault.create_key("acme_live", actor="alice")
    with pytest.raises(keycask.PepperError):
        keycask.Vault(path)
    with pytest.raises(keycask.PepperError):
        keycask.Vault(path, pepper=bytes(32))
    with keycask.Vault(path, pepper=[bytes(32), pepper]) as vault:
        assert issued.secret is not None
        assert vault.verify(issued.secret).id == issued.key.id
    with pytest.raises(TypeError):
        keycask.Vault(path, pepper="text")  # type: ignore[arg-type]
    with pytest.raises(keycask.InvalidArgumentError):
        keycask.Vault(path, pepper=b"short")


def test_not_found_and_conflict(vault: keycask.Vault, issued: keycask.Issued) -> None:
    for ask in (vault.key, vault.lineage, vault.usage):
        with pytest.raises(keycask.KeyNotFoundError, match=NOBODY):
            ask(NOBODY)
    vault.rotate(issued.key.id, actor="alice")
    with pytest.raises(keycask.ConflictError):
        vault.rotate(issued.key.id, actor="alice")


def test_arguments_of_the_wrong_type(vault: keycask.Vault, secret: str) -> None:
    calls: list[Callable[[Any], Any]] = [
        vault.verify,
        lambda wrong: vault.verify(secret, scopes=wrong),
        lambda wrong: vault.verify(secret, scopes=[wrong]),
        lambda wrong: vault.verify(secret, client_ip=wrong),
        lambda wrong: vault.verify(secret, now=wrong),
        lambda wrong: vault.create_key("acme_live", actor=wrong),
        lambda wrong: vault.create_key("acme_live", expires_in=wrong, actor="alice"),
        lambda wrong: vault.create_key("acme_live", metadata=wrong, actor="alice"),
        lambda wrong: vault.create_keys([wrong], actor="alice"),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call(7)
    for text in ("reports:read", b"reports:read"):
        with pytest.raises(TypeError, match="iterable of str"):
            vault.verify(secret, scopes=text)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="actor"):
        vault.create_key("acme_live")  # type: ignore[call-arg]


def test_arguments_with_the_wrong_value(vault: keycask.Vault, secret: str) -> None:
    now = datetime.now(UTC)
    calls: list[Callable[[], Any]] = [
        lambda: vault.verify(secret, now=now.replace(tzinfo=None)),
        lambda: vault.verify(secret, client_ip="not an address"),
        lambda: vault.create_key("acme_live", expires_in=timedelta(seconds=-1), actor="alice"),
        lambda: vault.create_key("acme_live", expires_at=now, expires_in=timedelta(1), actor="alice"),
        lambda: vault.create_key("acme_live", expires_at=now - timedelta(1), actor="alice"),
        lambda: vault.create_key("Acme", actor="alice"),
        lambda: vault.create_key("acme_live", actor=""),
        lambda: vault.create_key("acme_live", encoding="hex", actor="alice"),  # type: ignore[arg-type]
        lambda: vault.create_key("acme_live", metadata={"a": "x" * 5000}, actor="alice"),
        lambda: vault.keys(state="alive"),  # type: ignore[arg-type]
        lambda: keycask.Vault(":memory:"),
    ]
    for call in calls:
        with pytest.raises(keycask.InvalidArgumentError):
            call()
    with pytest.raises(ValueError, match="NaN|nan|JSON"):
        vault.create_key("acme_live", metadata={"a": float("nan")}, actor="alice")


def test_refusals_survive_a_task_queue() -> None:
    refused = keycask.KeyRejectedError("missing_scope", "key_x", "acct_42", "a:b", 403)
    again = pickle.loads(pickle.dumps(refused))
    assert (again.reason, again.key_id, again.owner) == ("missing_scope", "key_x", "acct_42")
    assert (again.missing_scope, again.http_status) == ("a:b", 403)
    assert str(again) == "the key was refused: missing_scope needs a:b (key_x)"
