//! The JSON forms: compact, `snake_case`, times as RFC 3339 UTC, what is absent as null.

mod events;
mod key;
mod notice;
mod policy;
mod questions;
mod report;

pub(crate) use events::{ChangeView, UseView};
pub(crate) use key::{KeyView, ReplayView};
pub(crate) use notice::{DeliveryView, NoticeView};
pub(crate) use policy::PolicyView;
pub(crate) use questions::{DueView, LineageView, UsageView};
pub(crate) use report::{FindingView, LogView, VerdictView};

use serde_json::Value;

/// JSON text that the core keeps, as a value.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
