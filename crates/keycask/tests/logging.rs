//! Guards against a program's log that misses what its operator must know, or says what nobody may read: each
//! thing that happens is told once, on its level, and no owner, actor or note with it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking")]

mod common;

use std::sync::Mutex;

use common::{Home, alice};
use keycask::{ImportOptions, ImportRow, NewKey, Request, Revocation, RevocationReason, Rotation, Vault};
use log::{Level, LevelFilter, Log, Metadata, Record};

static LINES: Mutex<Vec<(Level, String, String)>> = Mutex::new(Vec::new());

struct Capture;

impl Log for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = (record.level(), record.target().to_owned(), record.args().to_string());
        LINES.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

/// What was told since the last call, of this crate.
fn told() -> Vec<(Level, String, String)> {
    let lines = std::mem::take(&mut *LINES.lock().unwrap());
    lines.into_iter().filter(|(_, target, _)| target.starts_with("keycask")).collect()
}

fn expect(level: Level, target: &str, words: &[&str]) {
    let told = told();
    assert_eq!(told.len(), words.len(), "{told:?}");
    for ((found_level, found_target, text), words) in told.iter().zip(words) {
        assert_eq!((*found_level, found_target.as_str()), (level, target), "{text}");
        assert!(text.contains(words), "{text:?} lacks {words:?}");
        for private in ["acct_42", "alice", "by a test", "nightly"] {
            assert!(!text.contains(private), "{text}");
        }
    }
}

// One test: the logger is the process's.
#[test]
fn each_thing_that_happens_is_told_once() {
    log::set_logger(&Capture).unwrap();
    log::set_max_level(LevelFilter::Trace);

    let home = Home::new();
    expect(Level::Info, "keycask::open", &[home.vault.id()]);
    let again = Vault::open(home.path()).unwrap();
    expect(Level::Info, "keycask::open", &[home.path().to_str().unwrap()]);
    Vault::open(home.folder.path()).unwrap_err();
    expect(Level::Warn, "keycask::open", &["is a folder"]);
    Vault::create(home.path()).unwrap_err();
    expect(Level::Warn, "keycask::open", &["exists already"]);

    let key = NewKey::new("acme_live").owner("acct_42").name("nightly");
    let issued = home.vault.create_key(key, &alice()).unwrap();
    let id = issued.key().id().to_string();
    expect(Level::Info, "keycask::change", &[&format!("key.created {id}")]);
    home.vault.create_key(NewKey::new(""), &alice()).unwrap_err();
    assert_eq!(home.vault.verify("nonsense", &Request::new()).unwrap().outcome().as_str(), "malformed");
    assert_eq!(home.outcome(&issued), "valid");
    expect(Level::Info, "keycask::change", &[]);
    home.vault.rotate(issued.key().id(), Rotation::planned(), &alice()).unwrap();
    expect(Level::Info, "keycask::change", &["key.created key_", &format!("key.rotated {id}")]);
    let revocation = Revocation::new(RevocationReason::Policy).note("by a test");
    home.vault.revoke(issued.key().id(), revocation, &alice()).unwrap();
    expect(Level::Info, "keycask::change", &[&format!("key.revoked {id}")]);
    assert_eq!(home.outcome(&issued), "revoked");
    expect(Level::Debug, "keycask::verify", &[&format!("{id} refused: revoked")]);

    let rows = [ImportRow::new("ab".repeat(32)).owner("acct_42")];
    home.vault.import(rows, &ImportOptions::new(), &alice()).unwrap();
    let imported = told();
    assert_eq!((imported[0].0, imported[1].0), (Level::Debug, Level::Info), "{imported:?}");
    assert!(imported[0].2.starts_with("key.imported key_"), "{imported:?}");
    assert_eq!(imported[1].2, "imported 1, existing 0, refused 0, warned 0");

    std::fs::remove_file(home.path()).unwrap();
    home.vault.policy().unwrap_err();
    expect(Level::Error, "keycask::store", &["deleted, renamed or replaced"]);
    home.vault.policy().unwrap_err();
    expect(Level::Error, "keycask::store", &[]);
    drop(again);
}
