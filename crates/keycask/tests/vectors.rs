//! Guards against two languages that disagree on what a secret, an id, an outcome or a rotation is: a key
//! that one lets in and another turns away. The rows are those of `tests/vectors`, which every language runs;
//! what no public verb reaches is run by `src/vector_tests.rs`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod vector_file;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use keycask::{
    Actor, ErrorKind, Issued, KeyFilter, KeyId, NewKey, Outcome, Reason, Request, RevocationReason, Rotation,
    Vault, Verdict,
};
use tempfile::TempDir;
use vector_file::{bytes, integer, optional, run};

/// When every key of `outcomes.txt` was created and rotated.
const CREATED_MS: i64 = 1_800_000_000_000;

fn new_vault() -> (TempDir, Vault) {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::create(folder.path().join("keys.db")).unwrap();
    (folder, vault)
}

fn actor() -> Actor {
    Actor::new("vectors").unwrap()
}

fn time(ms: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(ms.try_into().unwrap())
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(ms.try_into().unwrap())
}

fn optional_time(column: &str) -> Option<SystemTime> {
    optional(column).map(|column| time(integer(column)))
}

#[test]
fn what_has_the_form_of_a_secret_is_unknown() {
    let (_folder, vault) = new_vault();
    let everything = |_: &_| true;
    run("secrets_valid.txt", 44, everything, |row| {
        let [secret, ..] = row.columns::<5>();
        let verdict = vault.verify(secret, &Request::new()).unwrap();
        assert_eq!(verdict.outcome(), Outcome::Refused(Reason::Unknown));
        assert!(vault.identify(secret).unwrap().is_none());
    });
}

#[test]
fn what_has_another_form_is_malformed_and_no_error() {
    let (_folder, vault) = new_vault();
    let everything = |_: &_| true;
    run("secrets_invalid.txt", 348, everything, |row| {
        let [presented, _reason] = row.columns();
        let verdict = vault.verify(bytes(presented), &Request::new()).unwrap();
        assert_eq!(verdict.outcome(), Outcome::Refused(Reason::Malformed));
        assert!(vault.identify(bytes(presented)).unwrap().is_none());
    });
}

#[test]
fn ids_are_read_and_written_as_type_ids() {
    let of_keys = |row: &vector_file::Row| row.first() == "key";
    run("type_ids.txt", 25, of_keys, |row| {
        let [_kind, uuid, text] = row.columns();
        let id: KeyId = text.parse().unwrap();
        assert_eq!(id.as_bytes()[..], bytes(uuid));
        assert_eq!(id.to_string(), text);
    });
}

#[test]
fn what_is_no_id_is_an_invalid_argument() {
    let everything = |_: &_| true;
    run("type_ids_invalid.txt", 59, everything, |row| {
        let [text, _reason] = row.columns();
        let text = String::from_utf8(bytes(text)).unwrap();
        let error = text.parse::<KeyId>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    });
}

#[test]
fn outcomes_follow_the_precedence() {
    let (_folder, vault) = new_vault();
    // No public verb of this version disables a key.
    let enabled = |row: &vector_file::Row| row.columns::<13>()[5] == "0";
    run("outcomes.txt", 100, enabled, |row| {
        let [_, now, not_before, expires_at, grace_until, _, revoked, prefix, scopes, wanted @ ..] =
            row.columns::<13>();
        let [want_prefix, want_scopes, outcome, missing_scope] = wanted;
        let mut key = NewKey::new(prefix).scopes(optional(scopes).unwrap_or_default().split_whitespace());
        if let Some(begin) = optional_time(not_before) {
            key = key.not_before(begin);
        }
        if let Some(end) = optional_time(expires_at) {
            key = key.expires_at(end);
        }
        let created = time(CREATED_MS);
        let issued = vault.create_key_at(key, &actor(), created).unwrap();
        let id = issued.key().id();
        if let Some(end) = optional(grace_until).map(integer) {
            let rotation = Rotation::planned().grace(millis(end - CREATED_MS));
            vault.rotate_at(id, rotation, &actor(), created).unwrap();
            assert_eq!(vault.key(id).unwrap().grace_until(), Some(time(end)));
        }
        if revoked == "1" {
            vault.revoke_at(id, RevocationReason::Unspecified, &actor(), created).unwrap();
        }

        let mut request = Request::new().no_event();
        if let Some(prefix) = optional(want_prefix) {
            request = request.prefix(prefix);
        }
        for scope in optional(want_scopes).unwrap_or_default().split_whitespace() {
            request = request.scope(scope);
        }
        let verdict = vault.verify_at(issued.secret().expose(), &request, time(integer(now))).unwrap();
        assert_eq!(verdict.outcome().as_str(), outcome);
        match verdict {
            Verdict::Valid(key) => assert_eq!(key.id(), id),
            Verdict::Refused(refusal) => {
                assert_eq!(refusal.key_id(), Some(id));
                assert_eq!(refusal.missing_scope(), optional(missing_scope));
            }
        }
    });
}

