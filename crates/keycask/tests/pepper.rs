//! Guards against a pepper that is lost without a word: a vault that needs one and doesn't get it is an
//! error, never an unknown key; and no key dies when one is introduced, rotated or retired.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Home, alice, bytes_of};
use keycask::{ErrorKind, Issued, NewKey, Pepper, Request, RevocationReason, UseMode, Vault, VaultOptions};
use sha2::{Digest, Sha256};

fn pepper(byte: u8) -> Pepper {
    Pepper::new(vec![byte; 32]).unwrap()
}

fn open(home: &Home, peppers: &[u8]) -> keycask::Result<Vault> {
    let options = VaultOptions::new();
    peppers.iter().fold(options, |options, byte| options.pepper(pepper(*byte))).open(home.path())
}

fn outcome(vault: &Vault, issued: &Issued) -> &'static str {
    vault.verify(issued.secret().expose(), &Request::new()).unwrap().outcome().as_str()
}

fn fails(vault: &Vault, issued: &Issued) -> ErrorKind {
    vault.verify(issued.secret().expose(), &Request::new()).unwrap_err().kind()
}

/// Whether the plain digest of a secret stands in the vault's file or its log.
fn file_holds_plain_digest(home: &Home, issued: &Issued) -> bool {
    let digest = Sha256::digest(issued.secret().expose());
    ["", "-wal"].iter().any(|suffix| {
        let bytes = bytes_of(format!("{}{suffix}", home.path().display()).as_ref());
        bytes.windows(32).any(|window| window == digest.as_slice())
    })
}

#[test]
fn introduced_on_a_vault_in_use_it_covers_every_key_at_once() {
    let home = Home::new();
    let keys: Vec<_> = (0..2_500).map(|_| NewKey::new("acme_live")).collect();
    let issued = home.vault.create_keys(keys, &alice()).unwrap();
    home.vault.revoke(issued[1].key().id(), RevocationReason::Policy, &alice()).unwrap();
    let ready = open(&home, &[1]).unwrap();
    let without = open(&home, &[]).unwrap();
    assert_eq!((outcome(&ready, &issued[0]), outcome(&without, &issued[0])), ("valid", "valid"));
    assert!(home.vault.set_pepper(pepper(1), &alice()).unwrap());
    assert!(!home.vault.set_pepper(pepper(1), &alice()).unwrap());
    for vault in [&home.vault, &ready] {
        assert_eq!(outcome(vault, &issued[0]), "valid");
        assert_eq!(outcome(vault, &issued[1]), "revoked");
        assert_eq!(outcome(vault, &issued[2_499]), "valid");
    }
    assert_eq!(fails(&without, &issued[0]), ErrorKind::Pepper);
    let later = ready.create_key(NewKey::new("acme_live"), &alice()).unwrap();
    assert_eq!(outcome(&home.vault, &later), "valid");
    assert!(!file_holds_plain_digest(&home, &later));
    assert!(home.vault.keys_on_retired_pepper().unwrap().is_empty());
}

#[test]
fn a_wrong_or_missing_pepper_is_an_error_at_open() {
    let home = Home::new();
    home.vault.set_pepper(pepper(1), &alice()).unwrap();
    for (given, words) in [(&[][..], "none was given"), (&[2][..], "is another")] {
        let error = open(&home, given).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Pepper);
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(open(&home, &[1]).is_ok());
    assert!(open(&home, &[2, 1]).is_ok());
}

