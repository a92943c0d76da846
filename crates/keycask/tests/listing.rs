//! Guards against a list that leaves out keys, tells them twice, or judges their states by another time.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and opens files of its own"
)]

mod common;

use common::{DAY, HOUR, Home, alice, start};
use keycask::{ErrorKind, KeyFilter, KeyId, KeyState, NewKey, RevocationReason, Rotation};

fn names(home: &Home, filter: KeyFilter) -> Vec<String> {
    let keys = home.vault.keys_at(filter, start() + 2 * HOUR).unwrap();
    keys.map(|key| key.unwrap().name().unwrap_or("-").to_owned()).collect()
}

#[test]
fn every_key_is_listed_once_in_the_order_of_creation() {
    let home = Home::new();
    let keys = (0..1_234).map(|n| NewKey::new("acme_live").name(n.to_string())).collect();
    home.vault.create_keys(keys, &alice()).unwrap();
    let listed = names(&home, KeyFilter::new());
    assert_eq!(listed, (0..1_234).map(|n| n.to_string()).collect::<Vec<_>>());
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let filter = KeyFilter::new().limit(100);
        let filter = after.map_or(filter.clone(), |id| filter.after(id));
        let page: Vec<_> = home.vault.keys(filter).unwrap().map(Result::unwrap).collect();
        let Some(last) = page.last() else { break };
        after = Some(last.id());
        pages.extend(page.iter().map(|key| key.name().unwrap().to_owned()));
    }
    assert_eq!(pages, listed);
}

#[test]
fn each_filter_and_each_state_finds_its_own() {
    let home = Home::new();
    let create = |name: &str, request: NewKey| home.create_at(request.name(name), start());
    let key = || NewKey::new("acme_live").owner("acct_1");
    create("active", key().scope("a:*"));
    create("expired", key().expires_at(start() + HOUR));
    create("not_yet_valid", key().not_before(start() + DAY));
    create("other", NewKey::new("acme_test").owner("acct_2").scope("a:b"));
    let revoked = create("revoked", key());
    home.vault.revoke_at(revoked.key().id(), RevocationReason::Policy, &alice(), start()).unwrap();
    for (name, grace) in [("superseded", DAY), ("rotated_out", HOUR)] {
        let old = create(name, key());
        let rotation = Rotation::planned().grace(grace);
        home.vault.rotate_at(old.key().id(), rotation, &alice(), start()).unwrap();
    }
    for state in KeyState::ALL.iter().filter(|state| **state != KeyState::Disabled) {
        let found = names(&home, KeyFilter::new().owner("acct_1").state(*state));
        let expected: &[&str] = match state {
            KeyState::Active => &["active", "superseded", "rotated_out"],
            other => &[other.as_str()],
        };
        assert_eq!(found, expected, "{state}");
    }
    assert_eq!(names(&home, KeyFilter::new().owner("acct_2")), ["other"]);
    assert_eq!(names(&home, KeyFilter::new().prefix("acme_test")), ["other"]);
    assert_eq!(names(&home, KeyFilter::new().name("other")), ["other"]);
    assert_eq!(names(&home, KeyFilter::new().scope("a:b")), ["active", "other"]);
    assert_eq!(names(&home, KeyFilter::new().owner("nobody")), Vec::<String>::new());
    let both = KeyFilter::new().state(KeyState::Revoked).state(KeyState::Expired);
    assert_eq!(names(&home, both), ["expired", "revoked"]);
    assert_eq!(
        home.vault.prefixes().unwrap().iter().map(keycask::Prefix::as_str).collect::<Vec<_>>(),
        ["acme_live", "acme_test"]
    );
}

#[test]
fn an_unknown_id_is_not_found() {
    let home = Home::new();
    let unknown: KeyId = "key_00000000000000000000000000".parse().unwrap();
    assert_eq!(home.vault.key(unknown).unwrap_err().kind(), ErrorKind::NotFound);
    let Err(error) = home.vault.keys(KeyFilter::new().after(unknown)) else { panic!("listed") };
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = home.vault.rotate(unknown, Rotation::planned(), &alice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
