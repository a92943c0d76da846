"""What the tests share: vaults in a folder of their own, a key, and the vectors of all languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import keycask
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
SECRET = re.compile(r"[a-z][a-z0-9_]*_[0-9A-Za-z_-]{49}")
"""What a secret looks like: none may stand in anything that is printed."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.db"


@pytest.fixture
def vault(path: Path) -> Iterator[keycask.Vault]:
    with keycask.Vault(path, create=True) as vault:
        yield vault


@pytest.fixture
def issued(vault: keycask.Vault) -> keycask.Issued:
    return vault.create_key("acme_live", owner="acct_42", scopes=["reports:read"], actor="alice")


@pytest.fixture
def secret(issued: keycask.Issued) -> str:
    return secret_of(issued)


def secret_of(issued: keycask.Issued) -> str:
    """The secret of a key that was issued and no replay."""
    assert issued.secret is not None
    return issued.secret


def rows(name: str, minimum: int) -> Iterator[list[str]]:
    """The rows of a vector file, of which there must be so many: one that was cut short must not pass."""
    lines = (VECTORS / name).read_text(encoding="ascii").splitlines()
    found = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert len(found) >= minimum, f"{name}: {len(found)} rows, at least {minimum} should be there"
    yield from found
