"""Guards against lists that miss or repeat rows across pages, hold the file between items, or hang."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta

import keycask
import pytest

KEYS = 1203
"""More than two pages of 500."""


@pytest.fixture
def many(vault: keycask.Vault) -> list[str]:
    new = [keycask.NewKey("acme_live" if n % 3 else "acme_test", owner=f"acct_{n % 2}") for n in range(KEYS)]
    return [issued.key.id for issued in vault.create_keys(new, actor="alice")]


def test_keys_pages_inside_and_yields_every_state(vault: keycask.Vault, many: list[str]) -> None:
    vault.revoke(many[0], actor="alice")
    vault.disable(many[1], actor="alice")
    assert [key.id for key in vault.keys()] == many
    assert [key.id for key in vault.keys(state="revoked")] == many[:1]
    assert [key.id for key in vault.keys(state=["revoked", "disabled"])] == many[:2]
    assert [key.id for key in vault.keys(owner="acct_1", prefix="acme_test")] == many[3::6]
    assert [key.id for key in vault.keys(after=many[700], limit=3)] == many[701:704]
    assert list(vault.keys(limit=0)) == []


def test_nothing_is_locked_between_two_items(vault: keycask.Vault, many: list[str]) -> None:
    keys = vault.keys()
    seen = [next(keys).id for _ in range(10)]
    for other in seen:
        vault.revoke(other, actor="alice")
    assert vault.check()
    later = vault.create_key("acme_live", actor="alice").key.id
    assert [*seen, *(key.id for key in keys)] == [*many, later]
    assert next(keys, None) is None


def test_changes_go_both_ways_and_from_a_cursor(vault: keycask.Vault, many: list[str]) -> None:
    seqs = [change.seq for change in vault.changes()]
    assert seqs == list(range(1, KEYS + 2))
    assert [change.seq for change in vault.changes(newest_first=True)] == seqs[::-1]
    assert [change.seq for change in vault.changes(after=600, limit=2)] == [601, 602]
    assert [change.seq for change in vault.changes(newest_first=True, after=600, limit=2)] == [599, 598]
    assert [change.kind for change in vault.changes(kind="vault.created")] == ["vault.created"]
    assert [change.key_id for change in vault.changes(key_id=many[5])] == [many[5]]
    assert list(vault.changes(actor="bob")) == []
    assert list(vault.changes(since=datetime.now(UTC) + timedelta(days=1))) == []
    assert len(list(vault.changes(until=datetime.now(UTC) + timedelta(days=1)))) == KEYS + 1


def test_a_cursor_that_is_unknown(vault: keycask.Vault) -> None:
    with pytest.raises(keycask.KeyNotFoundError):
        vault.keys(after="key_00000000000000000000000000")
    with pytest.raises(keycask.KeyNotFoundError):
        vault.uses(key_id="key_00000000000000000000000000")


def test_an_iterator_outlives_its_vault(path: object, many: list[str], vault: keycask.Vault) -> None:
    keys = keycask.Vault(vault.path).keys()
    assert [key.id for key in keys] == many


def test_an_iterator_that_threads_share_yields_each_row_once(vault: keycask.Vault, many: list[str]) -> None:
    keys, refused = vault.keys(), itertools.count()
    found: list[str] = []

    def take() -> None:
        while True:
            try:
                found.append(next(keys).id)
            except StopIteration:
                return
            except ValueError:
                next(refused)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert sorted(found) == sorted(many)
