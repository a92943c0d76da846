//! Events of the log of changes.

use std::net::IpAddr;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::leaf::{Commitments, Erased, Kept, Personal, change_leaf, commit};
use super::{Frontier, Hash, hex};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::key::{Actor, Key, KeyId, KeyNo, RevocationReason};

/// How the digests of keycask's own keys are made, and so what a key without another scheme has.
const PLAIN_SCHEME: &str = "sha256";

/// What changed. The numbers are part of the leaves, and fixed for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum ChangeKind {
    /// The vault was created.
    VaultCreated = 1,
    /// A backup took the vault's place.
    VaultRestored = 2,
    /// The schema was upgraded.
    VaultMigrated = 3,
    /// The policy was set.
    PolicyChanged = 4,
    /// The pepper was introduced, rotated or retired.
    PepperChanged = 5,
    /// A key was issued.
    KeyCreated = 6,
    /// A digest of another system became a key.
    KeyImported = 7,
    /// A key's fields were changed.
    KeyUpdated = 8,
    /// A key was disabled.
    KeyDisabled = 9,
    /// A key was enabled.
    KeyEnabled = 10,
    /// A key was superseded by a successor, which has its own `key.created`.
    KeyRotated = 11,
    /// A grace window was extended.
    RotationExtended = 12,
    /// A grace window was ended early.
    RotationFinished = 13,
    /// A rotation was undone.
    RotationCancelled = 14,
    /// A key was revoked.
    KeyRevoked = 15,
    /// Old uses were deleted by the policy.
    UsesPruned = 16,
    /// Uses were lost; the detail says how many, or that nobody knows.
    UsesGap = 17,
    /// The wall clock stepped back by more than an hour.
    ClockRegressed = 18,
    /// A backup was made.
    BackupMade = 19,
    /// A leak of a secret was reported.
    LeakReported = 20,
    /// What named a person was blanked.
    PersonErased = 21,
}

impl ChangeKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: &'static [Self] = &[
        Self::VaultCreated,
        Self::VaultRestored,
        Self::VaultMigrated,
        Self::PolicyChanged,
        Self::PepperChanged,
        Self::KeyCreated,
        Self::KeyImported,
        Self::KeyUpdated,
        Self::KeyDisabled,
        Self::KeyEnabled,
        Self::KeyRotated,
        Self::RotationExtended,
        Self::RotationFinished,
        Self::RotationCancelled,
        Self::KeyRevoked,
        Self::UsesPruned,
        Self::UsesGap,
        Self::ClockRegressed,
        Self::BackupMade,
        Self::LeakReported,
        Self::PersonErased,
    ];

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VaultCreated => "vault.created",
            Self::VaultRestored => "vault.restored",
            Self::VaultMigrated => "vault.migrated",
            Self::PolicyChanged => "policy.changed",
            Self::PepperChanged => "pepper.changed",
            Self::KeyCreated => "key.created",
            Self::KeyImported => "key.imported",
            Self::KeyUpdated => "key.updated",
            Self::KeyDisabled => "key.disabled",
            Self::KeyEnabled => "key.enabled",
            Self::KeyRotated => "key.rotated",
            Self::RotationExtended => "rotation.extended",
            Self::RotationFinished => "rotation.finished",
            Self::RotationCancelled => "rotation.cancelled",
            Self::KeyRevoked => "key.revoked",
            Self::UsesPruned => "uses.pruned",
            Self::UsesGap => "uses.gap",
            Self::ClockRegressed => "clock.regressed",
            Self::BackupMade => "backup.made",
            Self::LeakReported => "leak.reported",
            Self::PersonErased => "person.erased",
        }
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        Self::ALL.iter().find(|kind| i64::from(**kind as u16) == number).copied()
    }
}

impl std::fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ChangeKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().find(|kind| kind.as_str() == text).copied().ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
            Error::invalid(format!("kind: is none of {}", known.join(", ")))
        })
    }
}

