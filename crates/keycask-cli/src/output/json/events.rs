//! Events of the two logs.

use keycask::{Change, Use};
use serde::Serialize;
use serde_json::{Value, json};

use super::parsed;
use crate::output::Row;
use crate::output::time::{rfc3339, short};

/// An event of the log of changes.
#[derive(Serialize)]
pub(crate) struct ChangeView<'a> {
    seq: u64,
    at: String,
    kind: &'static str,
    key_id: Option<String>,
    actor: Option<&'a str>,
    client_ip: Option<String>,
    request_id: Option<&'a str>,
    detail: Value,
}

impl<'a> ChangeView<'a> {
    pub(crate) fn of(change: &'a Change) -> Self {
        Self {
            seq: change.seq(),
            at: rfc3339(change.at()),
            kind: change.kind().as_str(),
            key_id: change.key_id().map(|id| id.to_string()),
            actor: change.actor(),
            client_ip: change.client_ip().map(|address| address.to_string()),
            request_id: change.request_id(),
            detail: parsed(&change.detail()),
        }
    }
}

impl Row<6> for ChangeView<'_> {
    const HEADINGS: [&'static str; 6] = ["SEQ", "AT", "KIND", "KEY", "ACTOR", "DETAIL"];

    fn cells(&self) -> [String; 6] {
        [
            self.seq.to_string(),
            short(&self.at),
            self.kind.to_owned(),
            self.key_id.clone().unwrap_or_default(),
            self.actor.unwrap_or_default().to_owned(),
            pairs(&self.detail),
        ]
    }
}

/// A detail for people: `name=value`, and nothing of what is null.
pub(super) fn pairs(detail: &Value) -> String {
    let told = detail.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let pair = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    };
    told.map(pair).collect::<Vec<_>>().join(" ")
}

/// An event of the log of uses, with the same fields.
#[derive(Serialize)]
pub(crate) struct UseView<'a> {
    /// None while its count is still open.
    seq: Option<u64>,
    at: String,
    outcome: &'static str,
    key_id: Option<String>,
    /// Nobody's: a use is a client's, who is told by the key.
    actor: Option<&'a str>,
    client_ip: Option<String>,
    request_id: Option<&'a str>,
    detail: Value,
    #[serde(skip)]
    count: u64,
    #[serde(skip)]
    last_at: String,
}

impl<'a> UseView<'a> {
    pub(crate) fn of(used: &'a Use) -> Self {
        let (count, last_at) = (used.count(), rfc3339(used.last_at()));
        Self {
            seq: used.seq(),
            at: rfc3339(used.at()),
            outcome: used.outcome().as_str(),
            key_id: used.key_id().map(|id| id.to_string()),
            actor: None,
            client_ip: used.client_ip().map(|address| address.to_string()),
            request_id: used.request_id(),
            detail: json!({ "count": count, "last_at": last_at }),
            count,
            last_at,
        }
    }
}

impl Row<7> for UseView<'_> {
    const HEADINGS: [&'static str; 7] = ["SEQ", "AT", "OUTCOME", "KEY", "CLIENT", "COUNT", "LAST"];

    fn cells(&self) -> [String; 7] {
        [
            self.seq.map_or_else(|| "open".to_owned(), |seq| seq.to_string()),
            short(&self.at),
            self.outcome.to_owned(),
            self.key_id.clone().unwrap_or_default(),
            self.client_ip.clone().unwrap_or_default(),
            self.count.to_string(),
            short(&self.last_at),
        ]
    }
}
