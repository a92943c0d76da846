//! Guards against a verb that does what the transition table doesn't say: every verb on a key in every
//! state, with what it answers, and what verify says of the key and its successor afterwards.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::{Duration, SystemTime};

use common::{DAY, HOUR, Home, MS, alice, start};
use keycask::{
    ChangeKind, DueReason, ErrorKind, Issued, KeyUpdate, NewKey, Reason, Request, RevocationReason, Rotation,
    UseFilter, UseMode, Vault,
};

/// The states that a key can be brought into.
const STATES: [&str; 13] = [
    "active",
    "not_yet_valid",
    "disabled",
    "superseded",
    "superseded, successor used",
    "superseded, successor revoked",
    "superseded, successor disabled",
    "superseded, successor rotated",
    "superseded and disabled",
    "rotated_out",
    "rotated_out, successor revoked",
    "expired",
    "revoked",
];

/// What a verb answers in each state, in the order of [`STATES`]: `ok`, `same` (nothing to do, no event), or
/// `no` (a conflict that leaves no trace).
#[rustfmt::skip]
const TABLE: [(&str, [&str; 13]); 11] = [
    //                act   nyv   dis   sup   used  revd  disd  rotd  s+d   out   o,rev exp   rev
    ("rotate",       ["ok", "ok", "no", "no", "no", "no", "no", "no", "no", "no", "no", "no", "no"]),
    ("emergency",    ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "no", "no", "no", "no"]),
    ("finish",       ["no", "no", "no", "ok", "ok", "no", "no", "ok", "ok", "same", "same", "no", "no"]),
    ("extend",       ["no", "no", "no", "ok", "ok", "no", "no", "ok", "ok", "no", "no", "no", "no"]),
    ("shorten",      ["no", "no", "no", "no", "no", "no", "no", "no", "no", "no", "no", "no", "no"]),
    ("cancel",       ["no", "no", "no", "ok", "no", "ok", "ok", "no", "ok", "no", "no", "no", "no"]),
    ("force cancel", ["no", "no", "no", "ok", "ok", "ok", "ok", "no", "ok", "no", "no", "no", "no"]),
    ("revoke",       ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "same"]),
    ("disable",      ["ok", "ok", "same", "ok", "ok", "ok", "ok", "ok", "same", "no", "no", "no", "no"]),
    ("enable",       ["same", "same", "ok", "same", "same", "same", "same", "same", "ok", "no", "no", "no", "no"]),
    ("update",       ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "no", "no", "no", "no"]),
];

/// When the verbs are tried: one hour after the key was created, and rotated.
fn now() -> SystemTime {
    start() + HOUR
}

/// A vault with a key in a state, and its successor where it has one.
struct Stage {
    home: Home,
    key: Issued,
    successor: Option<Issued>,
}

impl Stage {
    fn set(state: &str) -> Self {
        let home = Home::new();
        let request = match state {
            "not_yet_valid" => NewKey::new("acme_live").not_before(start() + DAY),
            "expired" => NewKey::new("acme_live").expires_at(now()),
            _ => NewKey::new("acme_live"),
        };
        let key = home.create_at(request.owner("acct"), start());
        let grace = if state.starts_with("rotated_out") { HOUR } else { DAY };
        let rotates = state.starts_with("superseded") || state.starts_with("rotated_out");
        let rotation = Rotation::planned().grace(grace);
        let successor =
            rotates.then(|| home.vault.rotate_at(key.key().id(), rotation, &alice(), start()).unwrap());
        let staged = Self { home, key, successor };
        staged.finish(state);
        staged
    }

    fn finish(&self, state: &str) {
        let (vault, id) = (&self.home.vault, self.key.key().id());
        let new = self.successor.as_ref().map(|new| new.key().id());
        let revoke = |id| vault.revoke_at(id, RevocationReason::Policy, &alice(), start()).map(drop);
        let result = match (state, new) {
            ("disabled" | "superseded and disabled", _) => vault.disable_at(id, &alice(), start()).map(drop),
            ("revoked", _) => revoke(id),
            (state, Some(new)) if state.ends_with("successor revoked") => revoke(new),
            ("superseded, successor disabled", Some(new)) => {
                vault.disable_at(new, &alice(), start()).map(drop)
            }
            ("superseded, successor rotated", Some(new)) => {
                vault.rotate_at(new, Rotation::planned(), &alice(), start()).map(drop)
            }
            ("superseded, successor used", Some(_)) => {
                let secret = self.successor.as_ref().unwrap().secret().expose();
                vault.verify_at(secret, &Request::new(), start()).map(drop)
            }
            _ => Ok(()),
        };
        result.unwrap();
    }

