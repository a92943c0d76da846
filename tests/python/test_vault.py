"""Guards against a verb whose Python form loses, adds or misreads something on its way to and fro."""

from __future__ import annotations

import copy
import ipaddress
import os
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import keycask
import pytest
from conftest import secret_of

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
DAY = timedelta(days=1)


def reason(vault: keycask.Vault, secret: str, now: datetime | None = None) -> str:
    try:
        vault.verify(secret, now=now)
    except keycask.KeyRejectedError as refused:
        return refused.reason
    return "valid"


def test_every_field_of_a_key_comes_back(vault: keycask.Vault) -> None:
    issued = vault.create_key(
        "acme_live",
        owner="acct_42",
        name="Bücherei",
        scopes=("b:*", "a:read"),
        metadata={"plan": "gold", "seats": [1, 2], "deep": {"ok": None}},
        notify_email="ops@example.com",
        not_before=NOW + timedelta(hours=1),
        expires_at=NOW + 90 * DAY,
        rotate_after=30 * DAY,
        encoding="base64url",
        actor="alice",
        now=NOW,
    )
    key = issued.key
    assert key == vault.key(key.id, now=NOW)
    assert (key.prefix, key.owner, key.name) == ("acme_live", "acct_42", "Bücherei")
    assert key.scopes == ["a:read", "b:*"]
    assert key.has_scope("b:c")
    assert not key.has_scope("a:write")
    assert key.metadata == {"plan": "gold", "seats": [1, 2], "deep": {"ok": None}}
    assert key.notify_email == "ops@example.com"
    assert (key.created_at, key.created_by) == (NOW, "alice")
    assert (key.not_before, key.expires_at) == (NOW + timedelta(hours=1), NOW + 90 * DAY)
    assert key.rotate_after == 30 * DAY
    assert key.encoding == "base64url"
    assert (key.disabled, key.revoked_at, key.revoked_by, key.revoked_reason) == (False, None, None, None)
    assert (key.replaces, key.replaced_by, key.grace_until, key.lineage) == (None, None, None, key.id)
    assert key.state == "not_yet_valid"
    assert key.state_at(NOW + 2 * DAY) == "active"
    assert key.state_at(NOW + 90 * DAY) == "expired"
    told = key.to_dict()
    assert told["created_at"] == "2030-01-02T03:04:05.678Z"
    assert told["rotate_after"] == 30 * 86_400
    assert told["metadata"] == key.metadata
    assert set(told) == {
        *("id", "prefix", "start", "owner", "name", "scopes", "metadata", "notify_email", "created_at"),
        *("created_by", "not_before", "expires_at", "rotate_after", "disabled", "revoked_at", "revoked_by"),
        *("revoked_reason", "revoked_note", "replaces", "replaced_by", "lineage", "grace_until", "state"),
        "encoding",
    }


def test_keys_are_compared_whole_and_hashed_by_id(vault: keycask.Vault, issued: keycask.Issued) -> None:
    key = vault.key(issued.key.id)
    assert key == issued.key
    assert hash(key) == hash(issued.key)
    assert {key: 1}[issued.key] == 1
    changed = vault.update(key.id, name="other", actor="alice")
    assert changed != key
    assert hash(changed) == hash(key)
    assert key != key.id
    assert copy.copy(key) is key
    assert copy.deepcopy(key) is key


def test_times_of_any_zone_and_of_long_ago(vault: keycask.Vault) -> None:
    tokyo = timezone(timedelta(hours=9))
    issued = vault.create_key(
        "acme_live", expires_at=datetime(2031, 1, 1, 9, tzinfo=tokyo), actor="alice", now=NOW
    )
    assert issued.key.expires_at == datetime(2031, 1, 1, tzinfo=UTC)
    assert issued.key.expires_at is not None
    assert issued.key.expires_at.tzinfo is UTC
    old = datetime(1969, 7, 20, 20, 17, 40, 1_000, tzinfo=UTC)
    assert vault.create_key("acme_live", actor="alice", now=old).key.created_at == old


def test_verify_demands_and_records(vault: keycask.Vault, secret: str) -> None:
    for address in ("192.0.2.7", ipaddress.ip_address("2001:db8::1"), "fe80::1%eth0"):
        vault.verify(secret, scopes=["reports:read"], prefix="acme_live", client_ip=address, request_id="r-1")
    vault.verify(secret.encode(), event=False)
    with pytest.raises(keycask.KeyRejectedError) as refused:
        vault.verify(secret, scopes=iter(["reports:read", "reports:write"]))
    assert (refused.value.reason, refused.value.missing_scope) == ("missing_scope", "reports:write")
    assert (refused.value.http_status, refused.value.owner) == (403, "acct_42")
    with pytest.raises(keycask.KeyRejectedError, match="wrong_prefix"):
        vault.verify(secret, prefix="acme_test")
    vault.flush()
    uses = list(vault.uses(outcome="valid"))
    assert [use.client_ip for use in uses] == ["192.0.2.7", "2001:db8::1", "fe80::1"]
    assert {use.request_id for use in uses} == {"r-1"}
    assert {use.outcome for use in vault.uses()} == {"valid", "missing_scope", "wrong_prefix"}
    assert vault.usage(uses[0].key_id or "").uses == 3


