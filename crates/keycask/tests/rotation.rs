//! Guards against a rotation that breaks a client by surprise, outlives its window, extends or revives a
//! key, or makes two successors: each cell of the transition table that rotate, emergency and revoke reach,
//! and each mistake that others made.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and opens files of its own"
)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::time::Duration;

use common::{DAY, HOUR, Home, MS, alice, role, scaled, start, this_test};
use keycask::{
    ErrorKind, KeyId, KeyState, NewKey, Request, Revocation, RevocationReason, Rotation, Vault, Verdict,
};

fn planned(home: &Home, old: &keycask::Issued, now: std::time::SystemTime) -> keycask::Issued {
    home.vault.rotate_at(old.key().id(), Rotation::planned(), &alice(), now).unwrap()
}

fn refused(
    home: &Home,
    old: &keycask::Issued,
    rotation: Rotation,
    now: std::time::SystemTime,
) -> keycask::Error {
    let before = home.content();
    let error = home.vault.rotate_at(old.key().id(), rotation, &alice(), now).unwrap_err();
    assert_eq!(home.content(), before, "a refused rotation left a trace");
    error
}

#[test]
fn both_keys_work_until_the_grace_ends_and_not_one_millisecond_after() {
    let home = Home::new();
    let old = home.create_at(NewKey::new("acme_live").owner("acct"), start());
    let new = planned(&home, &old, start());
    let end = start() + 24 * HOUR;
    assert_eq!(home.key(&old).grace_until(), Some(end));
    assert_eq!(home.outcome_at(&old, end - MS), "valid");
    assert_eq!(home.outcome_at(&old, end), "rotated_out");
    assert_eq!(home.outcome_at(&new, end), "valid");
    let verdict = home.vault.verify_at(old.secret().expose(), &Request::new(), start()).unwrap();
    let Verdict::Valid(key) = verdict else { panic!("{verdict:?}") };
    assert_eq!((key.grace_until(), key.replaced_by()), (Some(end), Some(new.key().id())));
    assert_eq!(key.state_at(start()), KeyState::Superseded);
}

#[test]
fn the_successor_is_everything_the_old_key_was() {
    let home = Home::new();
    let request = NewKey::new("acme_live")
        .owner("acct")
        .name("export")
        .scopes(["b:write", "a:*"])
        .metadata("{\"team\":7}")
        .notify_email("ops@example.com")
        .encoding(keycask::Encoding::Base64Url)
        .not_before(start() + HOUR)
        .expires_at(start() + 30 * DAY)
        .rotate_after(10 * DAY);
    let old = home.create_at(request, start());
    let new = planned(&home, &old, start() + MS);
    let (old, new) = (home.key(&old), home.key(&new));
    assert_eq!(new.prefix(), "acme_live");
    assert_eq!((new.owner(), new.name(), new.scopes()), (old.owner(), old.name(), old.scopes()));
    assert_eq!((new.metadata(), new.notify_email()), (old.metadata(), old.notify_email()));
    assert_eq!((new.encoding(), new.rotate_after()), (old.encoding(), old.rotate_after()));
    assert_eq!((new.not_before(), new.expires_at()), (old.not_before(), old.expires_at()));
    assert_eq!((new.lineage(), new.replaces()), (old.id(), Some(old.id())));
    assert_eq!((old.lineage(), old.replaced_by()), (old.id(), Some(new.id())));
}

#[test]
fn a_not_before_that_has_passed_is_not_inherited() {
    let home = Home::new();
    let old = home.create_at(NewKey::new("acme_live").not_before(start()), start());
    let new = planned(&home, &old, start() + MS);
    assert_eq!(home.key(&new).not_before(), None);
}

/// Grace that overwrote the old key's expiry extended trial keys and revived expired ones.
#[test]
fn a_window_never_extends_a_trial_key() {
    let home = Home::new();
    let trial = home.create_at(NewKey::new("acme_live").expires_at(start() + HOUR), start());
    let new = planned(&home, &trial, start());
    assert_eq!(home.key(&trial).grace_until(), Some(start() + HOUR));
    assert_eq!(home.key(&new).expires_at(), Some(start() + HOUR));
    assert_eq!(home.outcome_at(&trial, start() + HOUR - MS), "valid");
    assert_eq!(home.outcome_at(&trial, start() + HOUR), "rotated_out");
    assert_eq!(home.outcome_at(&new, start() + HOUR), "expired");
}

