//! Guards against a notice that no sender gets, that two get at once, or that is tried for ever: claims run
//! out, waits grow, and what was given up waits for a person.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::{Duration, SystemTime};

use common::{DAY, HOUR, Home, MS, alice, run_role, start, this_test};
use keycask::{
    ErrorKind, KeyUpdate, NewKey, Notice, NoticeClaim, NoticeFilter, NoticeId, Retries, RevocationReason,
    Vault,
};

const MINUTE: Duration = Duration::from_secs(60);

/// A vault in which so many keys were revoked.
fn with_notices(count: usize) -> (Home, Vec<NoticeId>) {
    let home = Home::new();
    let keys = vec![NewKey::new("acme_live"); count];
    for issued in home.vault.create_keys_at(keys, &alice(), start()).unwrap() {
        home.vault.revoke_at(issued.key().id(), RevocationReason::Policy, &alice(), start()).unwrap();
    }
    let ids = list(&home, NoticeFilter::new()).iter().map(Notice::id).collect();
    (home, ids)
}

fn list(home: &Home, filter: NoticeFilter) -> Vec<Notice> {
    home.vault.notices_at(filter, start()).unwrap().map(Result::unwrap).collect()
}

fn claim(home: &Home, claim: NoticeClaim, now: SystemTime) -> Vec<NoticeId> {
    home.vault.claim_notices_at(claim, now).unwrap().iter().map(Notice::id).collect()
}

#[test]
fn a_claim_is_its_senders_own_until_it_runs_out() {
    let (home, ids) = with_notices(3);
    let one = NoticeClaim::new(MINUTE);
    assert_eq!(claim(&home, one, start()), ids[..1]);
    assert_eq!(claim(&home, one.limit(2), start()), ids[1..]);
    assert!(claim(&home, one.limit(9), start() + MINUTE - MS).is_empty());
    assert!(claim(&home, one.limit(0), start() + HOUR).is_empty());
    assert_eq!(list(&home, NoticeFilter::new()).len(), 3, "a claimed notice is not acknowledged");
    home.vault.ack_at(ids[1], start()).unwrap();
    assert_eq!(claim(&home, one.limit(9), start() + MINUTE), [ids[0], ids[2]]);
    assert_eq!(list(&home, NoticeFilter::new())[0].attempts(), 0, "a claim that runs out is no failure");
}

#[test]
fn a_round_ends_though_its_notices_fail() {
    let (home, ids) = with_notices(40);
    let mut round = NoticeClaim::new(Duration::ZERO);
    let mut seen = Vec::new();
    while let Some(id) = claim(&home, round, start()).pop() {
        seen.push(id);
        round = round.after(id);
    }
    assert_eq!(seen, ids);
}