def test_what_no_text_is_is_malformed(vault: keycask.Vault) -> None:
    for presented in ("", "x", "acme_live_", "\udc80", "é" * 200, "a" * 1_000_000, b"\xff\x00", "a\x00b"):
        with pytest.raises(keycask.KeyRejectedError, match="malformed") as refused:
            vault.verify(presented)
        assert refused.value.key_id is None
        assert vault.identify(presented) is None


def test_the_life_of_a_key(vault: keycask.Vault) -> None:
    alice = keycask.Actor("alice", client_ip="192.0.2.9", request_id="req-7")
    issued = vault.create_key("acme_live", owner="acct_42", actor=alice, now=NOW)
    secret, key_id = secret_of(issued), issued.key.id
    assert vault.disable(key_id, actor=alice, now=NOW).disabled
    assert reason(vault, secret, NOW) == "disabled"
    assert not vault.enable(key_id, actor=alice, now=NOW).disabled
    new = vault.rotate(key_id, grace=timedelta(hours=2), actor=alice, now=NOW)
    assert new.key.replaces == key_id
    assert vault.extend_rotation(
        key_id, timedelta(hours=3), actor=alice, now=NOW
    ).grace_until == NOW + timedelta(hours=3)
    assert reason(vault, secret, NOW + timedelta(hours=3) - timedelta(milliseconds=1)) == "valid"
    assert reason(vault, secret, NOW + timedelta(hours=3)) == "rotated_out"
    assert vault.cancel_rotation(key_id, actor=alice, now=NOW).replaced_by is None
    newer = vault.rotate(key_id, actor=alice, now=NOW)
    assert vault.finish_rotation(key_id, actor=alice, now=NOW).state == "rotated_out"
    assert [key.id for key in vault.lineage(key_id)] == [key_id, new.key.id, newer.key.id]
    newest = vault.rotate(newer.key.id, emergency=True, actor=alice, now=NOW)
    assert vault.key(newer.key.id).revoked_reason == "compromised"
    revoked = vault.revoke(newest.key.id, reason="owner_left", note="gone", actor=alice, now=NOW)
    assert (revoked.revoked_reason, revoked.revoked_note, revoked.revoked_by) == (
        "owner_left",
        "gone",
        "alice",
    )
    kinds = [change.kind for change in vault.changes(key_id=key_id)]
    assert kinds[:3] == ["key.created", "key.disabled", "key.enabled"]
    change = next(vault.changes(key_id=key_id))
    assert (change.actor, change.client_ip, change.request_id) == ("alice", "192.0.2.9", "req-7")
    assert change.detail["owner"] == "acct_42"
    with pytest.raises(keycask.InvalidArgumentError):
        vault.rotate(newest.key.id, emergency=True, grace=DAY, actor=alice)


def test_revoking_by_owner_and_by_secret(vault: keycask.Vault) -> None:
    mine = [vault.create_key("acme_live", owner="acct_1", actor="alice") for _ in range(3)]
    other = vault.create_key("acme_live", owner="acct_2", actor="alice")
    assert vault.revoke_secret(secret_of(mine[0]), reason="compromised", actor="finder").id == mine[0].key.id
    assert {key.id for key in vault.revoke_owner("acct_1", actor="alice")} == {key.key.id for key in mine[1:]}
    assert reason(vault, secret_of(other)) == "valid"
    with pytest.raises(keycask.KeyNotFoundError):
        vault.revoke_owner("nobody", actor="alice")


def test_update_leaves_clears_and_sets(vault: keycask.Vault) -> None:
    key_id = vault.create_key("acme_live", name="a", metadata={"a": 1}, expires_in=DAY, actor="alice").key.id
    key = vault.update(key_id, actor="alice")
    assert (key.name, key.metadata) == ("a", {"a": 1})
    key = vault.update(key_id, name=None, metadata={"b": 2}, scopes=["x"], actor="alice")
    assert (key.name, key.metadata, key.scopes) == (None, {"b": 2}, ["x"])
    assert key.expires_at is not None
    key = vault.update(key_id, expires_at=None, rotate_after=DAY, metadata=None, actor="alice")
    assert (key.expires_at, key.rotate_after, key.metadata) == (None, DAY, None)
    with pytest.raises(TypeError):
        vault.update(key_id, scopes=None, actor="alice")  # type: ignore[arg-type]