    fn tried(&self, verb: &str) -> keycask::Result<()> {
        let (vault, id, actor) = (&self.home.vault, self.key.key().id(), alice());
        match verb {
            "rotate" => vault.rotate_at(id, Rotation::planned(), &actor, now()).map(drop),
            "emergency" => vault.rotate_at(id, Rotation::emergency(), &actor, now()).map(drop),
            "finish" => vault.finish_rotation_at(id, &actor, now()).map(drop),
            "extend" => vault.extend_rotation_at(id, 2 * DAY, &actor, now()).map(drop),
            "shorten" => {
                vault.extend_rotation_at(id, Duration::from_millis(86_399_999), &actor, now()).map(drop)
            }
            "cancel" => vault.cancel_rotation_at(id, false, &actor, now()).map(drop),
            "force cancel" => vault.cancel_rotation_at(id, true, &actor, now()).map(drop),
            "revoke" => vault.revoke_at(id, RevocationReason::OwnerLeft, &actor, now()).map(drop),
            "disable" => vault.disable_at(id, &actor, now()).map(drop),
            "enable" => vault.enable_at(id, &actor, now()).map(drop),
            "update" => vault.update_at(id, &KeyUpdate::new().name(Some("new")), &actor, now()).map(drop),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn every_verb_in_every_state_answers_as_the_table_says() {
    for (verb, row) in TABLE {
        for (state, expected) in STATES.into_iter().zip(row) {
            let stage = Stage::set(state);
            let before = stage.home.content();
            let result = stage.tried(verb);
            let same = stage.home.content() == before;
            let told = match (&result, same) {
                (Ok(()), false) => "ok",
                (Ok(()), true) => "same",
                (Err(error), true) if error.kind() == ErrorKind::Conflict => "no",
                _ => "neither",
            };
            assert_eq!(told, expected, "{verb} of a key that is {state}: {result:?}");
            assert!(stage.home.vault.verify_logs().unwrap().ok());
            assert!(stage.home.vault.check().unwrap().ok());
        }
    }
}

#[test]
fn a_conflict_on_a_dead_key_names_its_living_relatives() {
    let stage = Stage::set("rotated_out");
    let new = stage.successor.as_ref().unwrap().key().id().to_string();
    for verb in ["rotate", "emergency", "extend", "cancel", "disable", "enable", "update"] {
        let error = stage.tried(verb).unwrap_err();
        assert!(error.to_string().contains(&new), "{verb}: {error}");
    }
}

#[test]
fn finish_ends_the_window_now() {
    let stage = Stage::set("superseded");
    assert_eq!(stage.home.outcome_at(&stage.key, now()), "valid");
    stage.tried("finish").unwrap();
    assert_eq!(stage.home.outcome_at(&stage.key, now() - MS), "valid");
    assert_eq!(stage.home.outcome_at(&stage.key, now()), "rotated_out");
    assert_eq!(stage.home.outcome_at(stage.successor.as_ref().unwrap(), now()), "valid");
}

#[test]
fn extend_counts_from_the_rotation_and_keeps_to_policy_and_expiry() {
    let stage = Stage::set("superseded");
    let extend = |grace| {
        stage
            .home
            .vault
            .extend_rotation_at(stage.key.key().id(), grace, &alice(), now())
            .map(|key| key.grace_until())
    };
    assert_eq!(extend(2 * DAY).unwrap(), Some(start() + 2 * DAY));
    assert_eq!(extend(7 * DAY + MS).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(extend(2 * DAY).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(extend(7 * DAY).unwrap(), Some(start() + 7 * DAY));

    let home = Home::new();
    let trial = home.create_at(NewKey::new("acme_live").expires_at(start() + 3 * DAY), start());
    home.vault.rotate_at(trial.key().id(), Rotation::planned(), &alice(), start()).unwrap();
    let extend = |grace| home.vault.extend_rotation_at(trial.key().id(), grace, &alice(), now());
    assert!(extend(3 * DAY + MS).unwrap_err().to_string().contains("expires"));
    extend(3 * DAY).unwrap();
}

#[test]
fn cancel_makes_the_old_key_whole_and_it_can_be_rotated_anew() {
    for state in ["superseded", "superseded, successor revoked", "superseded, successor disabled"] {
        let stage = Stage::set(state);
        let lost = stage.successor.as_ref().unwrap();
        stage.tried("cancel").unwrap();
        let key = stage.home.key(&stage.key);
        assert_eq!((key.replaced_by(), key.grace_until()), (None, None));
        assert_eq!(stage.home.outcome_at(&stage.key, start() + 100 * DAY), "valid");
        assert_eq!(stage.home.outcome_at(lost, now()), "revoked");
        let expected = if state.ends_with("revoked") {
            RevocationReason::Policy
        } else {
            RevocationReason::RotationCancelled
        };
        assert_eq!(stage.home.key(lost).revoked_reason(), Some(expected), "{state}");
        // The lost successor is out of the way of a new one, in a planned and in an emergency rotation.
        stage.tried("rotate").unwrap();
        stage.tried("emergency").unwrap();
        assert_eq!(stage.home.vault.lineage(stage.key.key().id()).unwrap().len(), 4);
    }
}

#[test]
fn with_uses_off_a_successor_counts_as_used() {
    let stage = Stage::set("superseded");
    let mut policy = stage.home.vault.policy().unwrap();
    policy.use_mode = UseMode::Off;
    stage.home.vault.set_policy(&policy, &alice()).unwrap();
    assert!(stage.tried("cancel").unwrap_err().to_string().contains("not recorded"));
    stage.tried("force cancel").unwrap();
}

#[test]
fn the_window_ticks_on_while_the_key_is_disabled() {
    let stage = Stage::set("superseded and disabled");
    assert_eq!(stage.home.outcome_at(&stage.key, now()), "disabled");
    stage.tried("enable").unwrap();
    assert_eq!(stage.home.outcome_at(&stage.key, now()), "valid");
    assert_eq!(stage.home.outcome_at(&stage.key, start() + DAY), "rotated_out");
}

#[test]
fn an_emergency_on_a_disabled_key_issues_a_disabled_one() {
    let stage = Stage::set("disabled");
    let new =
        stage.home.vault.rotate_at(stage.key.key().id(), Rotation::emergency(), &alice(), now()).unwrap();
    assert_eq!(stage.home.outcome_at(&new, now()), "disabled");
    assert_eq!(stage.home.outcome_at(&stage.key, now()), "revoked");
}

#[test]
fn an_update_of_the_expiry_cuts_the_window_and_never_extends_it() {
    let stage = Stage::set("superseded");
    let set = |expires_at| {
        let update = KeyUpdate::new().expires_at(expires_at);
        stage.home.vault.update_at(stage.key.key().id(), &update, &alice(), now())
    };
    assert_eq!(set(Some(start() + 2 * HOUR)).unwrap().grace_until(), Some(start() + 2 * HOUR));
    assert_eq!(set(Some(start() + 9 * DAY)).unwrap().grace_until(), Some(start() + 2 * HOUR));
    assert_eq!(set(None).unwrap().grace_until(), Some(start() + 2 * HOUR));
    assert_eq!(set(Some(now())).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn an_update_changes_what_it_names_and_tells_which() {
    let home = Home::new();
    let issued = home.create_at(NewKey::new("acme_live").owner("acct").name("old").scope("a:b"), start());
    let update = |update: KeyUpdate| home.vault.update_at(issued.key().id(), &update, &alice(), now());
    let key =
        update(KeyUpdate::new().name(Some("new")).scopes(["b:c", "a:*"]).rotate_after(Some(DAY))).unwrap();
    assert_eq!(
        (key.name(), key.scopes(), key.rotate_after()),
        (Some("new"), &["a:*".to_owned(), "b:c".to_owned()][..], Some(DAY))
    );
    assert_eq!(home.key(&issued), key);
    let none: Option<String> = None;
    let key = update(KeyUpdate::new().name(none.clone()).rotate_after(None).metadata(Some("{}"))).unwrap();
    assert_eq!((key.name(), key.rotate_after(), key.metadata()), (None, None, Some("{}")));
    let changes = home.vault.changes(keycask::ChangeFilter::new().kind(ChangeKind::KeyUpdated)).unwrap();
    let details: Vec<_> = changes.map(|change| change.unwrap().detail()).collect();
    assert!(details[0].contains("\"fields\":[\"name\",\"scopes\",\"rotate_after\"]"), "{}", details[0]);
    assert!(
        details[0].contains("\"scopes\":[\"a:*\",\"b:c\"]") && !details[0].contains("new"),
        "{}",
        details[0]
    );
    let before = home.content();
    update(KeyUpdate::new().name(none)).unwrap();
    for wrong in [
        KeyUpdate::new().name(Some("")),
        KeyUpdate::new().scopes(["a b"]),
        KeyUpdate::new().metadata(Some("[]")),
        KeyUpdate::new().notify_email(Some("nobody")),
        KeyUpdate::new().rotate_after(Some(Duration::ZERO)),
        KeyUpdate::new().not_before(Some(start() + DAY)).expires_at(Some(start() + DAY)),
    ] {
        assert_eq!(update(wrong.clone()).unwrap_err().kind(), ErrorKind::InvalidArgument, "{wrong:?}");
    }
    assert_eq!(update(KeyUpdate::new().prefix("acme_test")).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(home.content(), before);
}

#[test]
fn narrowed_scopes_hold_at_the_next_verify_of_every_handle() {
    let home = Home::new();
    let other = Vault::open(home.path()).unwrap();
    let issued = home.vault.create_key(NewKey::new("acme_live").scope("a:*"), &alice()).unwrap();
    let asked = Request::new().scope("a:write").no_event();
    let outcome = || other.verify(issued.secret().expose(), &asked).unwrap().outcome();
    assert_eq!(outcome(), keycask::Outcome::Valid);
    home.vault.update(issued.key().id(), &KeyUpdate::new().scopes(["a:read"]), &alice()).unwrap();
    assert_eq!(outcome(), keycask::Outcome::Refused(Reason::MissingScope));
}

#[test]
fn due_lists_rotations_expiries_windows_and_orphans_by_urgency() {
    let home = Home::new();
    let create = |name: &str, request: NewKey| home.create_at(request.name(name), start());
    create("calm", NewKey::new("acme_live").expires_at(start() + 90 * DAY).rotate_after(60 * DAY));
    create("rotation", NewKey::new("acme_live").rotate_after(3 * DAY));
    create("overdue", NewKey::new("acme_live").rotate_after(HOUR));
    create("expiry", NewKey::new("acme_live").expires_at(start() + 2 * DAY));
    let window = create("window", NewKey::new("acme_live"));
    let orphan = create("orphan", NewKey::new("acme_live"));
    let gone = create("gone", NewKey::new("acme_live").rotate_after(HOUR));
    home.vault.revoke_at(gone.key().id(), RevocationReason::Policy, &alice(), start()).unwrap();
    home.vault.rotate_at(window.key().id(), Rotation::planned(), &alice(), start()).unwrap();
    let week = Rotation::planned().grace(7 * DAY);
    let lost = home.vault.rotate_at(orphan.key().id(), week, &alice(), start()).unwrap();
    home.vault.revoke_at(lost.key().id(), RevocationReason::Compromised, &alice(), start()).unwrap();
    let due: Vec<_> = home.vault.due_at(4 * DAY, start() + 2 * HOUR).unwrap();
    let told: Vec<_> = due.iter().map(|due| (due.key().name().unwrap(), due.reason())).collect();
    assert_eq!(
        told,
        [
            ("overdue", DueReason::Rotation),
            ("window", DueReason::WindowEnd),
            ("expiry", DueReason::Expiry),
            ("rotation", DueReason::Rotation),
            ("orphan", DueReason::WithoutSuccessor),
        ]
    );
}

#[test]
fn usage_and_unused_keys_count_every_recorded_use() {
    let home = Home::new();
    let used = home.create_at(NewKey::new("acme_live").name("used"), start());
    let idle = home.create_at(NewKey::new("acme_live").name("idle"), start());
    home.create_at(NewKey::new("acme_live").name("new"), start() + DAY);
    let verify = |second: u64| {
        let now = start() + Duration::from_secs(second);
        let _ = home.vault.verify_at(used.secret().expose(), &Request::new(), now).unwrap();
    };
    // Past the number of uses at which they are folded.
    (0..1_100).for_each(verify);
    let usage = home.vault.usage(used.key().id()).unwrap();
    assert_eq!((usage.uses(), usage.last_used_at()), (1_100, Some(start() + Duration::from_secs(1_099))));
    assert_eq!(home.vault.usage(idle.key().id()).unwrap(), keycask::Usage::default());
    let unused = |since| -> Vec<String> {
        let keys = home.vault.unused_at(since, start() + DAY).unwrap();
        keys.into_iter().map(|(key, _)| key.name().unwrap().to_owned()).collect()
    };
    assert_eq!(unused(start() + Duration::from_secs(1_099)), ["idle"]);
    assert_eq!(unused(start() + Duration::from_secs(1_100)), ["used", "idle"]);
    assert_eq!(home.vault.uses(UseFilter::new().key(idle.key().id())).unwrap().count(), 0);
    assert!(home.vault.verify_logs().unwrap().ok());
}
