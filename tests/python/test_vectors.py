"""Guards against two languages that disagree on what a secret, an id, an outcome or a rotation is.

The rows are those of ``tests/vectors``, which every language runs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import keycask
import pytest
from conftest import rows, secret_of

if TYPE_CHECKING:
    from pathlib import Path

CREATED = 1_800_000_000_000
"""When every key of ``outcomes.txt`` was created and rotated."""


def moment(ms: str | int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(ms))


def some(column: str) -> str | None:
    return None if column == "-" else column


def text_bytes(column: str) -> bytes:
    return b"" if column == "empty" else bytes.fromhex(column)


def outcome(vault: keycask.Vault, presented: str | bytes, **options: Any) -> str:
    try:
        vault.verify(presented, **options)
    except keycask.KeyRejectedError as refused:
        return refused.reason
    return "valid"


def test_what_has_the_form_of_a_secret_is_unknown(vault: keycask.Vault) -> None:
    for secret, *_ in rows("secrets_valid.txt", 44):
        assert outcome(vault, secret) == "unknown", secret
        assert outcome(vault, secret.encode()) == "unknown", secret
        assert vault.identify(secret) is None


def test_what_has_another_form_is_malformed_and_no_error(vault: keycask.Vault) -> None:
    for presented, why in rows("secrets_invalid.txt", 348):
        given = text_bytes(presented)
        assert outcome(vault, given) == "malformed", (presented, why)
        # As a server hands it on that decodes headers, bytes that are no UTF-8 included.
        assert outcome(vault, given.decode("utf-8", "surrogateescape")) == "malformed", (presented, why)


def test_ids_are_read_as_type_ids(vault: keycask.Vault) -> None:
    for kind, _uuid, text in rows("type_ids.txt", 25):
        if kind == "key":
            with pytest.raises(keycask.KeyNotFoundError, match=text):
                vault.key(text)


def test_what_is_no_id_is_an_invalid_argument(vault: keycask.Vault) -> None:
    for text, why in rows("type_ids_invalid.txt", 59):
        with pytest.raises(keycask.InvalidArgumentError) as refused:
            vault.key(text_bytes(text).decode())
        assert refused.value.code == "invalid_argument", why


def test_foreign_digests_are_found_by_what_their_clients_present() -> None:
    for scheme, presented, foreign, _stored in rows("schemes.txt", 108):
        with keycask.Vault(":memory:", create=True) as vault:
            # Of a text without the part that is digested there is none: it must not be found by any.
            digest = "00" * (64 if "512" in scheme else 32) if foreign == "-" else foreign
            report = vault.import_keys([{"digest": digest}], scheme=scheme, actor="vectors")
            assert report.imported == 1, scheme
            expected = "malformed" if foreign == "-" else "valid"
            assert outcome(vault, text_bytes(presented)) == expected, (scheme, presented)


def test_outcomes_follow_the_precedence(vault: keycask.Vault) -> None:
    created = moment(CREATED)
    for row in rows("outcomes.txt", 149):
        name, now, not_before, expires_at, grace_until, disabled, revoked, prefix, scopes, *wanted = row
        want_prefix, want_scopes, expected, missing_scope = wanted
        issued = vault.create_key(
            prefix,
            scopes=(some(scopes) or "").split(),
            not_before=moment(not_before) if some(not_before) else None,
            expires_at=moment(expires_at) if some(expires_at) else None,
            actor="vectors",
            now=created,
        )
        key_id = issued.key.id
        if some(grace_until):
            vault.rotate(key_id, grace=moment(grace_until) - created, actor="vectors", now=created)
            assert vault.key(key_id).grace_until == moment(grace_until)
        if disabled == "1":
            vault.disable(key_id, actor="vectors", now=created)
        if revoked == "1":
            vault.revoke(key_id, actor="vectors", now=created)
        options: dict[str, Any] = {"prefix": some(want_prefix), "scopes": (some(want_scopes) or "").split()}
        try:
            key = vault.verify(secret_of(issued), event=False, now=moment(now), **options)
        except keycask.KeyRejectedError as refused:
            assert refused.reason == expected, name
            assert refused.key_id == key_id, name
            assert refused.missing_scope == some(missing_scope), name
            assert refused.http_status == (403 if expected in {"wrong_prefix", "missing_scope"} else 401), (
                name
            )
        else:
            assert expected == "valid", name
            assert key.id == key_id, name


class Timeline:
    """A vault of its own, and its keys by their labels."""

    def __init__(self, path: Path) -> None:
        self.vault = keycask.Vault(path, create=True)
        self.keys: dict[str, keycask.Issued] = {}

    def step(self, row: list[str]) -> None:
        _, now, verb, label, other, argument, expected, grace_until = row
        getattr(self, verb)(
            now=moment(now),
            label=label,
            other=some(other),
            argument=some(argument),
            expected=expected,
            until=moment(grace_until) if some(grace_until) else None,
        )

    def create(self, *, now: datetime, label: str, argument: str | None, expected: str, **_: Any) -> None:
        self._create(now, label, expected, expires_at=moment(argument) if argument else None)

    def create_from(self, *, now: datetime, label: str, argument: str, expected: str, **_: Any) -> None:
        self._create(now, label, expected, not_before=moment(argument))

    def _create(self, now: datetime, label: str, expected: str, **times: Any) -> None:
        assert expected == "ok"
        self.keys[label] = self.vault.create_key(
            "acme_live", owner="acct_42", scopes=["reports:read"], actor="vectors", now=now, **times
        )

    def rotate(self, *, argument: str | None, label: str, expected: str, until: Any, **rest: Any) -> None:
        grace = timedelta(milliseconds=int(argument)) if argument else None
        self._rotate(label=label, expected=expected, grace=grace, **rest)
        if expected == "ok":
            assert self.vault.key(self.keys[label].key.id).grace_until == until

    def emergency(self, *, label: str, expected: str, argument: Any, until: Any, **rest: Any) -> None:
        self._rotate(label=label, expected=expected, emergency=True, **rest)

    def _rotate(self, *, now: datetime, label: str, other: str | None, expected: str, **how: Any) -> None:
        before = self.content()
        old = self.keys[label].key
        try:
            issued = self.vault.rotate(old.id, actor="vectors", now=now, **how)
        except keycask.KeycaskError as error:
            assert error.code == expected
            assert self.content() == before, "a refused rotation left a trace"
            return
        assert expected == "ok"
        assert other is not None
        new = issued.key
        assert (new.prefix, new.owner, new.scopes) == (old.prefix, "acct_42", old.scopes)
        assert new.expires_at == old.expires_at
        self.keys[other] = issued

    def revoke(self, *, now: datetime, label: str, expected: str, **_: Any) -> None:
        self.vault.revoke(self.keys[label].key.id, actor="vectors", now=now)
        assert expected == "ok"

    def verify(
        self, *, now: datetime, label: str, other: str | None, expected: str, until: Any, **_: Any
    ) -> None:
        key_id = self.keys[label].key.id
        try:
            key = self.vault.verify(secret_of(self.keys[label]), now=now)
        except keycask.KeyRejectedError as refused:
            assert (refused.reason, refused.key_id) == (expected, key_id)
            return
        assert (key.id, expected) == (key_id, "valid")
        assert key.replaced_by == (self.keys[other].key.id if other else None)
        assert key.grace_until == until

    def content(self) -> list[dict[str, Any]]:
        return [key.to_dict() | {"state": None} for key in self.vault.keys()]


def test_rotations_keep_to_their_timelines(tmp_path: Path) -> None:
    timelines: dict[str, Timeline] = {}
    for row in rows("rotation.txt", 219):
        name = row[0]
        if name not in timelines:
            timelines[name] = Timeline(tmp_path / f"{len(timelines)}.db")
        try:
            timelines[name].step(row)
        except BaseException as error:
            error.add_note(f"the row is {row}")
            raise
