//! Keys with what was asked about them: how often they were used, why they are due, where they stand in
//! their chain.

use std::time::SystemTime;

use keycask::{Due, Key, Usage};
use serde::Serialize;

use super::KeyView;
use crate::failure::Failure;
use crate::output::time::{rfc3339, short};
use crate::output::{Output, Row, fields};

/// A key, and how often it was used.
#[derive(Serialize)]
pub(crate) struct UsageView<'a> {
    #[serde(flatten)]
    key: KeyView<'a>,
    uses: u64,
    last_used_at: Option<String>,
}

impl<'a> UsageView<'a> {
    pub(crate) fn of(key: &'a Key, usage: Usage, now: SystemTime) -> Self {
        Self {
            key: KeyView::of(key, now),
            uses: usage.uses(),
            last_used_at: usage.last_used_at().map(rfc3339),
        }
    }

    /// Prints every field that has a value, for people.
    pub(crate) fn print(&self, output: &mut Output) -> Result<(), Failure> {
        let mut told = self.key.fields();
        told.push(("uses", Some(self.uses.to_string())));
        told.push(("last_used_at", self.last_used_at.clone()));
        fields(&told, output)
    }
}

impl Row<8> for UsageView<'_> {
    const HEADINGS: [&'static str; 8] =
        ["ID", "START", "OWNER", "NAME", "STATE", "CREATED", "USES", "LAST USED"];

    fn cells(&self) -> [String; 8] {
        let [id, start, owner, name, state, _, created, _] = self.key.cells();
        let last_used = self.last_used_at.as_deref().map_or_else(|| "never".to_owned(), short);
        [id, start, owner, name, state, created, self.uses.to_string(), last_used]
    }
}

/// A key that is due, and why.
#[derive(Serialize)]
pub(crate) struct DueView<'a> {
    #[serde(flatten)]
    key: KeyView<'a>,
    due_reason: &'static str,
    due_at: String,
}

impl<'a> DueView<'a> {
    pub(crate) fn of(due: &'a Due, now: SystemTime) -> Self {
        Self {
            key: KeyView::of(due.key(), now),
            due_reason: due.reason().as_str(),
            due_at: rfc3339(due.at()),
        }
    }
}

impl Row<7> for DueView<'_> {
    const HEADINGS: [&'static str; 7] = ["DUE", "AT", "ID", "START", "OWNER", "NAME", "STATE"];

    fn cells(&self) -> [String; 7] {
        let [id, start, owner, name, state, ..] = self.key.cells();
        [self.due_reason.to_owned(), short(&self.due_at), id, start, owner, name, state]
    }
}

/// A key in its chain of rotations.
#[derive(Serialize)]
pub(crate) struct LineageView<'a> {
    #[serde(flatten)]
    key: KeyView<'a>,
    #[serde(skip)]
    drawn: String,
    #[serde(skip)]
    ends: Option<String>,
}

impl<'a> LineageView<'a> {
    /// The chain, in the order of its keys' creation.
    pub(crate) fn all(keys: &'a [Key], now: SystemTime) -> Vec<Self> {
        let view = |(place, key): (usize, &'a Key)| Self {
            key: KeyView::of(key, now),
            drawn: draw(keys, place, now),
            ends: key.revoked_at().or(key.grace_until()).or(key.expires_at()).map(rfc3339),
        };
        keys.iter().enumerate().map(view).collect()
    }
}

/// `●` lives and `○` is dead; `✗` stands beside the chain: its rotation was cancelled.
fn draw(keys: &[Key], place: usize, now: SystemTime) -> String {
    let key = &keys[place];
    let replaced = keys.iter().find(|other| Some(other.id()) == key.replaces());
    let cancelled = replaced.is_some_and(|other| other.replaced_by() != Some(key.id()));
    let line = match (place, keys.len() - place) {
        (0, 1) => "",
        (0, _) => "┌",
        (_, 1) => "└",
        _ => "├",
    };
    let mark = match key.state_at(now).is_living() {
        _ if cancelled => "─✗",
        true => "●",
        false => "○",
    };
    format!("{line}{mark}")
}

impl Row<7> for LineageView<'_> {
    const HEADINGS: [&'static str; 7] = ["CHAIN", "ID", "START", "STATE", "CREATED", "ENDS", "REASON"];

    fn cells(&self) -> [String; 7] {
        let [id, start, _, _, state, _, created, _] = self.key.cells();
        let ends = self.ends.as_deref().map(short).unwrap_or_default();
        let reason = self.key.revoked_reason().unwrap_or_default().to_owned();
        [self.drawn.clone(), id, start, state, created, ends, reason]
    }
}
