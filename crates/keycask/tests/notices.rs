//! Guards against a notice that is lost, written twice or false: each change that people must hear of has
//! one, what time alone brings has one for each moment, and none speaks of a moment that was moved or of a
//! key that is dead.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::{Duration, SystemTime};

use common::{DAY, HOUR, Home, MS, alice, bytes_of, run_role, start, this_test};
use keycask::{
    ErrorKind, Issued, KeyId, KeyUpdate, NewKey, Notice, NoticeFilter, NoticeId, NoticeKind,
    RevocationReason, Rotation, Vault,
};

fn notices_at(vault: &Vault, filter: NoticeFilter, now: SystemTime) -> Vec<Notice> {
    vault.notices_at(filter, now).unwrap().map(Result::unwrap).collect()
}

/// The kinds of the unacknowledged notices.
fn kinds(home: &Home, now: SystemTime) -> Vec<&'static str> {
    notices_at(&home.vault, NoticeFilter::new(), now).iter().map(|notice| notice.kind().as_str()).collect()
}

fn rotate(home: &Home, key: &Issued, rotation: Rotation) -> Issued {
    home.vault.rotate_at(key.key().id(), rotation, &alice(), start()).unwrap()
}

fn update(home: &Home, id: KeyId, update: &KeyUpdate, now: SystemTime) {
    home.vault.update_at(id, update, &alice(), now).unwrap();
}

fn ack_all(home: &Home, now: SystemTime) {
    for notice in notices_at(&home.vault, NoticeFilter::new(), now) {
        home.vault.ack_at(notice.id(), now).unwrap();
    }
}