/// What is about to be recorded, with what its detail needs.
pub(crate) enum Event<'a> {
    VaultCreated { vault_id: &'a str, schema: i32 },
    PolicyChanged { before: Value, after: Value },
    PepperChanged { action: &'static str, generation: i64, keys: u64 },
    UsesPruned { tree: &'a Frontier, events: u64 },
    PersonErased { changes: u64 },
    BackupMade { file: &'a str },
    VaultMigrated { from: i32, to: i32, backup: Option<&'a str> },
    VaultRestored { missing: Option<u64>, lost_keys: Option<u64> },
    KeyCreated(&'a Key),
    KeyImported(&'a ImportedKey),
    KeysImported { import: i64, keys: u64 },
    KeyRotated { old: &'a Key, successor: KeyId, emergency: bool },
    KeyRevoked(&'a Key),
    KeyUpdated { key: &'a Key, fields: Vec<&'static str> },
    KeyDisabled(&'a Key),
    KeyEnabled(&'a Key),
    RotationExtended(&'a Key),
    RotationFinished(&'a Key),
    RotationCancelled { old: &'a Key, successor: KeyId },
    ClockRegressed { mark: Timestamp },
    UsesGap { count: Option<u64>, since: Option<Timestamp> },
}

/// A key that was imported, with what only its event tells.
#[derive(Debug)]
pub(crate) struct ImportedKey {
    pub(crate) key: Key,
    pub(crate) import: i64,
    /// `None`: digested as keycask's own keys are.
    pub(crate) scheme: Option<String>,
    pub(crate) strength_bits: Option<u32>,
}

impl<'a> Event<'a> {
    fn kind(&self) -> ChangeKind {
        match self {
            Self::VaultCreated { .. } => ChangeKind::VaultCreated,
            Self::PolicyChanged { .. } => ChangeKind::PolicyChanged,
            Self::PepperChanged { .. } => ChangeKind::PepperChanged,
            Self::UsesPruned { .. } => ChangeKind::UsesPruned,
            Self::PersonErased { .. } => ChangeKind::PersonErased,
            Self::BackupMade { .. } => ChangeKind::BackupMade,
            Self::VaultMigrated { .. } => ChangeKind::VaultMigrated,
            Self::VaultRestored { .. } => ChangeKind::VaultRestored,
            Self::KeyCreated(_) => ChangeKind::KeyCreated,
            Self::KeyImported(_) | Self::KeysImported { .. } => ChangeKind::KeyImported,
            Self::KeyRotated { .. } => ChangeKind::KeyRotated,
            Self::KeyRevoked(_) => ChangeKind::KeyRevoked,
            Self::KeyUpdated { .. } => ChangeKind::KeyUpdated,
            Self::KeyDisabled(_) => ChangeKind::KeyDisabled,
            Self::KeyEnabled(_) => ChangeKind::KeyEnabled,
            Self::RotationExtended(_) => ChangeKind::RotationExtended,
            Self::RotationFinished(_) => ChangeKind::RotationFinished,
            Self::RotationCancelled { .. } => ChangeKind::RotationCancelled,
            Self::ClockRegressed { .. } => ChangeKind::ClockRegressed,
            Self::UsesGap { .. } => ChangeKind::UsesGap,
        }
    }

    fn key(&self) -> Option<&'a Key> {
        match self {
            Self::KeyImported(imported) => Some(&imported.key),
            Self::KeyCreated(key)
            | Self::KeyRevoked(key)
            | Self::KeyRotated { old: key, .. }
            | Self::KeyUpdated { key, .. }
            | Self::KeyDisabled(key)
            | Self::KeyEnabled(key)
            | Self::RotationExtended(key)
            | Self::RotationFinished(key)
            | Self::RotationCancelled { old: key, .. } => Some(key),
            Self::VaultCreated { .. }
            | Self::KeysImported { .. }
            | Self::UsesPruned { .. }
            | Self::PersonErased { .. }
            | Self::BackupMade { .. }
            | Self::VaultMigrated { .. }
            | Self::VaultRestored { .. }
            | Self::PolicyChanged { .. }
            | Self::PepperChanged { .. }
            | Self::ClockRegressed { .. }
            | Self::UsesGap { .. } => None,
        }
    }

    fn note(&self) -> Option<&'a str> {
        match self {
            Self::KeyRevoked(key) => key.revoked_note(),
            _ => None,
        }
    }

    fn detail(&self) -> Value {
        match self {
            Self::VaultCreated { vault_id, schema } => json!({ "vault_id": vault_id, "schema": schema }),
            Self::PolicyChanged { before, after } => json!({ "before": before, "after": after }),
            Self::PepperChanged { action, generation, keys } => {
                json!({ "action": action, "generation": generation, "keys": keys })
            }
            Self::UsesPruned { tree, events } => {
                json!({ "size": tree.size(), "root": hex(&tree.root()), "events": events })
            }
            Self::VaultMigrated { from, to, backup } => json!({ "from": from, "to": to, "backup": backup }),
            Self::VaultRestored { missing, lost_keys } => {
                json!({ "missing_revocations": missing, "lost_keys": lost_keys })
            }
            Self::PersonErased { changes } => json!({ "changes": changes }),
            Self::KeyCreated(key) => json!({
                "prefix": key.prefix,
                "start": key.start,
                "scopes": key.scopes(),
                "not_before": key.not_before.map(|time| time.to_string()),
                "expires_at": key.expires_at.map(|time| time.to_string()),
                "replaces": key.replaces.map(|id| id.to_string()),
            }),
            Self::KeyImported(ImportedKey { key, import, scheme, strength_bits }) => json!({
                "import": import,
                "scheme": scheme.as_deref().unwrap_or(PLAIN_SCHEME),
                "strength_bits": strength_bits,
                "prefix": Some(&key.prefix).filter(|prefix| !prefix.is_empty()),
                "scopes": key.scopes(),
                "not_before": key.not_before.map(|time| time.to_string()),
                "expires_at": key.expires_at.map(|time| time.to_string()),
            }),
            Self::KeysImported { import, keys } => json!({ "import": import, "keys": keys }),
            Self::KeyRotated { old, successor, emergency } => json!({
                "successor": successor.to_string(),
                "emergency": emergency,
                "grace_until": old.successor.filter(|_| !emergency).map(|s| s.grace_until.to_string()),
            }),
            Self::KeyRevoked(key) => {
                json!({ "reason": key.revoked_reason().map(RevocationReason::as_str) })
            }
            Self::KeyUpdated { key, fields } => json!({ "fields": fields, "now": updated(key, fields) }),
            Self::KeyDisabled(_) | Self::KeyEnabled(_) => json!({}),
            Self::BackupMade { file } => json!({ "file": file }),
            Self::RotationExtended(key) | Self::RotationFinished(key) => json!({
                "successor": key.replaced_by().map(|id| id.to_string()),
                "grace_until": key.successor.map(|successor| successor.grace_until.to_string()),
            }),
            Self::RotationCancelled { successor, .. } => json!({ "successor": successor.to_string() }),
            Self::ClockRegressed { mark } => json!({ "newest_before": mark.to_string() }),
            Self::UsesGap { count, since } => {
                json!({ "count": count, "since": since.map(|since| since.to_string()) })
            }
        }
    }

    /// The row to append; `salt` is fresh for each row.
    pub(crate) fn into_row(self, seq: i64, at: Timestamp, actor: &Actor, salt: [u8; 16]) -> ChangeRow {
        let key = self.key();
        ChangeRow {
            seq,
            at,
            kind: self.kind(),
            key: key.map(|key| (key.no, key.id)),
            actor: Some(actor.name().to_owned()),
            owner: key.map(|key| key.owner.clone()).filter(|owner| !owner.is_empty()),
            client_ip: actor.address().map(|address| address.to_string()),
            note: self.note().map(str::to_owned),
            request_id: actor.request().map(str::to_owned),
            salt: Some(salt),
            kept: Kept::default(),
            detail: self.detail().to_string(),
        }
    }
}

/// What judges the key from now on, of the fields that were changed. Names, addresses and metadata can speak
/// of persons, and are not kept.
fn updated(key: &Key, fields: &[&'static str]) -> Value {
    let time = |time: Option<Timestamp>| json!(time.map(|time| time.to_string()));
    let value = |field: &str| match field {
        "prefix" => Some(json!(key.prefix)),
        "scopes" => Some(json!(key.scopes())),
        "not_before" => Some(time(key.not_before)),
        "expires_at" => Some(time(key.expires_at)),
        "grace_until" => Some(time(key.successor.map(|successor| successor.grace_until))),
        "rotate_after" => Some(json!(key.rotate_after_s)),
        _ => None,
    };
    fields.iter().filter_map(|field| Some(((*field).to_owned(), value(field)?))).collect::<Map<_, _>>().into()
}

/// A row of `changes` as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct ChangeRow {
    pub(crate) seq: i64,
    pub(crate) at: Timestamp,
    pub(crate) kind: ChangeKind,
    pub(crate) key: Option<(KeyNo, KeyId)>,
    pub(crate) actor: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) client_ip: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) request_id: Option<String>,
    /// Of the commitments; forgotten once a value was blanked, and then `kept` has what is left.
    pub(crate) salt: Option<[u8; 16]>,
    pub(crate) kept: Kept,
    pub(crate) detail: String,
}

impl ChangeRow {
    /// The leaf.
    pub(crate) fn leaf(&self) -> Vec<u8> {
        let commitments = Commitments {
            actor: self.commitment(Personal::Actor),
            owner: self.commitment(Personal::Owner),
            client_ip: self.commitment(Personal::ClientIp),
            note: self.commitment(Personal::Note),
        };
        change_leaf(self, &commitments)
    }

    /// Blanks what names `person`: as the actor, with address and note, or as the owner, with the note.
    /// Whether there was anything.
    pub(crate) fn erase(&mut self, person: &str) -> bool {
        let acted = self.actor.as_deref() == Some(person);
        let owned = self.owner.as_deref() == Some(person);
        let fields = [
            (Personal::Actor, acted),
            (Personal::ClientIp, acted),
            (Personal::Owner, owned),
            (Personal::Note, acted || owned),
        ];
        for (field, blank) in fields {
            let kept =
                if blank { self.commitment(field).map(Erased::Commitment) } else { self.field_salt(field) };
            if let (Some(kept), true) = (kept, self.value(field).is_some()) {
                self.kept.set(field, kept);
            }
            if blank {
                *self.value_mut(field) = None;
            }
        }
        if acted || owned {
            self.salt = None;
        }
        acted || owned
    }

    fn commitment(&self, field: Personal) -> Option<Hash> {
        match (self.value(field), self.field_salt(field), self.kept.get(field)) {
            (Some(value), Some(Erased::Salt(salt)), _) => Some(commit(&salt, value)),
            // Nothing was kept of it, so it wasn't there: this is no leaf's commitment.
            (Some(value), _, _) => Some(commit(&[0; 32], value)),
            (None, _, Some(Erased::Commitment(commitment))) => Some(commitment),
            _ => None,
        }
    }

    fn field_salt(&self, field: Personal) -> Option<Erased> {
        match self.salt {
            Some(salt) => Some(Erased::Salt(field.salt(&salt))),
            None => self.kept.get(field),
        }
    }

    fn value(&self, field: Personal) -> Option<&str> {
        match field {
            Personal::Actor => self.actor.as_deref(),
            Personal::Owner => self.owner.as_deref(),
            Personal::ClientIp => self.client_ip.as_deref(),
            Personal::Note => self.note.as_deref(),
        }
    }

    fn value_mut(&mut self, field: Personal) -> &mut Option<String> {
        match field {
            Personal::Actor => &mut self.actor,
            Personal::Owner => &mut self.owner,
            Personal::ClientIp => &mut self.client_ip,
            Personal::Note => &mut self.note,
        }
    }
}

/// An event of the log of changes.
#[derive(Clone, Debug)]
pub struct Change {
    row: ChangeRow,
}

impl Change {
    pub(crate) fn from_row(row: ChangeRow) -> Self {
        Self { row }
    }

    /// Its place in the log, from 1 on without holes.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.row.seq.unsigned_abs()
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        self.row.at.into()
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        self.row.kind
    }

    /// The key that it happened to.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        self.row.key.map(|(_, id)| id)
    }

    /// Who did it; `None` once erased.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        self.row.actor.as_deref()
    }

    /// The address that it was asked from.
    #[must_use]
    pub fn client_ip(&self) -> Option<IpAddr> {
        self.row.client_ip.as_deref().and_then(|text| text.parse().ok())
    }

    /// The id of the request that asked for it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.row.request_id.as_deref()
    }

    /// What belongs to its kind, as the text of a JSON object, with the key's owner and the note.
    #[must_use]
    pub fn detail(&self) -> String {
        let mut detail: Map<String, Value> = serde_json::from_str(&self.row.detail).unwrap_or_default();
        for (name, value) in [("owner", &self.row.owner), ("note", &self.row.note)] {
            if let Some(value) = value {
                detail.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        Value::Object(detail).to_string()
    }
}