#[test]
fn rotated_it_moves_each_key_at_its_next_valid_use() {
    let home = Home::new();
    let [used, idle, dead] = ["used", "idle", "dead"].map(|name| home.create(name));
    home.vault.revoke(dead.key().id(), RevocationReason::Policy, &alice()).unwrap();
    home.vault.set_pepper(pepper(1), &alice()).unwrap();
    let old_only = open(&home, &[1]).unwrap();
    let both = open(&home, &[2, 1]).unwrap();
    both.set_pepper(pepper(2), &alice()).unwrap();
    assert_eq!(fails(&old_only, &used), ErrorKind::Pepper);
    assert_eq!(open(&home, &[2]).unwrap_err().kind(), ErrorKind::Pepper, "idle keys still need the old one");
    let waiting = || -> Vec<String> {
        both.keys_on_retired_pepper().unwrap().iter().map(|key| key.owner().to_owned()).collect()
    };
    assert_eq!(waiting(), ["used", "idle"]);
    assert_eq!(outcome(&both, &dead), "revoked");
    assert_eq!(outcome(&both, &used), "valid");
    assert_eq!(waiting(), ["idle"]);
    let error = both.retire_pepper(&alice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("1 living keys"), "{error}");
    assert_eq!(outcome(&both, &idle), "valid");
    both.retire_pepper(&alice()).unwrap();
    let new_only = open(&home, &[2]).unwrap();
    assert_eq!((outcome(&new_only, &used), outcome(&new_only, &idle)), ("valid", "valid"));
    assert_eq!(outcome(&new_only, &dead), "unknown");
    assert!(new_only.verify_logs().unwrap().ok() && new_only.check().unwrap().ok());
}

#[test]
fn keys_move_with_uses_off_too() {
    let home = Home::new();
    let issued = home.create("acct");
    let mut policy = home.vault.policy().unwrap();
    policy.use_mode = UseMode::Off;
    home.vault.set_policy(&policy, &alice()).unwrap();
    home.vault.set_pepper(pepper(1), &alice()).unwrap();
    home.vault.set_pepper(pepper(2), &alice()).unwrap();
    assert_eq!(home.vault.keys_on_retired_pepper().unwrap().len(), 1);
    assert_eq!(outcome(&home.vault, &issued), "valid");
    assert!(home.vault.keys_on_retired_pepper().unwrap().is_empty());
}

#[test]
fn a_new_vault_has_it_from_the_start_and_rotation_and_revocation_work_under_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let vault = VaultOptions::new().pepper(pepper(7)).create(&path).unwrap();
    let old = vault.create_key(NewKey::new("acme_live"), &alice()).unwrap();
    let new = vault.rotate(old.key().id(), keycask::Rotation::planned(), &alice()).unwrap();
    assert_eq!((outcome(&vault, &old), outcome(&vault, &new)), ("valid", "valid"));
    assert_eq!(vault.identify(old.secret().expose()).unwrap().unwrap().id(), old.key().id());
    vault.revoke_secret(new.secret().expose(), RevocationReason::Compromised, &alice()).unwrap();
    assert_eq!(outcome(&vault, &new), "revoked");
    assert_eq!(Vault::open(&path).unwrap_err().kind(), ErrorKind::Pepper);
}

#[test]
fn it_is_told_in_the_log_and_never_shown() {
    let home = Home::new();
    home.create("acct");
    home.vault.set_pepper(pepper(b'p'), &alice()).unwrap();
    let filter = keycask::ChangeFilter::new().kind(keycask::ChangeKind::PepperChanged);
    let change = home.vault.changes(filter).unwrap().next().unwrap().unwrap();
    assert_eq!(change.detail(), "{\"action\":\"introduced\",\"generation\":1,\"keys\":1}");
    let told = format!("{:?} {:?} {:?}", pepper(b'p'), VaultOptions::new().pepper(pepper(b'p')), home.vault);
    assert!(!told.contains("pppp") && !told.contains("112, 112"), "{told}");
    let bytes = bytes_of(&home.path());
    assert!(!bytes.windows(32).any(|window| window == [b'p'; 32]));
}

#[test]
fn it_is_read_from_a_file_or_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pepper");
    std::fs::write(&file, format!("{}\n", "7".repeat(32))).unwrap();
    let home = Home::new();
    let issued = home.create("acct");
    home.vault.set_pepper(Pepper::from_file(&file).unwrap(), &alice()).unwrap();
    let vault = VaultOptions::new().pepper(Pepper::new("7".repeat(32)).unwrap()).open(home.path()).unwrap();
    assert_eq!(outcome(&vault, &issued), "valid");
    assert_eq!(Pepper::from_file(folder.path().join("no")).unwrap_err().kind(), ErrorKind::Pepper);
    assert_eq!(Pepper::from_env("KEYCASK_NO_SUCH_VARIABLE").unwrap_err().kind(), ErrorKind::Pepper);
    std::fs::write(&file, "short").unwrap();
    assert_eq!(Pepper::from_file(&file).unwrap_err().kind(), ErrorKind::InvalidArgument);
}
