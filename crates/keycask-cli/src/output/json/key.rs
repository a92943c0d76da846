//! A key, flat.

use std::time::{Duration, SystemTime};

use keycask::{Key, KeyId, RevocationReason, Secret};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::parsed;
use crate::failure::Failure;
use crate::output::time::{rfc3339, short, span};
use crate::output::{Output, Row, fields};

/// What is known of a key, as of a point in time.
#[derive(Serialize)]
pub(crate) struct KeyView<'a> {
    id: String,
    prefix: Option<&'a str>,
    start: &'a str,
    owner: Option<&'a str>,
    name: Option<&'a str>,
    scopes: &'a [String],
    metadata: Option<Value>,
    notify_email: Option<&'a str>,
    created_at: String,
    created_by: &'a str,
    not_before: Option<String>,
    expires_at: Option<String>,
    /// Whole seconds.
    rotate_after: Option<u64>,
    disabled: bool,
    revoked_at: Option<String>,
    revoked_by: Option<&'a str>,
    revoked_reason: Option<&'static str>,
    revoked_note: Option<&'a str>,
    replaces: Option<String>,
    replaced_by: Option<String>,
    lineage: String,
    grace_until: Option<String>,
    state: &'static str,
    encoding: &'static str,
}

impl<'a> KeyView<'a> {
    pub(crate) fn of(key: &'a Key, now: SystemTime) -> Self {
        let id = |id: KeyId| id.to_string();
        Self {
            id: key.id().to_string(),
            prefix: Some(key.prefix()).filter(|prefix| !prefix.is_empty()),
            start: key.start(),
            owner: Some(key.owner()).filter(|owner| !owner.is_empty()),
            name: key.name(),
            scopes: key.scopes(),
            metadata: key.metadata().map(parsed),
            notify_email: key.notify_email(),
            created_at: rfc3339(key.created_at()),
            created_by: key.created_by(),
            not_before: key.not_before().map(rfc3339),
            expires_at: key.expires_at().map(rfc3339),
            rotate_after: key.rotate_after().as_ref().map(Duration::as_secs),
            disabled: key.disabled(),
            revoked_at: key.revoked_at().map(rfc3339),
            revoked_by: key.revoked_by(),
            revoked_reason: key.revoked_reason().map(RevocationReason::as_str),
            revoked_note: key.revoked_note(),
            replaces: key.replaces().map(id),
            replaced_by: key.replaced_by().map(id),
            lineage: key.lineage().to_string(),
            grace_until: key.grace_until().map(rfc3339),
            state: key.state_at(now).as_str(),
            encoding: key.encoding().as_str(),
        }
    }

    /// The line for a key that was just issued: the object with `secret` added.
    ///
    /// The secret is appended last, to memory that has room for it, so that no copy is left behind when the
    /// line grows.
    pub(crate) fn line_with_secret(&self, secret: &Secret) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        let mut line = serde_json::to_vec(self)?;
        line.pop();
        let parts = [r#","secret":""#, secret.expose(), "\"}\n"];
        line.reserve_exact(parts.iter().map(|part| part.len()).sum());
        let mut line = Zeroizing::new(line);
        for part in parts {
            line.extend_from_slice(part.as_bytes());
        }
        Ok(line)
    }

    pub(super) fn revoked_reason(&self) -> Option<&'static str> {
        self.revoked_reason
    }

    /// One line for people: the state first, and until when or why it holds.
    pub(crate) fn summary(&self) -> String {
        let owner = self.owner.map(str::to_owned);
        let reason = self.revoked_reason.map(str::to_owned);
        let until = self.grace_until.as_ref().filter(|_| reason.is_none());
        let until = until.map(|until| format!("grace_until {until}"));
        let told = [self.state, &self.id, self.start].map(|text| Some(text.to_owned()));
        told.into_iter().chain([owner, reason, until]).flatten().collect::<Vec<_>>().join("  ")
    }

    /// Prints every field that has a value, for people.
    pub(crate) fn print(&self, output: &mut Output) -> Result<(), Failure> {
        fields(&self.fields(), output)
    }

    /// The names of the fields and what people are told of them.
    pub(super) fn fields(&self) -> Vec<(&'static str, Option<String>)> {
        let text = |value: Option<&str>| value.map(str::to_owned);
        vec![
            ("id", Some(self.id.clone())),
            ("state", text(Some(self.state))),
            ("start", text(Some(self.start))),
            ("prefix", text(self.prefix)),
            ("owner", text(self.owner)),
            ("name", text(self.name)),
            ("scopes", (!self.scopes.is_empty()).then(|| self.scopes.join(" "))),
            ("metadata", self.metadata.as_ref().map(Value::to_string)),
            ("notify_email", text(self.notify_email)),
            ("created_at", Some(self.created_at.clone())),
            ("created_by", text(Some(self.created_by))),
            ("not_before", self.not_before.clone()),
            ("expires_at", self.expires_at.clone()),
            ("rotate_after", self.rotate_after.map(span)),
            ("disabled", self.disabled.then(|| "true".to_owned())),
            ("revoked_at", self.revoked_at.clone()),
            ("revoked_by", text(self.revoked_by)),
            ("revoked_reason", text(self.revoked_reason)),
            ("revoked_note", text(self.revoked_note)),
            ("replaces", self.replaces.clone()),
            ("replaced_by", self.replaced_by.clone()),
            ("grace_until", self.grace_until.clone()),
            ("lineage", Some(self.lineage.clone())),
            ("encoding", text(Some(self.encoding))),
        ]
    }
}

/// The answer to a repeated request: the key that the first one issued, without its secret.
#[derive(Serialize)]
pub(crate) struct ReplayView<'a> {
    #[serde(flatten)]
    key: KeyView<'a>,
    secret: Option<&'static str>,
    replayed: bool,
}

impl<'a> ReplayView<'a> {
    pub(crate) fn of(key: &'a Key, now: SystemTime) -> Self {
        Self { key: KeyView::of(key, now), secret: None, replayed: true }
    }
}

impl Row<8> for KeyView<'_> {
    const HEADINGS: [&'static str; 8] =
        ["ID", "START", "OWNER", "NAME", "STATE", "SCOPES", "CREATED", "EXPIRES"];

    fn cells(&self) -> [String; 8] {
        [
            self.id.clone(),
            self.start.to_owned(),
            self.owner.unwrap_or_default().to_owned(),
            self.name.unwrap_or_default().to_owned(),
            self.state.to_owned(),
            self.scopes.join(" "),
            short(&self.created_at),
            self.expires_at.as_deref().map(short).unwrap_or_default(),
        ]
    }
}