#[test]
fn rotations_keep_to_their_timelines() {
    let mut timeline = Timeline::new("");
    let everything = |_: &_| true;
    run("rotation.txt", 219, everything, |row| {
        if row.first() != timeline.name {
            timeline = Timeline::new(row.first());
        }
        let [_, now, verb, label, other, argument, expected, grace_until] = row.columns();
        let step = Step {
            now: time(integer(now)),
            label,
            other: optional(other),
            argument: optional(argument).map(integer),
            expected,
            grace_until: optional_time(grace_until),
        };
        match verb {
            "create" | "create_from" => timeline.create(verb, &step),
            "rotate" => {
                let rotation = Rotation::planned();
                let grace = step.argument.map(millis);
                timeline.rotate(grace.map_or(rotation.clone(), |grace| rotation.grace(grace)), &step);
                let old = timeline.vault.key(timeline.id(label)).unwrap();
                assert!(expected != "ok" || old.grace_until() == step.grace_until);
            }
            "emergency" => timeline.rotate(Rotation::emergency(), &step),
            "revoke" => timeline.revoke(&step),
            "verify" => timeline.verify(&step),
            _ => panic!("{verb}: no such verb"),
        }
    });
}

/// A row of `rotation.txt`.
struct Step<'a> {
    now: SystemTime,
    label: &'a str,
    other: Option<&'a str>,
    argument: Option<i64>,
    expected: &'a str,
    grace_until: Option<SystemTime>,
}

/// A vault of its own, and its keys by their labels.
struct Timeline {
    name: String,
    vault: Vault,
    keys: BTreeMap<String, Issued>,
    _folder: TempDir,
}

impl Timeline {
    fn new(name: &str) -> Self {
        let (folder, vault) = new_vault();
        Self { name: name.to_owned(), vault, keys: BTreeMap::new(), _folder: folder }
    }

    fn id(&self, label: &str) -> KeyId {
        self.keys[label].key().id()
    }

    fn create(&mut self, verb: &str, step: &Step<'_>) {
        let mut key = NewKey::new("acme_live").owner("acct_42").scope("reports:read");
        key = match (verb, step.argument.map(time)) {
            ("create", Some(end)) => key.expires_at(end),
            ("create_from", Some(begin)) => key.not_before(begin),
            _ => key,
        };
        let issued = self.vault.create_key_at(key, &actor(), step.now).unwrap();
        assert_eq!(step.expected, "ok");
        self.keys.insert(step.label.to_owned(), issued);
    }

    fn rotate(&mut self, rotation: Rotation, step: &Step<'_>) {
        let before = self.content();
        match self.vault.rotate_at(self.id(step.label), rotation, &actor(), step.now) {
            Ok(issued) => {
                assert_eq!(step.expected, "ok");
                let (old, new) = (self.keys[step.label].key(), issued.key());
                assert_eq!(
                    (new.prefix(), new.owner(), new.scopes()),
                    (old.prefix(), "acct_42", old.scopes())
                );
                assert_eq!(new.expires_at(), old.expires_at());
                self.keys.insert(step.other.unwrap().to_owned(), issued);
            }
            Err(error) => {
                assert_eq!(error.kind().as_str(), step.expected);
                assert_eq!(self.content(), before, "a refused rotation left a trace");
            }
        }
    }

    fn revoke(&self, step: &Step<'_>) {
        let id = self.id(step.label);
        self.vault.revoke_at(id, RevocationReason::Unspecified, &actor(), step.now).unwrap();
        assert_eq!(step.expected, "ok");
    }

    fn verify(&self, step: &Step<'_>) {
        let secret = self.keys[step.label].secret().expose();
        let verdict = self.vault.verify_at(secret, &Request::new(), step.now).unwrap();
        assert_eq!(verdict.outcome().as_str(), step.expected);
        match verdict {
            Verdict::Valid(key) => {
                assert_eq!(key.id(), self.id(step.label));
                assert_eq!(key.replaced_by(), step.other.map(|label| self.id(label)));
                assert_eq!(key.grace_until(), step.grace_until);
            }
            Verdict::Refused(refusal) => assert_eq!(refusal.key_id(), Some(self.id(step.label))),
        }
    }

    /// Every key, as text.
    fn content(&self) -> String {
        let keys = self.vault.keys(KeyFilter::new()).unwrap();
        format!("{:?}", keys.map(Result::unwrap).collect::<Vec<_>>())
    }
}