#[test]
fn an_expired_key_is_not_revived() {
    let home = Home::new();
    let trial = home.create_at(NewKey::new("acme_live").expires_at(start() + HOUR), start());
    for rotation in
        [Rotation::planned(), Rotation::planned().expires_at(start() + DAY), Rotation::emergency()]
    {
        let error = refused(&home, &trial, rotation, start() + HOUR);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains("expired"), "{error}");
    }
    assert_eq!(home.outcome_at(&trial, start() + HOUR), "expired");
}

/// A prefix that was cut at the first `_` turned `acme_live_` into `acme_`.
#[test]
fn the_prefix_survives_every_rotation_whole() {
    let home = Home::new();
    for prefix in ["acme_live", "a_b_c_d_e_f", "ab"] {
        let mut issued = home.create_at(NewKey::new(prefix), start());
        for generation in 1..4 {
            issued = planned(&home, &issued, start() + generation * MS);
            assert!(issued.secret().expose().starts_with(&format!("{prefix}_")));
            assert_eq!(issued.secret().expose().len(), prefix.len() + 50);
            assert_eq!(issued.key().prefix(), prefix);
        }
    }
}

#[test]
fn grace_outside_the_bounds_is_refused_and_zero_ends_the_old_key_at_once() {
    let home = Home::new();
    let old = home.create_at(NewKey::new("acme_live"), start());
    let too_long = Rotation::planned().grace(7 * DAY + MS);
    assert_eq!(refused(&home, &old, too_long, start()).kind(), ErrorKind::InvalidArgument);
    let both = Rotation::emergency().grace(HOUR);
    assert_eq!(refused(&home, &old, both, start()).kind(), ErrorKind::InvalidArgument);
    let none = Rotation::planned().grace(Duration::ZERO);
    home.vault.rotate_at(old.key().id(), none, &alice(), start()).unwrap();
    assert_eq!(home.outcome_at(&old, start()), "rotated_out");
}

#[test]
fn a_superseded_key_is_not_rotated_again_and_its_successor_is_named() {
    let home = Home::new();
    let old = home.create_at(NewKey::new("acme_live"), start());
    let new = planned(&home, &old, start());
    let error = refused(&home, &old, Rotation::planned(), start() + HOUR);
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains(&new.key().id().to_string()), "{error}");
}

#[test]
fn a_successor_can_be_rotated_inside_the_window_and_windows_are_independent() {
    let home = Home::new();
    let first = home.create_at(NewKey::new("acme_live"), start());
    let second = planned(&home, &first, start());
    let third = planned(&home, &second, start() + HOUR);
    let at = |time| [&first, &second, &third].map(|issued| home.outcome_at(issued, time));
    assert_eq!(at(start() + 24 * HOUR - MS), ["valid", "valid", "valid"]);
    assert_eq!(at(start() + 24 * HOUR), ["rotated_out", "valid", "valid"]);
    assert_eq!(at(start() + 25 * HOUR), ["rotated_out", "rotated_out", "valid"]);
    assert_eq!(home.key(&third).lineage(), first.key().id());
}

#[test]
fn dead_keys_are_not_rotated_and_living_relatives_are_named() {
    let home = Home::new();
    let old = home.create_at(NewKey::new("acme_live"), start());
    let new = planned(&home, &old, start());
    let after = start() + 24 * HOUR;
    for rotation in [Rotation::planned(), Rotation::emergency()] {
        let error = refused(&home, &old, rotation, after);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains("rotated_out"), "{error}");
        assert!(error.to_string().contains(&new.key().id().to_string()), "{error}");
    }
    home.vault.revoke_at(new.key().id(), RevocationReason::Policy, &alice(), after).unwrap();
    for rotation in [Rotation::planned(), Rotation::emergency()] {
        let error = refused(&home, &new, rotation, after);
        assert!(error.to_string().contains("it is revoked"), "{error}");
        assert!(error.to_string().contains("no relative of it lives"), "{error}");
    }
}

