"""Guards against fixtures that are not found, that go by the wall clock, or that leave something behind."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import keycask
import pytest
from conftest import secret_of

if TYPE_CHECKING:
    from keycask.testing import Clock, ClockVault


def test_time_stands_still_until_it_is_set(
    keycask_vault: ClockVault, keycask_clock: Clock, keycask_issued: keycask.Issued
) -> None:
    assert isinstance(keycask_vault, keycask.Vault)
    secret = secret_of(keycask_issued)
    assert keycask_issued.key.created_at == keycask_clock.now.replace(
        microsecond=keycask_clock.now.microsecond // 1000 * 1000
    )
    keycask_vault.rotate(keycask_issued.key.id, actor="tests")
    assert keycask_vault.verify(secret, scopes=["reports:read"]).state == "superseded"
    keycask_clock.advance(timedelta(days=1))
    with pytest.raises(keycask.KeyRejectedError, match="rotated_out"):
        keycask_vault.verify(secret)
    keycask_clock.now = datetime(2040, 1, 1, tzinfo=UTC)
    assert keycask_vault.create_key("acme_test", actor="tests").key.created_at.year == 2040
    assert keycask_vault.verify(secret, now=keycask_issued.key.created_at).id == keycask_issued.key.id


def test_every_verb_that_takes_a_time_goes_by_the_clock(keycask_vault: ClockVault) -> None:
    for name, verb in inspect.getmembers(keycask.Vault):
        signature = None if name.startswith("_") or not callable(verb) else inspect.signature(verb)
        if signature and "now" in signature.parameters:
            assert name in type(keycask_vault).__dict__, name


def test_each_test_has_a_vault_of_its_own(keycask_vault: ClockVault) -> None:
    assert list(keycask_vault.keys()) == []
    assert not keycask_vault.closed
