//! What a template can say of a notice.

use keycask::Notice;
use serde_json::Value;

use crate::output::time::{rfc3339, short};

/// The placeholders, each with a value for every notice; what has none is a hyphen.
pub(super) const NAMES: [&str; 14] = [
    "about",
    "at",
    "expires_at",
    "grace_until",
    "key_id",
    "kind",
    "name",
    "notice_id",
    "owner",
    "reason",
    "rotation_due",
    "start",
    "successor",
    "vault_id",
];

/// A notice, and the vault that it comes from.
pub(super) struct Facts<'a> {
    notice: &'a Notice,
    vault_id: &'a str,
    detail: Value,
}

impl<'a> Facts<'a> {
    pub(super) fn of(notice: &'a Notice, vault_id: &'a str) -> Self {
        let detail = serde_json::from_str(notice.detail()).unwrap_or_default();
        Self { notice, vault_id, detail }
    }

    /// The value of a placeholder; `None` where there is no such placeholder.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let notice = self.notice;
        let value = match name {
            "about" => time(&rfc3339(notice.about())),
            "at" => time(&rfc3339(notice.at())),
            "key_id" => notice.key_id().to_string(),
            "kind" => notice.kind().to_string(),
            "name" => notice.name().unwrap_or_default().to_owned(),
            "notice_id" => notice.id().to_string(),
            "owner" => notice.owner().to_owned(),
            "start" => notice.start().to_owned(),
            "vault_id" => self.vault_id.to_owned(),
            "expires_at" | "grace_until" | "rotation_due" => time(self.told(name)),
            "reason" | "successor" => self.told(name).to_owned(),
            _ => return None,
        };
        Some(if value.is_empty() { "-".to_owned() } else { value })
    }

    fn told(&self, name: &str) -> &str {
        self.detail[name].as_str().unwrap_or_default()
    }
}

/// `2026-11-24 13:30:00 UTC`.
fn time(rfc3339: &str) -> String {
    if rfc3339.is_empty() { String::new() } else { format!("{} UTC", short(rfc3339)) }
}
