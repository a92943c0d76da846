//! Guards against input that is half stored: each limit is checked before anything is written, with an error
//! that names what is wrong, and the vault's content stays as it was.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and opens files of its own"
)]

mod common;

use std::time::{Duration, SystemTime};

use common::{DAY, HOUR, Home, alice, start};
use keycask::{
    Actor, ErrorKind, NewKey, Policy, Prefix, Reason, Request, Revocation, RevocationReason, Rotation,
    Verdict,
};

fn key() -> NewKey {
    NewKey::new("acme_live").owner("acct")
}

#[test]
fn every_limit_of_a_new_key_is_its_own_error() {
    let home = Home::new();
    let long = |n: usize| "x".repeat(n);
    let cases: Vec<(&str, NewKey)> = vec![
        ("prefix", NewKey::new("")),
        ("prefix", NewKey::new("a")),
        ("prefix", NewKey::new("Acme")),
        ("prefix", NewKey::new("acme__live")),
        ("prefix", NewKey::new("acme_")),
        ("prefix", NewKey::new("acme\0live")),
        ("prefix", NewKey::new(long(25))),
        ("owner", key().owner(long(257))),
        ("owner", key().owner("a\nb")),
        ("name", key().name("")),
        ("name", key().name(long(257))),
        ("name", key().name("tab\there")),
        ("scope", key().scope("")),
        ("scope", key().scope("a b")),
        ("scope", key().scope("*")),
        ("scope", key().scope(long(65))),
        ("scopes", key().scopes((0..65).map(|n| n.to_string()))),
        ("metadata", key().metadata("[1]")),
        ("metadata", key().metadata("{")),
        ("metadata", key().metadata(format!("{{\"a\":\"{}\"}}", long(4096)))),
        ("notify_email", key().notify_email("nobody")),
        ("notify_email", key().notify_email(format!("{}@example.com", long(250)))),
        ("expires_at", key().expires_at(start())),
        ("expires_at", key().expires_at(start() - HOUR)),
        ("expires_at", key().expires_in(Duration::ZERO)),
        ("expires_in", key().expires_in(Duration::from_secs(u64::MAX))),
        ("expires_at", key().expires_at(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 45))),
        ("not_before", key().not_before(start() + DAY).expires_at(start() + DAY)),
        ("not_before", key().not_before(start() + 2 * DAY).expires_at(start() + DAY)),
        ("rotate_after", key().rotate_after(Duration::ZERO)),
        ("rotate_after", key().rotate_after(Duration::from_millis(1500))),
        ("rotate_after", key().rotate_after(Duration::from_secs(u64::MAX))),
    ];
    let before = home.content();
    for (what, case) in cases {
        let error = home.vault.create_key_at(case.clone(), &alice(), start()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{case:?}");
        assert!(error.to_string().starts_with(what), "{case:?}: {error}");
    }
    assert_eq!(home.content(), before);
}

#[test]
fn the_last_byte_of_each_limit_fits() {
    let home = Home::new();
    let full = NewKey::new("a23456789_123456789_1234")
        .owner("o".repeat(256))
        .name("é".repeat(128))
        .scopes((0..64).map(|n| format!("{n:0>64}")))
        .metadata(format!("{{\"a\":\"{}\"}}", "x".repeat(4088)))
        .notify_email(format!("{}@example.com", "o".repeat(242)));
    let issued = home.create_at(full, start());
    let key = home.key(&issued);
    assert_eq!(key.metadata().map(str::len), Some(4096));
    assert_eq!((key.owner().len(), key.name().map(str::len), key.scopes().len()), (256, Some(256), 64));
}