#[test]
fn the_wait_doubles_and_ends_in_a_dead_letter_that_can_be_tried_again() {
    let (home, ids) = with_notices(1);
    let retries = Retries::new().first(MINUTE).longest(3 * MINUTE).attempts(4);
    let mut now = start();
    for wait in [MINUTE, 2 * MINUTE, 3 * MINUTE] {
        assert_eq!(claim(&home, NoticeClaim::new(HOUR), now), ids);
        let failed = home.vault.notice_failed_at(ids[0], &retries, now).unwrap();
        assert_eq!((failed.next_attempt_at(), failed.dead_at()), (Some(now + wait), None));
        assert!(claim(&home, NoticeClaim::new(HOUR), now + wait - MS).is_empty());
        now += wait;
    }
    assert!(list(&home, NoticeFilter::new().dead()).is_empty());
    let dead = home.vault.notice_failed_at(ids[0], &retries, now).unwrap();
    assert_eq!((dead.next_attempt_at(), dead.dead_at(), dead.attempts()), (None, Some(now), 4));
    assert!(claim(&home, NoticeClaim::new(HOUR), now + 1000 * DAY).is_empty());
    assert_eq!(list(&home, NoticeFilter::new().dead()).len(), 1);
    assert_eq!(list(&home, NoticeFilter::new()).len(), 1, "a dead letter is unacknowledged");
    // A failure that is reported late changes nothing any more.
    assert_eq!(home.vault.notice_failed_at(ids[0], &retries, now + DAY).unwrap().attempts(), 4);

    let again = home.vault.retry_notice(ids[0]).unwrap();
    assert_eq!((again.attempts(), again.dead_at()), (0, None));
    assert_eq!(claim(&home, NoticeClaim::new(HOUR), now), ids);
    home.vault.ack_at(ids[0], now).unwrap();
    assert_eq!(home.vault.notice_failed_at(ids[0], &retries, now).unwrap().acked_at(), Some(now));
    assert_eq!(home.vault.retry_notice(ids[0]).unwrap_err().kind(), ErrorKind::Conflict);
    let unknown = "notice_00000000000000000000000000".parse().unwrap();
    for error in [
        home.vault.notice_failed(unknown, &retries).unwrap_err(),
        home.vault.retry_notice(unknown).unwrap_err(),
        home.vault.claim_notices(NoticeClaim::new(HOUR).after(unknown)).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

#[test]
fn a_claim_sweeps_and_takes_only_what_holds() {
    let home = Home::new();
    let request = || NewKey::new("acme_live").expires_at(start() + DAY);
    let keys: Vec<_> = (0..40).map(|_| home.create_at(request(), start()).key().id()).collect();
    for id in &keys[..38] {
        let later = KeyUpdate::new().expires_at(Some(start() + 2 * DAY));
        list(&home, NoticeFilter::new());
        home.vault.update_at(*id, &later, &alice(), start()).unwrap();
    }
    // 38 stale ones stand before the two of keys that stayed as they were, and 38 new ones behind.
    let all = NoticeClaim::new(HOUR).limit(100);
    let claimed = home.vault.claim_notices_at(all, start()).unwrap();
    let stayed: Vec<_> = claimed.iter().filter(|notice| notice.about() == start() + DAY).collect();
    assert_eq!((claimed.len(), stayed.len()), (40, 2));
    // Whoever claims later puts away what can never hold again.
    assert!(claim(&home, all, start() + 3 * DAY).is_empty());
    assert!(list(&home, NoticeFilter::new().all()).iter().all(|notice| notice.acked_at().is_some()));
}

#[test]
fn stale_notices_hide_no_others() {
    let home = Home::new();
    let stale: Vec<_> = (0..100)
        .map(|_| home.create_at(NewKey::new("acme_live").expires_at(start() + DAY), start()).key().id())
        .collect();
    assert_eq!(list(&home, NoticeFilter::new()).len(), 100);
    for id in stale {
        home.vault.update_at(id, &KeyUpdate::new().expires_at(None), &alice(), start()).unwrap();
    }
    let revoked = home.create("acct");
    home.vault.revoke_at(revoked.key().id(), RevocationReason::Policy, &alice(), start()).unwrap();
    let claimed = home.vault.claim_notices_at(NoticeClaim::new(HOUR), start()).unwrap();
    assert_eq!(claimed[0].key_id(), revoked.key().id());
    assert_eq!(list(&home, NoticeFilter::new()).len(), 1);
}

#[test]
fn a_sender_without_an_address_of_its_own_leaves_what_has_none() {
    let home = Home::new();
    for address in [None, Some("ops@example.com"), None] {
        let mut request = NewKey::new("acme_live");
        if let Some(address) = address {
            request = request.notify_email(address);
        }
        let id = home.create_at(request, start()).key().id();
        home.vault.revoke_at(id, RevocationReason::Policy, &alice(), start()).unwrap();
    }
    let all = NoticeClaim::new(HOUR).limit(9);
    let addressed = home.vault.claim_notices_at(all.addressed(), start()).unwrap();
    assert_eq!(addressed.iter().map(Notice::notify_email).collect::<Vec<_>>(), [Some("ops@example.com")]);
    assert_eq!(claim(&home, all, start()).len(), 2);
}

#[test]
fn two_senders_never_hold_the_same_notice() {
    const NOTICES: usize = 300;
    let name = "two_senders_never_hold_the_same_notice";
    if let Some(path) = common::role() {
        let vault = Vault::open(path).unwrap();
        loop {
            let claimed = vault.claim_notices_at(NoticeClaim::new(HOUR).limit(7), start()).unwrap();
            if claimed.is_empty() {
                return;
            }
            for notice in claimed {
                // One failure each: a notice that two had would end with two.
                vault.notice_failed_at(notice.id(), &Retries::new().first(DAY), start()).unwrap();
            }
        }
    }
    let (home, ids) = with_notices(NOTICES);
    let path = home.path().display().to_string();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| run_role(&mut this_test(name, &path)));
        }
    });
    let tried: Vec<u32> = list(&home, NoticeFilter::new()).iter().map(Notice::attempts).collect();
    assert_eq!(tried, vec![1; ids.len()]);
}
