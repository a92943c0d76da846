//! A notice in the making: what it says, and of which moment.

use std::time::Duration;

use serde_json::{Value, json};

use super::NoticeKind;
use crate::clock::Timestamp;
use crate::key::{Key, KeyId, KeyNo, RevocationReason};
use crate::policy::Policy;

/// How long before the end of a grace window its notice is made.
const WINDOW_AHEAD: Duration = Duration::from_secs(86_400);

/// A notice that is about to be written.
pub(crate) struct NewNotice {
    pub(crate) kind: NoticeKind,
    pub(crate) key: KeyNo,
    pub(crate) about: Timestamp,
    pub(crate) detail: Value,
}

impl NewNotice {
    /// `old` was superseded at `at`.
    pub(crate) fn rotated(old: &Key, at: Timestamp) -> Self {
        Self { kind: NoticeKind::Rotated, key: old.no, about: at, detail: window(old) }
    }

    /// `named` and its living relatives gave way to `successor` at `at`.
    pub(crate) fn emergency_rotated(named: &Key, successor: KeyId, at: Timestamp) -> Self {
        let detail = json!({
            "successor": successor.to_string(),
            "reason": RevocationReason::Compromised.as_str(),
        });
        Self { kind: NoticeKind::EmergencyRotated, key: named.no, about: at, detail }
    }

    /// `key` was revoked at `at`.
    pub(crate) fn revoked(key: &Key, at: Timestamp) -> Self {
        let detail = json!({ "reason": key.revoked_reason().map(RevocationReason::as_str) });
        Self { kind: NoticeKind::Revoked, key: key.no, about: at, detail }
    }

    /// What time alone brings to a living key; `None` where nothing of this kind comes within the horizon.
    pub(crate) fn coming(kind: NoticeKind, key: &Key, now: Timestamp, horizon: Horizon) -> Option<Self> {
        let about = kind.moment_of(key).filter(|about| *about <= horizon.of(kind))?;
        let detail = match kind {
            NoticeKind::WindowEnding => window(key),
            NoticeKind::Expiring => json!({ "expires_at": about.to_string() }),
            _ => json!({ "rotation_due": about.to_string() }),
        };
        key.state(now).is_living().then_some(Self { kind, key: key.no, about, detail })
    }
}

fn window(old: &Key) -> Value {
    json!({
        "successor": old.replaced_by().map(|id| id.to_string()),
        "grace_until": old.successor.map(|successor| successor.grace_until.to_string()),
    })
}

/// How far ahead of `now` somebody wants to hear of what comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Horizon {
    pub(crate) windows: Timestamp,
    pub(crate) others: Timestamp,
}

impl Horizon {
    pub(crate) fn at(now: Timestamp, policy: &Policy) -> Self {
        Self { windows: now.saturating_add(WINDOW_AHEAD), others: now.saturating_add(policy.notice_ahead) }
    }

    fn of(self, kind: NoticeKind) -> Timestamp {
        if kind == NoticeKind::WindowEnding { self.windows } else { self.others }
    }
}
