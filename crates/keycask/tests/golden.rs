//! Guards against a version that can't use a vault of an older one: each golden vault opens, its secrets
//! have the outcomes that they had, its logs the roots that they had, and it goes on working.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and opens files of its own"
)]

mod common;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use common::alice;
use keycask::{NewKey, NoticeFilter, Request, RevocationReason, Rotation, Vault};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

/// The columns of each line of the vault's list that begins with `word`.
fn lines(schema: u32, word: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(fixtures().join(format!("schema-{schema}.txt"))).unwrap();
    let columns = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
    text.lines().map(columns).filter(|columns| columns[0] == word).collect()
}

fn opened(schema: u32) -> (tempfile::TempDir, Vault) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    std::fs::write(&path, common::bytes_of(&fixtures().join(format!("schema-{schema}.vault")))).unwrap();
    let vault = Vault::open(&path).unwrap();
    (folder, vault)
}

#[test]
fn a_vault_of_schema_1_is_what_it_was_and_goes_on() {
    let (_folder, vault) = opened(1);
    let secrets = lines(1, "secret");
    assert_eq!(secrets.len(), 27);
    for line in &secrets {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(line[2].parse().unwrap());
        let verdict = vault.verify_at(&line[1], &Request::new().no_event(), now).unwrap();
        assert_eq!(verdict.outcome().as_str(), line[3], "{line:?}");
    }
    let report = vault.verify_logs().unwrap();
    assert!(report.ok(), "{report:?}");
    let roots = lines(1, "root");
    assert_eq!(roots.len(), report.logs().len());
    for (line, log) in roots.iter().zip(report.logs()) {
        assert_eq!(line[1..], [log.log().as_str().to_owned(), log.size().to_string(), log.root_hex()]);
    }
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let notices = vault.notices_at(NoticeFilter::new(), start).unwrap().map(Result::unwrap);
    let kinds: Vec<_> = notices.map(|notice| notice.kind().as_str()).collect();
    // The first three are in the file; the others are brought by the time of asking.
    assert_eq!(kinds[..3], ["rotated", "emergency_rotated", "revoked"]);
    assert_eq!(kinds[3..], ["window_ending", "expiring", "rotation_due"]);
    let issued = vault.create_key(NewKey::new("acme_live"), &alice()).unwrap();
    let new = vault.rotate(issued.key().id(), Rotation::planned(), &alice()).unwrap();
    vault.revoke(new.key().id(), RevocationReason::Policy, &alice()).unwrap();
    assert!(vault.check().unwrap().ok());
    assert!(vault.verify_logs().unwrap().ok());
}