#[test]
fn an_emergency_revokes_every_living_relative_and_issues_one_key() {
    let home = Home::new();
    let first = home.create_at(NewKey::new("acme_live").owner("acct").scope("a:b"), start());
    let second = planned(&home, &first, start());
    let third = planned(&home, &second, start() + HOUR);
    let stranger = home.create_at(NewKey::new("acme_live").owner("acct"), start());
    let now = start() + 2 * HOUR;
    let fresh = home.vault.rotate_at(first.key().id(), Rotation::emergency(), &alice(), now).unwrap();
    for dead in [&first, &second, &third] {
        assert_eq!(home.outcome_at(dead, now), "revoked");
        assert_eq!(home.key(dead).revoked_reason(), Some(RevocationReason::Compromised));
    }
    assert_eq!(home.outcome_at(&fresh, now), "valid");
    assert_eq!(home.outcome_at(&stranger, now), "valid");
    let fresh = home.key(&fresh);
    assert_eq!((fresh.lineage(), fresh.replaces()), (first.key().id(), Some(third.key().id())));
    assert_eq!(fresh.scopes(), ["a:b"]);
    assert!(home.vault.verify_logs().unwrap().ok());
}

#[test]
fn an_emergency_works_from_the_old_key_after_its_successor_was_revoked() {
    let home = Home::new();
    let old = home.create_at(NewKey::new("acme_live"), start());
    let new = planned(&home, &old, start());
    home.vault.revoke_at(new.key().id(), RevocationReason::Compromised, &alice(), start()).unwrap();
    assert_eq!(home.outcome_at(&old, start() + HOUR), "valid", "the old key keeps its grace");
    let fresh =
        home.vault.rotate_at(old.key().id(), Rotation::emergency(), &alice(), start() + HOUR).unwrap();
    assert_eq!(home.outcome_at(&old, start() + HOUR), "revoked");
    assert_eq!(fresh.key().replaces(), Some(new.key().id()));
    assert_eq!(home.key(&new).replaced_by(), Some(fresh.key().id()));
}

#[test]
fn an_emergency_leaves_dead_relatives_as_they_died() {
    let home = Home::new();
    let old = home.create_at(NewKey::new("acme_live"), start());
    let new = planned(&home, &old, start());
    let after = start() + 25 * HOUR;
    home.vault.rotate_at(new.key().id(), Rotation::emergency(), &alice(), after).unwrap();
    assert_eq!(home.outcome_at(&old, after), "rotated_out");
    assert_eq!(home.outcome_at(&new, after), "revoked");
}

#[test]
fn revoking_a_successor_leaves_the_old_keys_window_and_the_other_way_round() {
    let home = Home::new();
    let old = home.create_at(NewKey::new("acme_live"), start());
    let new = planned(&home, &old, start());
    home.vault.revoke_at(old.key().id(), RevocationReason::Unspecified, &alice(), start()).unwrap();
    assert_eq!(home.outcome_at(&old, start()), "revoked");
    assert_eq!(home.outcome_at(&new, start()), "valid");
}

#[test]
fn a_revocation_is_for_ever_and_its_first_reason_stays() {
    let home = Home::new();
    let issued = home.create("acct");
    let first = Revocation::new(RevocationReason::OwnerLeft).note("left in May");
    home.vault.revoke(issued.key().id(), first, &alice()).unwrap();
    let before = home.content();
    let again = home.vault.revoke(issued.key().id(), RevocationReason::Compromised, &alice()).unwrap();
    assert_eq!(again.revoked_reason(), Some(RevocationReason::OwnerLeft));
    assert_eq!(again.revoked_note(), Some("left in May"));
    assert_eq!(home.content(), before, "a repeated revocation left a trace");
    assert_eq!(home.history(&issued), ["key.created", "key.revoked"]);
}

#[test]
fn dead_keys_can_still_be_revoked() {
    let home = Home::new();
    let old = home.create_at(NewKey::new("acme_live"), start());
    planned(&home, &old, start());
    let trial = home.create_at(NewKey::new("acme_live").expires_at(start() + HOUR), start());
    let later = start() + 2 * DAY;
    for dead in [&old, &trial] {
        home.vault.revoke_at(dead.key().id(), RevocationReason::Policy, &alice(), later).unwrap();
        assert_eq!(home.outcome_at(dead, later), "revoked");
    }
}

