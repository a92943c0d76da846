//! Notices for people: rows that are written with their cause and sent by somebody else.

use rusqlite::named_params;
use serde_json::json;

use super::Change;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::key::{Key, uuid_v7};

pub(super) const INSERT: &str = "
    INSERT INTO outbox (id, kind, key_no, at_ms, about_ms, detail)
    VALUES (:id, :kind, :key_no, :at_ms, :about_ms, :detail)
    ON CONFLICT (key_no, kind, about_ms) DO NOTHING";

/// What a notice tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    Rotated,
    EmergencyRotated,
    Revoked,
}

impl NoticeKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Rotated => "rotated",
            Self::EmergencyRotated => "emergency_rotated",
            Self::Revoked => "revoked",
        }
    }
}

impl Change<'_> {
    /// Writes a notice about `key`; `about` is the moment that it speaks of, so that none is made twice.
    pub(crate) fn notify(&self, kind: NoticeKind, key: &Key, about: Timestamp) -> Result<()> {
        let at = self.moment.at;
        let detail = json!({ "successor": key.replaced_by().map(|id| id.to_string()) });
        self.db.prepare_cached(INSERT)?.execute(named_params! {
            ":id": uuid_v7(at)?,
            ":kind": kind.as_str(),
            ":key_no": key.no.0,
            ":at_ms": at.ms(),
            ":about_ms": about.ms(),
            ":detail": detail.to_string(),
        })?;
        Ok(())
    }
}