#[test]
fn each_change_that_people_must_hear_of_has_its_notice() {
    let home = Home::new();
    let request = NewKey::new("acme_live").owner("acct_42").name("nightly").notify_email("ops@example.com");
    let key = home.create_at(request, start());
    assert!(kinds(&home, start()).is_empty(), "a new key is no news");

    let new = rotate(&home, &key, Rotation::planned().grace(3 * DAY));
    let rotated = notices_at(&home.vault, NoticeFilter::new(), start()).remove(0);
    assert_eq!(rotated.kind(), NoticeKind::Rotated);
    assert_eq!((rotated.at(), rotated.about()), (start(), start()));
    assert_eq!((rotated.key_id(), rotated.start()), (key.key().id(), key.key().start()));
    assert_eq!((rotated.owner(), rotated.name()), ("acct_42", Some("nightly")));
    assert_eq!(rotated.notify_email(), Some("ops@example.com"));
    let detail = format!(r#"{{"grace_until":"2027-01-18T08:00:00.000Z","successor":"{}"}}"#, new.key().id());
    assert_eq!(rotated.detail(), detail);
    assert_eq!((rotated.acked_at(), rotated.attempts()), (None, 0));

    let last = rotate(&home, &key, Rotation::emergency());
    home.vault.revoke_at(last.key().id(), RevocationReason::OwnerLeft, &alice(), start() + MS).unwrap();
    home.vault.revoke_at(last.key().id(), RevocationReason::Policy, &alice(), start() + HOUR).unwrap();
    let told: Vec<_> = notices_at(&home.vault, NoticeFilter::new(), start() + HOUR)
        .iter()
        .map(|notice| (notice.kind(), notice.key_id(), notice.detail().to_owned()))
        .collect();
    let emergency = format!(r#"{{"reason":"compromised","successor":"{}"}}"#, last.key().id());
    let expected = [
        (NoticeKind::Rotated, key.key().id(), detail),
        (NoticeKind::EmergencyRotated, key.key().id(), emergency),
        (NoticeKind::Revoked, last.key().id(), r#"{"reason":"owner_left"}"#.to_owned()),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_grace_that_was_cut_is_told_as_it_is() {
    let home = Home::new();
    let trial = home.create_at(NewKey::new("acme_live").expires_at(start() + HOUR), start());
    rotate(&home, &trial, Rotation::planned().grace(DAY));
    let rotated = notices_at(&home.vault, NoticeFilter::new().kind(NoticeKind::Rotated), start());
    assert!(rotated[0].detail().contains("2027-01-15T09:00:00.000Z"), "{}", rotated[0].detail());
}

#[test]
fn a_rotation_that_was_undone_and_made_again_at_the_same_time_is_told_twice() {
    let home = Home::new();
    let key = home.create_at(NewKey::new("acme_live").expires_at(start() + 2 * DAY), start());
    let mut successors = Vec::new();
    for _ in 0..3 {
        successors.push(rotate(&home, &key, Rotation::planned().grace(7 * DAY)).key().id());
        home.vault.cancel_rotation_at(key.key().id(), false, &alice(), start()).unwrap();
    }
    let rotated = notices_at(&home.vault, NoticeFilter::new().kind(NoticeKind::Rotated), start());
    for (notice, successor) in rotated.iter().zip(&successors) {
        assert!(notice.detail().contains(&successor.to_string()));
    }
    let revoked = notices_at(&home.vault, NoticeFilter::new().kind(NoticeKind::Revoked), start());
    assert_eq!((rotated.len(), revoked.len()), (3, 3));
    assert!(revoked.iter().all(|notice| notice.detail() == r#"{"reason":"rotation_cancelled"}"#));
}

#[test]
fn a_change_that_was_refused_leaves_no_notice() {
    let home = Home::new();
    let key = home.create_at(NewKey::new("acme_live"), start());
    rotate(&home, &key, Rotation::planned().grace(3 * DAY));
    home.vault.rotate_at(key.key().id(), Rotation::planned(), &alice(), start() + MS).unwrap_err();
    home.vault.rotate_at(key.key().id(), Rotation::planned().grace(DAY), &alice(), start()).unwrap_err();
    assert_eq!(kinds(&home, start()), ["rotated"]);
}

#[test]
fn time_brings_each_notice_at_its_millisecond_and_once() {
    let cases = [
        ("expiring", NewKey::new("acme_live").expires_at(start() + 30 * DAY), 23 * DAY, 30 * DAY),
        ("rotation_due", NewKey::new("acme_live").rotate_after(30 * DAY), 23 * DAY, 30 * DAY),
    ];
    for (kind, request, first, about) in cases {
        let home = Home::new();
        let key = home.create_at(request, start());
        assert!(kinds(&home, start() + first - MS).is_empty(), "{kind} too early");
        for now in [first, first, first + DAY] {
            assert_eq!(kinds(&home, start() + now), [kind]);
        }
        let notice = notices_at(&home.vault, NoticeFilter::new(), start() + first).remove(0);
        assert_eq!((notice.at(), notice.about()), (start() + first, start() + about));
        assert_eq!(notice.key_id(), key.key().id());
        assert!(notice.detail().contains("2027-02-14T08:00:00.000Z"), "{}", notice.detail());
        ack_all(&home, start() + first);
        assert!(kinds(&home, start() + first + DAY).is_empty(), "{kind} came again");
    }
}

#[test]
fn a_window_is_told_a_day_before_it_ends() {
    let home = Home::new();
    let key = home.create_at(NewKey::new("acme_live").expires_at(start() + 3 * DAY), start());
    let new = rotate(&home, &key, Rotation::planned().grace(3 * DAY).expires_at(start() + 100 * DAY));
    ack_all(&home, start());
    assert!(kinds(&home, start() + 2 * DAY - MS).is_empty());
    assert_eq!(kinds(&home, start() + 2 * DAY), ["window_ending"], "and no expiry of a superseded key");
    let notice = notices_at(&home.vault, NoticeFilter::new(), start() + 2 * DAY).remove(0);
    assert_eq!(notice.about(), start() + 3 * DAY);
    assert!(notice.detail().contains(&new.key().id().to_string()));
    // Once the window is over, its end is no news.
    assert!(kinds(&home, start() + 3 * DAY).is_empty());
}

#[test]
fn the_policy_says_how_far_ahead() {
    let home = Home::new();
    home.create_at(NewKey::new("acme_live").expires_at(start() + 30 * DAY), start());
    assert!(kinds(&home, start() + 10 * DAY).is_empty());
    let mut policy = home.vault.policy().unwrap();
    policy.notice_ahead = 20 * DAY;
    home.vault.set_policy(&policy, &alice()).unwrap();
    assert_eq!(kinds(&home, start() + 10 * DAY), ["expiring"]);
}

#[test]
fn an_overdue_rotation_is_told_while_the_key_lives() {
    let home = Home::new();
    let request = NewKey::new("acme_live").rotate_after(HOUR).expires_at(start() + 100 * DAY);
    let key = home.create_at(request, start());
    assert_eq!(kinds(&home, start() + 50 * DAY), ["rotation_due"]);
    rotate(&home, &key, Rotation::planned().grace(Duration::ZERO));
    let filter = NoticeFilter::new().kind(NoticeKind::RotationDue);
    let of_old = |notice: &Notice| notice.key_id() == key.key().id();
    assert!(!notices_at(&home.vault, filter, start() + 50 * DAY).iter().any(of_old), "it was rotated");
}

#[test]
fn dead_keys_have_no_notices_of_what_is_to_come() {
    let request = || NewKey::new("acme_live").expires_at(start() + 2 * DAY).rotate_after(HOUR);
    let dead = |home: &Home| {
        let (revoked, rotated) = (home.create_at(request(), start()), home.create_at(request(), start()));
        home.vault.revoke_at(revoked.key().id(), RevocationReason::Policy, &alice(), start()).unwrap();
        rotate(home, &rotated, Rotation::emergency().expires_at(start() + 100 * DAY));
        [revoked.key().id(), rotated.key().id()]
    };
    let timed = ["window_ending", "expiring", "rotation_due"];
    let home = Home::new();
    let mut gone = dead(&home).to_vec();
    gone.push(home.create_at(request(), start()).key().id());
    for notice in notices_at(&home.vault, NoticeFilter::new().all(), start() + 2 * DAY) {
        let of_the_dead = gone.contains(&notice.key_id()) && timed.contains(&notice.kind().as_str());
        assert!(!of_the_dead, "{notice:?}");
    }
}

#[test]
fn a_notice_whose_key_died_meanwhile_is_not_told() {
    let home = Home::new();
    let key = home.create_at(NewKey::new("acme_live").expires_at(start() + DAY).rotate_after(HOUR), start());
    assert_eq!(kinds(&home, start()), ["expiring", "rotation_due"]);
    home.vault.revoke_at(key.key().id(), RevocationReason::Policy, &alice(), start()).unwrap();
    assert_eq!(kinds(&home, start()), ["revoked"]);
    let all = notices_at(&home.vault, NoticeFilter::new().all(), start());
    assert_eq!(all.len(), 3, "what was written stays on record");
}

#[test]
fn an_expiry_that_was_moved_has_a_notice_of_its_new_time_only() {
    let home = Home::new();
    let id = home.create_at(NewKey::new("acme_live").expires_at(start() + DAY), start()).key().id();
    let abouts = |now: SystemTime| -> Vec<SystemTime> {
        notices_at(&home.vault, NoticeFilter::new(), now).iter().map(Notice::about).collect()
    };
    let move_to = |end: SystemTime| update(&home, id, &KeyUpdate::new().expires_at(Some(end)), start());
    assert_eq!(abouts(start()), [start() + DAY]);
    move_to(start() + 30 * DAY);
    assert!(abouts(start()).is_empty(), "the notice of the old expiry is stale");
    assert!(abouts(start() + DAY).is_empty());
    assert_eq!(abouts(start() + 23 * DAY), [start() + 30 * DAY]);
    // Back again: it was never acknowledged, so that it holds once more, and is written once all the same.
    move_to(start() + DAY);
    assert_eq!(abouts(start()), [start() + DAY]);
    ack_all(&home, start());
    move_to(start() + 30 * DAY);
    move_to(start() + DAY);
    assert!(abouts(start()).is_empty(), "an acknowledged one doesn't come again");
    update(&home, id, &KeyUpdate::new().expires_at(None), start());
    assert!(abouts(start() + 23 * DAY).is_empty());
    assert_eq!(notices_at(&home.vault, NoticeFilter::new().all(), start()).len(), 2);
}

#[test]
fn a_window_that_was_extended_finished_or_cancelled_is_told_as_it_is_now() {
    let staged = || {
        let home = Home::new();
        let key = home.create_at(NewKey::new("acme_live").owner("acct"), start());
        rotate(&home, &key, Rotation::planned().grace(HOUR));
        assert_eq!(kinds(&home, start()), ["rotated", "window_ending"]);
        (home, key.key().id())
    };
    let (home, id) = staged();
    home.vault.extend_rotation_at(id, 2 * DAY, &alice(), start()).unwrap();
    assert_eq!(kinds(&home, start()), ["rotated"]);
    assert_eq!(kinds(&home, start() + DAY), ["rotated", "window_ending"]);
    let (home, id) = staged();
    home.vault.finish_rotation_at(id, &alice(), start()).unwrap();
    assert_eq!(kinds(&home, start()), ["rotated"]);
    let (home, id) = staged();
    home.vault.cancel_rotation_at(id, false, &alice(), start()).unwrap();
    assert_eq!(kinds(&home, start()), ["rotated", "revoked"]);
}

#[test]
fn a_list_pages_through_everything_oldest_first() {
    const KEYS: usize = 1_234;
    let home = Home::new();
    let keys = vec![NewKey::new("acme_live").owner("acct").expires_at(start() + DAY); KEYS];
    home.vault.create_keys_at(keys, &alice(), start()).unwrap();
    let all = notices_at(&home.vault, NoticeFilter::new(), start());
    let ids: Vec<NoticeId> = all.iter().map(Notice::id).collect();
    assert_eq!(ids.len(), KEYS);
    let mut distinct: Vec<_> = all.iter().map(Notice::key_id).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), KEYS, "a key has one notice");

    let page = |filter: NoticeFilter| -> Vec<NoticeId> {
        notices_at(&home.vault, filter, start()).iter().map(Notice::id).collect()
    };
    assert_eq!(page(NoticeFilter::new().after(ids[599]).limit(3)), ids[600..603]);
    assert_eq!(page(NoticeFilter::new().after(ids[KEYS - 1])), []);
    for id in &ids[..700] {
        home.vault.ack_at(*id, start()).unwrap();
    }
    assert_eq!(page(NoticeFilter::new()), ids[700..]);
    assert_eq!(page(NoticeFilter::new().all()), ids);
    assert_eq!(page(NoticeFilter::new().kind(NoticeKind::Revoked)), []);
    let unknown = "notice_00000000000000000000000000".parse().unwrap();
    let error = home.vault.notices_at(NoticeFilter::new().after(unknown), start()).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn to_acknowledge_twice_keeps_the_first_time_and_an_unknown_id_is_not_found() {
    let home = Home::new();
    home.create_at(NewKey::new("acme_live").expires_at(start() + DAY), start());
    let id = notices_at(&home.vault, NoticeFilter::new(), start())[0].id();
    home.vault.ack_at(id, start() + MS).unwrap();
    home.vault.ack_at(id, start() + HOUR).unwrap();
    home.vault.ack(id).unwrap();
    let all = notices_at(&home.vault, NoticeFilter::new().all(), start());
    assert_eq!(all[0].acked_at(), Some(start() + MS));
    let error = home.vault.ack("notice_00000000000000000000000000".parse().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn to_ask_again_writes_nothing_and_notices_are_no_events() {
    let home = Home::new();
    home.create_at(NewKey::new("acme_live").expires_at(start() + DAY).rotate_after(HOUR), start());
    let before = home.content();
    assert_eq!(kinds(&home, start()).len(), 2);
    let files = || ["", "-wal"].map(|suffix| bytes_of(format!("{}{suffix}", home.path().display()).as_ref()));
    let written = files();
    for hours in 0..5 {
        assert_eq!(kinds(&home, start() + hours * HOUR).len(), 2);
    }
    assert_eq!(files(), written, "a sweep that finds nothing new wrote");
    ack_all(&home, start());
    assert_eq!(home.content(), before, "keys and logs stay as they are");
    assert!(home.vault.check().unwrap().ok() && home.vault.verify_logs().unwrap().ok());
}

#[test]
fn processes_that_ask_at_once_write_each_notice_once() {
    const KEYS: usize = 2_000;
    if let Some(path) = common::role() {
        let vault = Vault::open(path).unwrap();
        assert_eq!(notices_at(&vault, NoticeFilter::new(), start()).len(), KEYS);
        return;
    }
    let home = Home::new();
    let keys = vec![NewKey::new("acme_live").expires_at(start() + DAY); KEYS];
    home.vault.create_keys_at(keys, &alice(), start()).unwrap();
    let path = home.path().display().to_string();
    let name = "processes_that_ask_at_once_write_each_notice_once";
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| run_role(&mut this_test(name, &path)));
        }
    });
    assert_eq!(notices_at(&home.vault, NoticeFilter::new().all(), start()).len(), KEYS);
}

#[test]
fn the_words_of_kinds_are_read_as_they_are_written() {
    let words: Vec<&str> = NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let expected = [
        "rotated",
        "emergency_rotated",
        "revoked",
        "window_ending",
        "expiring",
        "rotation_due",
        "leak_reported",
    ];
    assert_eq!(words, expected);
    for kind in NoticeKind::ALL {
        assert_eq!(kind.as_str().parse::<NoticeKind>().unwrap(), *kind);
    }
    assert!("Rotated".parse::<NoticeKind>().is_err());
}

#[test]
fn a_kind_of_a_newer_library_is_left_to_it() {
    let Home { folder, vault } = {
        let home = Home::new();
        home.create_at(NewKey::new("acme_live").expires_at(start() + DAY), start());
        assert_eq!(kinds(&home, start()), ["expiring"]);
        home
    };
    drop(vault);
    let path = folder.path().join("keys.db");
    let newer = "INSERT INTO outbox (id, kind, key_no, at_ms, about_ms, detail)
        SELECT randomblob(16), 'quota_near', key_no, at_ms, about_ms, '{}' FROM outbox";
    rusqlite::Connection::open(&path).unwrap().execute_batch(newer).unwrap();
    let vault = Vault::open(&path).unwrap();
    assert_eq!(notices_at(&vault, NoticeFilter::new().all(), start()).len(), 1);
    let claim = keycask::NoticeClaim::new(HOUR).limit(9);
    assert_eq!(vault.claim_notices_at(claim, start()).unwrap().len(), 1);
    assert!(vault.check().unwrap().ok());
}
