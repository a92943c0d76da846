//! Guards against a retry that issues a second key, or a request id that answers another request.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{DAY, HOUR, Home, alice, start};
use keycask::{ErrorKind, NewKey, Request, Rotation};

fn request() -> NewKey {
    NewKey::new("acme_live").owner("acct").scope("a:b").expires_in(DAY).request_id("r-1")
}

#[test]
fn a_repeated_create_gets_the_same_key_without_its_secret() {
    let home = Home::new();
    let first = home.create_at(request(), start());
    assert!(!first.replayed());
    let before = home.content();
    let again = home.create_at(request(), start() + HOUR);
    assert!(again.replayed() && again.try_secret().is_none());
    assert_eq!(again.key(), &home.key(&first));
    assert_eq!(home.content(), before, "a replay left a trace");
    let filter = keycask::ChangeFilter::new().key(first.key().id());
    let change = home.vault.changes(filter).unwrap().next().unwrap().unwrap();
    assert_eq!(change.request_id(), Some("r-1"));
}

#[test]
fn the_same_id_with_another_request_is_a_conflict() {
    let home = Home::new();
    home.create_at(request(), start());
    let before = home.content();
    for other in [
        request().name("x"),
        request().scope("b:c"),
        request().expires_in(HOUR),
        request().expires_at(start() + DAY),
        request().metadata("{}"),
        request().rotate_after(DAY),
        request().not_before(start()),
        request().notify_email("ops@example.com"),
        request().encoding(keycask::Encoding::Base64Url),
    ] {
        let error = home.vault.create_key_at(other.clone(), &alice(), start()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{other:?}");
    }
    assert_eq!(home.content(), before);
}

#[test]
fn ids_count_for_one_owner_and_one_verb() {
    let home = Home::new();
    let first = home.create_at(request(), start());
    assert!(!home.create_at(request().owner("other"), start()).replayed());
    let rotation = Rotation::planned().request_id("r-1");
    let rotate = |rotation| home.vault.rotate_at(first.key().id(), rotation, &alice(), start());
    let new = rotate(rotation.clone()).unwrap();
    assert!(!new.replayed());
    let again = rotate(rotation.clone()).unwrap();
    assert_eq!((again.replayed(), again.key().id()), (true, new.key().id()));
    for other in [rotation.clone().grace(HOUR), Rotation::emergency().request_id("r-1")] {
        assert_eq!(rotate(other).unwrap_err().kind(), ErrorKind::Conflict);
    }
    assert!(home.vault.rotate_at(new.key().id(), rotation, &alice(), start()).is_ok());
}

#[test]
fn a_request_id_over_its_limit_is_refused() {
    let home = Home::new();
    for id in ["", "a\nb", &"r".repeat(129)] {
        let error = home.vault.create_key(NewKey::new("acme_live").request_id(id), &alice()).unwrap_err();
        assert!(error.to_string().starts_with("request_id"), "{error}");
    }
}

/// A client that retries at once through two processes: here two handles.
#[test]
fn concurrent_repeats_issue_one_key() {
    let home = Home::new();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let retry = || keycask::Vault::open(home.path()).unwrap().create_key(request(), &alice()).unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(retry)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|issued| !issued.replayed()).count(), 1);
    assert_eq!(home.keys().len(), 1);
    let secret = answers.iter().find_map(keycask::Issued::try_secret).unwrap();
    assert_eq!(home.vault.verify(secret.expose(), &Request::new()).unwrap().outcome().as_str(), "valid");
}
