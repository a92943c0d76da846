//! What the log of changes says that a key is, and what people must hear.

use std::collections::BTreeSet;
use std::time::SystemTime;

use keycask::{Change, ChangeKind, Key, KeyId, Notice, NoticeKind, Timestamp};
use serde_json::Value;

use super::{Judgement, ensure};

/// A key as its events tell it.
#[derive(Debug, Default, PartialEq)]
struct Told {
    born: bool,
    disabled: bool,
    revoked: bool,
    successor: Option<String>,
    /// `None` where no event since the rotation said it.
    grace_until: Option<String>,
    scopes: Option<Value>,
}

impl Told {
    fn add(&mut self, change: &Change) -> Judgement {
        let detail: Value = serde_json::from_str(&change.detail()).unwrap();
        let word = |field: &str| detail[field].as_str().map(str::to_owned);
        let born = matches!(change.kind(), ChangeKind::KeyCreated | ChangeKind::KeyImported);
        ensure!(self.born != born, "{} of a key that was {:?}", change.kind(), self);
        match change.kind() {
            ChangeKind::KeyCreated | ChangeKind::KeyImported => {
                self.born = true;
                self.scopes = Some(detail["scopes"].clone());
            }
            ChangeKind::KeyDisabled => self.disabled = true,
            ChangeKind::KeyEnabled => self.disabled = false,
            ChangeKind::KeyRevoked => self.revoked = true,
            ChangeKind::KeyRotated => {
                (self.successor, self.grace_until) = (word("successor"), word("grace_until"));
            }
            ChangeKind::RotationExtended | ChangeKind::RotationFinished => {
                self.grace_until = word("grace_until");
            }
            ChangeKind::RotationCancelled => (self.successor, self.grace_until) = (None, None),
            ChangeKind::KeyUpdated => self.update(&detail["now"]),
            _ => {}
        }
        Ok(())
    }

    fn update(&mut self, now: &Value) {
        if let Some(scopes) = now.get("scopes") {
            self.scopes = Some(scopes.clone());
        }
        if let Some(until) = now.get("grace_until").and_then(Value::as_str) {
            self.grace_until = Some(until.to_owned());
        }
    }
}

/// Whether a key is what its events tell, oldest first.
pub fn check_key(key: &Key, events: &[&Change]) -> Judgement {
    let mut told = Told::default();
    events.iter().try_for_each(|event| told.add(event))?;
    let time = |time: SystemTime| Timestamp::try_from(time).unwrap().to_string();
    let is = Told {
        born: true,
        disabled: key.disabled(),
        revoked: key.revoked_at().is_some(),
        successor: key.replaced_by().map(|id| id.to_string()),
        grace_until: told.grace_until.as_ref().and(key.grace_until()).map(time),
        scopes: Some(key.scopes().into()),
    };
    ensure!(is == told, "{} is {is:?}, and its events tell {told:?}", key.id());
    Ok(())
}

/// What is told of whom, and when. Of an emergency not of whom: it is told of the key that was named, and recorded
/// of the last one of its chain.
type Message = (NoticeKind, Option<KeyId>, SystemTime);

/// Whether each event that people must hear of has its notice, and each notice its event.
pub fn check_notices(changes: &[Change], notices: &[Notice]) -> Judgement {
    let due: BTreeSet<Message> = changes.iter().filter_map(message_of).collect();
    let told: BTreeSet<Message> = notices
        .iter()
        .map(|notice| {
            let key = Some(notice.key_id()).filter(|_| notice.kind() != NoticeKind::EmergencyRotated);
            (notice.kind(), key, notice.at())
        })
        .filter(|(kind, ..)| {
            [NoticeKind::Rotated, NoticeKind::EmergencyRotated, NoticeKind::Revoked].contains(kind)
        })
        .collect();
    let untold: Vec<_> = due.difference(&told).collect();
    ensure!(untold.is_empty(), "these have no notice: {untold:?}");
    // An emergency tells once that all are revoked; somebody else's revocation as compromised tells of itself.
    let unfounded: Vec<_> = told
        .difference(&due)
        .filter(|(kind, key, at)| {
            let revoked = |change: &Change| {
                change.kind() == ChangeKind::KeyRevoked && change.key_id() == *key && change.at() == *at
            };
            *kind != NoticeKind::Revoked || !changes.iter().any(revoked)
        })
        .collect();
    ensure!(unfounded.is_empty(), "these notices have no event: {unfounded:?}");
    Ok(())
}

fn message_of(change: &Change) -> Option<Message> {
    let detail: Value = serde_json::from_str(&change.detail()).unwrap();
    let (kind, key) = match change.kind() {
        ChangeKind::KeyRotated if detail["emergency"] == true => (NoticeKind::EmergencyRotated, None),
        ChangeKind::KeyRotated => (NoticeKind::Rotated, change.key_id()),
        ChangeKind::KeyRevoked if detail["reason"] != "compromised" => (NoticeKind::Revoked, change.key_id()),
        _ => return None,
    };
    Some((kind, key, change.at()))
}