def test_request_ids_make_a_replay_without_a_secret(vault: keycask.Vault) -> None:
    first = vault.create_key("acme_live", owner="o", request_id="r", actor="alice")
    again = vault.create_key("acme_live", owner="o", request_id="r", actor="alice")
    assert (again.key.id, again.secret, again.replayed, first.replayed) == (first.key.id, None, True, False)
    with pytest.raises(keycask.ConflictError):
        vault.create_key("acme_live", owner="o", name="x", request_id="r", actor="alice")
    new = vault.rotate(first.key.id, request_id="r", actor="alice")
    assert vault.rotate(first.key.id, request_id="r", actor="alice").key == new.key


def test_many_keys_are_one_transaction(vault: keycask.Vault) -> None:
    issued = vault.create_keys(
        [keycask.NewKey("acme_live", owner="a"), {"prefix": "acme_test", "scopes": ["x"], "expires_in": DAY}],
        actor="alice",
        now=NOW,
    )
    assert [key.key.prefix for key in issued] == ["acme_live", "acme_test"]
    assert issued[1].key.expires_at == NOW + DAY
    assert vault.create_keys([], actor="alice") == []
    with pytest.raises(keycask.InvalidArgumentError):
        vault.create_keys([{"prefix": "acme_live"}, {"prefix": "Wrong"}], actor="alice")
    with pytest.raises(TypeError):
        vault.create_keys([{"prefix": "acme_live", "colour": "red"}], actor="alice")  # type: ignore[list-item]
    assert len(list(vault.keys())) == 2


def test_a_prefix_of_another_vendor_warns_before_anything_is_made(vault: keycask.Vault) -> None:
    with pytest.warns(UserWarning, match="Stripe"):
        vault.create_key("sk_live", actor="alice")
    with pytest.raises(UserWarning, match="GitHub"):
        vault.create_key("ghp", actor="alice")
    assert [key.prefix for key in vault.keys()] == ["sk_live"]


def test_questions(vault: keycask.Vault) -> None:
    old = vault.create_key("acme_live", owner="a", expires_in=3 * DAY, rotate_after=DAY, actor="x", now=NOW)
    due = vault.due(2 * DAY, now=NOW)
    assert [(one.key.id, one.reason, one.at) for one in due] == [(old.key.id, "rotation", NOW + DAY)]
    assert [one.reason for one in vault.due(now=NOW)] == ["rotation", "expiry"]
    unused = vault.unused(NOW + DAY, now=NOW + DAY)
    assert [(key.id, usage.uses, usage.last_used_at) for key, usage in unused] == [(old.key.id, 0, None)]
    assert vault.prefixes() == ["acme_live"]
    stats = vault.stats(now=NOW + 4 * DAY)
    assert (stats.keys["expired"], stats.log_sizes["changes"]) == (1, 2)
    assert stats.file_bytes > 0
    assert set(stats.busy) == {"changes", "waited", "failed"}


def test_the_policy_is_changed_in_parts(vault: keycask.Vault) -> None:
    before = vault.policy()
    after = vault.update_policy(
        prefixes=["acme_live"], max_lifetime=90 * DAY, max_living_keys=2, use_mode="buckets", actor="alice"
    )
    assert (after.prefixes, after.max_lifetime, after.max_living_keys) == (["acme_live"], 90 * DAY, 2)
    assert after.default_grace == before.default_grace == DAY
    assert after == vault.policy() != before
    lifted = vault.update_policy(max_lifetime=None, max_living_keys=None, prefixes=[], actor="alice")
    assert (lifted.max_lifetime, lifted.max_living_keys, lifted.prefixes) == (None, None, [])
    assert lifted.use_mode == "buckets"
    with pytest.raises(keycask.InvalidArgumentError):
        vault.update_policy(max_grace=31 * DAY, actor="alice")


def test_notices_are_claimed_failed_and_acknowledged(vault: keycask.Vault, issued: keycask.Issued) -> None:
    vault.revoke(issued.key.id, actor="alice")
    (notice,) = vault.notices()
    assert (notice.kind, notice.key_id, notice.detail) == (
        "revoked",
        issued.key.id,
        {"reason": "unspecified"},
    )
    now = notice.at
    assert [one.id for one in vault.claim_notices(DAY, now=now)] == [notice.id]
    assert vault.claim_notices(DAY, now=now) == []
    failed = vault.notice_failed(notice.id, first=timedelta(minutes=5), now=now)
    assert (failed.attempts, failed.next_attempt_at) == (1, now + timedelta(minutes=5))
    assert vault.notice_failed(notice.id, attempts=2, now=now).dead_at == now
    assert [one.id for one in vault.notices(dead=True)] == [notice.id]
    assert vault.retry_notice(notice.id).dead_at is None
    assert vault.ack(notice.id, now=now).acked_at == now
    assert list(vault.notices()) == []
    assert [one.id for one in vault.notices(all=True, kind="revoked")] == [notice.id]