#[test]
fn one_bad_key_of_many_creates_none() {
    let home = Home::new();
    let before = home.content();
    let error = home.vault.create_keys(vec![key(), key().name(""), key()], &alice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(home.content(), before);
    assert!(home.vault.create_keys(Vec::new(), &alice()).unwrap().is_empty());
    assert_eq!(home.content(), before);
}

#[test]
fn other_verbs_check_before_they_write() {
    let home = Home::new();
    let issued = home.create("acct");
    let id = issued.key().id();
    let before = home.content();
    for note in ["", "a\u{7}b", &"n".repeat(1025)] {
        let revocation = Revocation::new(RevocationReason::Policy).note(note);
        let error = home.vault.revoke(id, revocation, &alice()).unwrap_err();
        assert!(error.to_string().starts_with("note"), "{error}");
    }
    for actor in ["", "a\0", &"a".repeat(257)] {
        assert_eq!(Actor::new(actor).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
    assert!(alice().request_id("r".repeat(129)).is_err());
    let past = Rotation::planned().expires_at(SystemTime::UNIX_EPOCH);
    assert_eq!(home.vault.rotate(id, past, &alice()).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let request_id = "r".repeat(129);
    let request = Request::new().request_id(&request_id);
    let error = home.vault.verify(issued.secret().expose(), &request).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(home.content(), before);
}

#[test]
fn the_policy_is_checked_and_obeyed() {
    let home = Home::new();
    let wrong = {
        let mut policy = Policy::default();
        policy.max_grace = 31 * DAY;
        policy
    };
    let before = home.content();
    assert_eq!(home.vault.set_policy(&wrong, &alice()).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(home.content(), before);

    let mut policy = Policy::default();
    policy.prefixes = vec![Prefix::new("acme_live").unwrap()];
    policy.max_lifetime = Some(DAY);
    policy.max_living_keys = Some(2);
    home.vault.set_policy(&policy, &alice()).unwrap();
    assert_eq!(home.vault.policy().unwrap(), policy);
    let refuse = |request: NewKey| home.vault.create_key_at(request, &alice(), start()).unwrap_err();
    assert!(refuse(NewKey::new("acme_test")).to_string().starts_with("prefix"));
    assert!(refuse(key().expires_in(2 * DAY)).to_string().starts_with("expires_at"));
    let first = home.create_at(key(), start());
    assert_eq!(home.key(&first).expires_at(), Some(start() + DAY));
    home.create_at(key(), start());
    assert_eq!(refuse(key()).kind(), ErrorKind::Conflict);
    home.vault.revoke_at(first.key().id(), RevocationReason::NoLongerUsed, &alice(), start()).unwrap();
    home.create_at(key(), start());
}

#[test]
fn what_no_secret_can_be_is_malformed_and_never_an_error() {
    let home = Home::new();
    let secret = home.create("acct").secret().expose().to_owned();
    let before = home.content();
    let mut presented: Vec<Vec<u8>> = vec![
        Vec::new(),
        vec![0; 10],
        vec![0xff; 59],
        vec![b'a'; 256],
        vec![b'a'; 257],
        vec![b'a'; 10_000_000],
        format!("{secret}\n").into_bytes(),
        format!(" {secret}").into_bytes(),
        secret.to_uppercase().into_bytes(),
        secret.replace('_', "-").into_bytes(),
    ];
    presented.extend((0..secret.len()).map(|end| secret.as_bytes()[..end].to_vec()));
    for bytes in presented {
        let verdict = home.vault.verify(&bytes, &Request::new().no_event()).unwrap();
        let Verdict::Refused(refusal) = verdict else { panic!("let in: {} bytes", bytes.len()) };
        assert_eq!(refusal.reason(), Reason::Malformed, "{} bytes", bytes.len());
        assert_eq!((refusal.http_status(), refusal.key_id()), (401, None));
        assert!(home.vault.identify(&bytes).unwrap().is_none());
    }
    assert_eq!(home.content(), before, "a malformed secret left a trace");
}

/// Ten megabytes must cost no hashing and no look at the file: here there is no file any more.
#[test]
fn a_long_presented_secret_is_refused_without_a_look_at_the_vault() {
    let home = Home::new();
    std::fs::remove_file(home.path()).unwrap();
    let verdict = home.vault.verify(vec![b'a'; 10_000_000], &Request::new()).unwrap();
    assert_eq!(verdict.outcome().as_str(), "malformed");
}