#[test]
fn all_of_an_owners_keys_are_revoked_and_nobody_elses() {
    let home = Home::new();
    let mine = [home.create("acct_1"), home.create("acct_1"), home.create("acct_1")];
    let other = home.create("acct_2");
    home.vault.revoke(mine[0].key().id(), RevocationReason::Policy, &alice()).unwrap();
    let revoked = home.vault.revoke_owner("acct_1", RevocationReason::OwnerLeft, &alice()).unwrap();
    assert_eq!(revoked.len(), 2);
    assert!(mine.iter().all(|issued| home.outcome(issued) == "revoked"));
    assert_eq!(home.outcome(&other), "valid");
    assert!(home.vault.revoke_owner("acct_1", RevocationReason::OwnerLeft, &alice()).unwrap().is_empty());
    let error = home.vault.revoke_owner("acct_11", RevocationReason::OwnerLeft, &alice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn whoever_holds_a_secret_may_revoke_it() {
    let home = Home::new();
    let issued = home.create("acct");
    home.vault.revoke_secret(issued.secret().expose(), RevocationReason::Compromised, &alice()).unwrap();
    assert_eq!(home.outcome(&issued), "revoked");
    for unknown in ["", "acme_live_x", &issued.secret().expose()[1..]] {
        let error = home.vault.revoke_secret(unknown, RevocationReason::Compromised, &alice()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

#[test]
fn a_policy_that_grew_stricter_never_blocks_a_rotation() {
    let home = Home::new();
    let old = home.create_at(NewKey::new("acme_live").owner("acct").expires_at(start() + 300 * DAY), start());
    let mut policy = home.vault.policy().unwrap();
    policy.max_lifetime = Some(10 * DAY);
    policy.max_living_keys = Some(1);
    policy.prefixes = vec![keycask::Prefix::new("other").unwrap()];
    home.vault.set_policy(&policy, &alice()).unwrap();
    let new = planned(&home, &old, start());
    assert_eq!(home.key(&new).expires_at(), Some(start() + 10 * DAY));
    home.vault.rotate_at(new.key().id(), Rotation::emergency(), &alice(), start()).unwrap();
}

/// Two concurrent rotations made two successors.
#[test]
fn two_processes_that_rotate_one_key_at_once_never_make_two_successors() {
    if let Some(path) = role() {
        return rotate_what_is_read(&path);
    }
    let home = Home::new();
    let name = "two_processes_that_rotate_one_key_at_once_never_make_two_successors";
    let path = home.path();
    let mut rivals = [(); 2].map(|()| Rival::start(name, path.to_str().unwrap()));
    for round in 0..scaled(500) {
        let old = home.create("acct");
        let id = old.key().id().to_string();
        for rival in &mut rivals {
            rival.ask(&id);
        }
        let mut answers = rivals.each_mut().map(|rival| rival.answer());
        answers.sort();
        assert_eq!(answers, ["conflict", "rotated"], "round {round}");
        let successors = home.keys().iter().filter(|key| key.replaces() == Some(old.key().id())).count();
        assert_eq!(successors, 1, "round {round}");
        home.vault.revoke_owner("acct", RevocationReason::NoLongerUsed, &alice()).unwrap();
    }
    rivals.into_iter().for_each(Rival::end);
}

/// A process that rotates the keys that it is told.
struct Rival {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Rival {
    fn start(test: &str, role: &str) -> Self {
        let mut child = this_test(test, role).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, answers }
    }

    fn ask(&mut self, id: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{id}").unwrap();
    }

    /// The next answer, past what the test harness prints.
    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "a rival ended early");
            if let Some((_, answer)) = line.split_once("answer: ") {
                return answer.trim().to_owned();
            }
        }
    }

    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

fn rotate_what_is_read(path: &str) {
    let vault = Vault::open(path).unwrap();
    for line in std::io::stdin().lines() {
        let id: KeyId = line.unwrap().parse().unwrap();
        let answer = match vault.rotate(id, Rotation::planned(), &alice()) {
            Ok(_) => "rotated",
            Err(error) if error.kind() == ErrorKind::Conflict => "conflict",
            Err(error) => panic!("{error}"),
        };
        println!("answer: {answer}");
    }
}
