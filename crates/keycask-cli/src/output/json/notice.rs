//! Notices, and what became of their deliveries.

use keycask::Notice;
use serde::Serialize;
use serde_json::Value;

use super::events::pairs;
use super::parsed;
use crate::output::Row;
use crate::output::time::{rfc3339, short};

/// A notice.
#[derive(Serialize)]
pub(crate) struct NoticeView<'a> {
    id: String,
    kind: &'static str,
    at: String,
    about: String,
    key_id: String,
    start: &'a str,
    name: Option<&'a str>,
    owner: Option<&'a str>,
    notify_email: Option<&'a str>,
    acked_at: Option<String>,
    attempts: u32,
    next_attempt_at: Option<String>,
    dead_at: Option<String>,
    detail: Value,
}

impl<'a> NoticeView<'a> {
    pub(crate) fn of(notice: &'a Notice) -> Self {
        Self {
            id: notice.id().to_string(),
            kind: notice.kind().as_str(),
            at: rfc3339(notice.at()),
            about: rfc3339(notice.about()),
            key_id: notice.key_id().to_string(),
            start: notice.start(),
            name: notice.name(),
            owner: Some(notice.owner()).filter(|owner| !owner.is_empty()),
            notify_email: notice.notify_email(),
            acked_at: notice.acked_at().map(rfc3339),
            attempts: notice.attempts(),
            next_attempt_at: notice.next_attempt_at().map(rfc3339),
            dead_at: notice.dead_at().map(rfc3339),
            detail: parsed(notice.detail()),
        }
    }

    /// What became of it so far.
    fn status(&self) -> String {
        match (&self.acked_at, &self.dead_at, self.attempts) {
            (Some(_), ..) => "acknowledged".to_owned(),
            (None, Some(_), failures) => format!("dead after {failures} failures"),
            (None, None, 0) => "open".to_owned(),
            (None, None, failures) => format!("failed {failures} times"),
        }
    }
}

impl Row<7> for NoticeView<'_> {
    const HEADINGS: [&'static str; 7] = ["ID", "KIND", "ABOUT", "KEY", "START", "STATUS", "DETAIL"];

    fn cells(&self) -> [String; 7] {
        [
            self.id.clone(),
            self.kind.to_owned(),
            short(&self.about),
            self.key_id.clone(),
            self.start.to_owned(),
            self.status(),
            pairs(&self.detail),
        ]
    }
}

/// What became of a delivery.
#[derive(Serialize)]
pub(crate) struct DeliveryView<'a> {
    notice_id: String,
    kind: &'static str,
    key_id: String,
    recipient: Option<&'a str>,
    message_id: Option<&'a str>,
    status: &'static str,
    attempts: u32,
    next_attempt_at: Option<String>,
    error: Option<&'a str>,
}

impl<'a> DeliveryView<'a> {
    /// The server took it.
    pub(crate) fn sent(notice: &Notice, recipient: &'a str, message_id: &'a str) -> Self {
        Self { recipient: Some(recipient), message_id: Some(message_id), ..Self::of(notice, "sent") }
    }

    /// It was not delivered, and will be tried again unless it was given up.
    pub(crate) fn failed(notice: &Notice, recipient: Option<&'a str>, error: &'a str) -> Self {
        let status = if notice.dead_at().is_some() { "dead" } else { "failed" };
        let next_attempt_at = notice.next_attempt_at().map(rfc3339);
        Self { recipient, next_attempt_at, error: Some(error), ..Self::of(notice, status) }
    }

    /// Nobody is named whom it could be sent to.
    pub(crate) fn without_recipient(notice: &Notice) -> Self {
        Self::of(notice, "no_recipient")
    }

    fn of(notice: &Notice, status: &'static str) -> Self {
        Self {
            notice_id: notice.id().to_string(),
            kind: notice.kind().as_str(),
            key_id: notice.key_id().to_string(),
            recipient: None,
            message_id: None,
            status,
            attempts: notice.attempts(),
            next_attempt_at: None,
            error: None,
        }
    }

    /// The line for people, who read it as it happens.
    pub(crate) fn line(&self) -> String {
        let Self { status, kind, key_id, notice_id, .. } = self;
        let recipient = self.recipient.unwrap_or_default();
        let error = self.error.map(|error| format!("  {error}")).unwrap_or_default();
        format!("{status:12}  {kind:17}  {key_id}  {notice_id}  {recipient}{error}")
    }
}