def test_the_logs_prove_themselves(vault: keycask.Vault, issued: keycask.Issued, secret: str) -> None:
    vault.verify(secret)
    kept = vault.checkpoint()
    vault.revoke(issued.key.id, actor="alice")
    report = vault.verify_logs(since=kept)
    assert report
    assert report.ok
    assert [log.log for log in report.logs] == ["changes", "uses"]
    assert len(report.logs[0].root) == 64
    forged = vault.verify_logs(since=kept.replace("\n2\n", "\n3\n"))
    assert not forged
    assert forged.logs[0].findings[0].code == "rewritten"
    with pytest.raises(keycask.InvalidArgumentError):
        vault.verify_logs(since="no checkpoint")
    assert vault.check()
    assert vault.check(deep=True).findings == []


def test_backup_restore_and_migrate(vault: keycask.Vault, issued: keycask.Issued, path: Path) -> None:
    backup = path.with_name("backup.db")
    vault.backup(backup)
    with pytest.raises(keycask.ConflictError):
        vault.backup(backup, actor="alice")
    vault.revoke(issued.key.id, actor="alice")
    vault.close()
    report = keycask.restore(backup, path, reapply_revocations=True, actor="alice")
    assert (report.compared, report.reapplied, report.lost_keys) == (True, 1, 0)
    assert [key.id for key in report.missing_revocations] == [issued.key.id]
    assert report.aside is not None
    assert report.aside.exists()
    with keycask.Vault(os.fsencode(path).decode()) as restored:
        assert restored.key(issued.key.id).state == "revoked"
    migration = keycask.migrate(path, actor="alice")
    assert migration.from_schema == migration.to_schema
    assert migration.backup is None


def test_persons_are_erased_and_uses_pruned(vault: keycask.Vault, issued: keycask.Issued) -> None:
    with pytest.raises(keycask.ConflictError):
        vault.erase_person("acct_42", actor="alice")
    vault.revoke(issued.key.id, actor="alice")
    assert vault.erase_person("acct_42", actor="alice") > 0
    assert vault.key(issued.key.id).owner != "acct_42"
    assert vault.verify_logs()
    assert vault.prune(actor="alice") == 0


def test_peppers_are_set_and_retired(vault: keycask.Vault, secret: str) -> None:
    assert vault.set_pepper(b"p" * 32, actor="alice")
    assert not vault.set_pepper(b"p" * 32, actor="alice")
    assert vault.set_pepper(b"q" * 32, actor="alice")
    assert len(vault.keys_on_retired_pepper()) == 1
    with pytest.raises(keycask.ConflictError):
        vault.retire_pepper(actor="alice")
    vault.verify(secret)
    vault.retire_pepper(actor="alice")
    assert vault.keys_on_retired_pepper() == []


DIGEST = "ba588ec482211c5aa7c634fb7f9e330d70f4841c37f1d631698e2f81b2a6e227"
FOREIGN = "sk_8nQVw2Lk5TzGf7XbYc3D"


@pytest.mark.parametrize(
    "source",
    [
        f'{{"digest": "{DIGEST}"}}',
        f"digest\n{DIGEST}\n".encode(),
        [f'{{"digest": "{DIGEST}"}}'],
        ({"digest": DIGEST, "created_at": at} for at in [NOW - DAY]),
    ],
    ids=["text", "csv", "lines", "mappings"],
)
def test_digests_are_imported(vault: keycask.Vault, source: str) -> None:
    report = vault.import_keys(source, owner="acct_1", prefix="acme_live", actor="alice", now=NOW)
    assert (report.imported, report.existing, report.refused) == (1, 0, 0)
    assert vault.verify(FOREIGN, prefix="acme_live", now=NOW).owner == "acct_1"


def test_an_import_tells_of_its_lines_and_passes_failures_on(vault: keycask.Vault) -> None:
    rows = [{"digest": DIGEST}, {"digest": DIGEST}, {"digest": "short"}]
    report = vault.import_keys(rows, actor="alice", dry_run=True)
    assert (report.imported, report.existing, report.refused) == (1, 1, 1)
    assert [(note.line, note.outcome) for note in report.notes] == [(2, "existing"), (3, "refused")]
    assert vault.import_keys(rows, actor="alice", all_or_nothing=True).imported == 0

    def broken() -> object:
        yield {"digest": DIGEST}
        raise ConnectionError("the other database went away")

    with pytest.raises(ConnectionError, match="went away"):
        vault.import_keys(broken(), actor="alice")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        vault.import_keys([7], actor="alice")  # type: ignore[list-item]
    with pytest.raises(keycask.InvalidArgumentError):
        vault.import_keys("", scheme="sha256", recipe="unkey", actor="alice")
    assert list(vault.keys()) == []
