//! Guards against damage that a deep check doesn't find, or that it finds where there is none.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Home, alice};
use keycask::{CheckPart, Finding, NewKey, Pepper, Request, RevocationReason, Rotation, Vault};

/// A vault with a bit of everything, closed.
fn lived_in() -> Home {
    let home = Home::in_memory();
    let old = home.create("acct");
    let new = home.vault.rotate(old.key().id(), Rotation::planned(), &alice()).unwrap();
    home.vault.cancel_rotation(old.key().id(), false, &alice()).unwrap();
    let new = home.vault.rotate(old.key().id(), Rotation::planned(), &alice()).map(|_| new).unwrap();
    home.vault.revoke(new.key().id(), RevocationReason::Policy, &alice()).unwrap();
    home.vault.rotate(old.key().id(), Rotation::emergency(), &alice()).unwrap();
    let request = NewKey::new("acme_test").owner("acct").rotate_after(common::DAY);
    let used = home.vault.create_key(request, &alice()).unwrap();
    for _ in 0..1_030 {
        let _ = home.vault.verify(used.secret().expose(), &Request::new()).unwrap();
    }
    let off = home.create("acct");
    home.vault.disable(off.key().id(), &alice()).unwrap();
    home.vault.enable(off.key().id(), &alice()).unwrap();
    home.vault.disable(off.key().id(), &alice()).unwrap();
    home
}

fn codes(vault: &Vault) -> Vec<&'static str> {
    vault.check_deep(|_| ()).unwrap().findings().iter().map(Finding::code).collect()
}

#[test]
fn a_sound_vault_has_no_findings_and_every_part_is_told() {
    let home = lived_in();
    let mut parts = Vec::new();
    let report = home.vault.check_deep(|part| parts.push(part)).unwrap();
    assert!(report.ok(), "{:?}", report.findings());
    assert_eq!(parts, [CheckPart::File, CheckPart::Rows, CheckPart::Logs]);
    home.vault.set_pepper(Pepper::new(vec![7; 32]).unwrap(), &alice()).unwrap();
    assert_eq!(codes(&home.vault), [""; 0]);
    let path = home.path();
    drop(home.vault);
    // Whoever removes the pepper, and stores plain digests, lets a stolen file be tested again.
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("DELETE FROM peppers; UPDATE keys SET pepper = NULL")
        .unwrap();
    assert_eq!(codes(&Vault::open(&path).unwrap()), ["pepper"]);
}

#[test]
fn each_kind_of_damage_has_its_finding() {
    for (sql, expected) in [
        ("UPDATE keys SET replaces = zeroblob(16) WHERE key_no = 3", &["successor", "predecessor"][..]),
        ("UPDATE keys SET replaced_by = zeroblob(16) WHERE key_no = 1", &["successor", "predecessor"]),
        ("UPDATE keys SET lineage = zeroblob(16) WHERE key_no = 3", &["lineage"]),
        ("UPDATE keys SET changed_epoch = 999 WHERE key_no = 1", &["epoch"]),
        (
            "UPDATE keys SET revoked_at_ms = NULL, revoked_by = NULL, revoked_reason = NULL, revoked_epoch = NULL
                WHERE key_no = 1",
            &["revocation"],
        ),
        ("UPDATE keys SET revoked_at_ms = 5, revoked_by = 'x', revoked_reason = 'policy', revoked_epoch = 1 WHERE key_no = 5", &["use_after_revocation", "revocation"]),
        ("UPDATE changes SET kind = 8 WHERE kind = 6 AND key_no = 5", &["creation", "root"]),
        ("UPDATE keys SET prefix = 'other' WHERE key_no = 5", &["prefix"]),
        ("UPDATE usage SET uses = 3", &["usage"]),
        ("UPDATE usage SET uses = 3000", &["usage"]),
        ("INSERT INTO usage VALUES (1, 7, 0)", &["usage"]),
        ("UPDATE keys SET disabled = 0", &["disabled"]),
        ("UPDATE keys SET rotate_due_ms = rotate_due_ms + 1", &["rotation_due"]),
        ("UPDATE uses SET epoch = 999 WHERE seq = 5", &["future_use", "root"]),
        ("UPDATE uses SET key_no = 99 WHERE seq = 1030", &["usage", "stray_use", "root"]),
        (
            "INSERT INTO open_counts VALUES (9, 99, 3, 0, 0, 1, 5, 5)",
            &["stray_use"],
        ),
        ("UPDATE head SET min_schema = 1; PRAGMA user_version = 0;", &["min_schema"]),
        ("DELETE FROM usage", &["usage"]),
        ("UPDATE keys SET pepper = 9 WHERE key_no = 5", &["pepper"]),
        ("UPDATE outbox SET key_no = 99", &["reference"]),
        ("INSERT INTO segments VALUES (0, 1, 70000, 0, 0, x'')", &["segments"]),
        ("UPDATE changes SET actor = 'mallory' WHERE seq = 2", &["root"]),
        ("DELETE FROM changes WHERE seq = 2", &["creation", "hole"]),
    ] {
        let home = lived_in();
        let path = home.path();
        drop(home.vault);
        let db = rusqlite::Connection::open(&path).unwrap();
        db.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
        drop(db);
        let mut found = codes(&Vault::open(&path).unwrap());
        found.dedup();
        assert_eq!(found, expected, "{sql}");
        let page = include_str!("../docs/operations.md");
        for code in found {
            assert!(page.contains(&format!("`{code}`")), "the page on operations doesn't tell of {code}");
        }
    }
}

/// An index that lost an entry: verify would call the key unknown.
#[test]
fn an_index_that_does_not_fit_its_table_is_found() {
    let home = lived_in();
    let path = home.path();
    drop(home.vault);
    let edit = |sql: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let root: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'keys_by_digest'", [], |row| row.get(0))
        .unwrap();
    edit("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'keys_by_digest';");
    edit("UPDATE keys SET digest = zeroblob(32) WHERE key_no = 5");
    edit(&format!(
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES
            ('index', 'keys_by_digest', 'keys', {root}, 'CREATE UNIQUE INDEX keys_by_digest ON keys (digest)');"
    ));
    assert!(codes(&Vault::open(&path).unwrap()).contains(&"integrity"));
}
