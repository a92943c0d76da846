//! What an import did.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::error::Error;

/// What an import did, and what it has to say of single lines.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    imported: u64,
    existing: u64,
    refused: u64,
    warned: u64,
    notes: Vec<ImportNote>,
    longest_lock: Duration,
}

/// What an import has to say of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportNote {
    line: u64,
    outcome: ImportOutcome,
    message: Cow<'static, str>,
}

/// What became of a line that an import has something to say of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImportOutcome {
    /// Its digest is in the vault already, or stands on an earlier line; nothing was changed.
    Existing,
    /// It was not imported.
    Refused,
    /// It was imported, and something about it is doubtful.
    Warned,
}

impl ImportOutcome {
    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Existing => "existing",
            Self::Refused => "refused",
            Self::Warned => "warned",
        }
    }
}

impl fmt::Display for ImportOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ImportNote {
    /// The line of the text, or the row's place among the rows, from 1 on.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// What became of it.
    #[must_use]
    pub fn outcome(&self) -> ImportOutcome {
        self.outcome
    }

    /// Why, without a value of the row.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl ImportReport {
    /// Rows that became keys; of a dry run, that would.
    #[must_use]
    pub fn imported(&self) -> u64 {
        self.imported
    }

    /// Rows whose digest was there already; none was changed.
    #[must_use]
    pub fn existing(&self) -> u64 {
        self.existing
    }

    /// Lines that were refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Rows with a warning; they are among the imported ones.
    #[must_use]
    pub fn warned(&self) -> u64 {
        self.warned
    }

    /// What there is to say of single lines, in their order.
    #[must_use]
    pub fn notes(&self) -> &[ImportNote] {
        &self.notes
    }

    /// The longest time that the import kept other writers from the vault.
    #[must_use]
    pub fn longest_lock(&self) -> Duration {
        self.longest_lock
    }

    pub(crate) fn refuse(&mut self, line: u64, why: &Error) {
        self.refused += 1;
        self.note(line, ImportOutcome::Refused, why.to_string());
    }

    pub(crate) fn import(&mut self, line: u64, warning: Option<String>) {
        self.imported += 1;
        if let Some(warning) = warning {
            self.warned += 1;
            self.note(line, ImportOutcome::Warned, warning);
        }
    }

    pub(crate) fn exists(&mut self, line: u64) {
        self.existing += 1;
        self.note(line, ImportOutcome::Existing, "the vault has a key with this digest already");
    }

    pub(crate) fn repeats(&mut self, line: u64) {
        self.existing += 1;
        self.note(line, ImportOutcome::Existing, "an earlier line has the same digest");
    }

    /// What was counted as imported is not, or less of it.
    pub(crate) fn set_imported(&mut self, imported: u64) {
        self.imported = imported;
    }

    pub(crate) fn held_lock(&mut self, time: Duration) {
        self.longest_lock = self.longest_lock.max(time);
    }

    /// Puts the notes in the order of their lines: one line's refusal may be known before another's fate.
    pub(crate) fn sorted(mut self) -> Self {
        self.notes.sort_by_key(|note| note.line);
        self
    }

    fn note(&mut self, line: u64, outcome: ImportOutcome, message: impl Into<Cow<'static, str>>) {
        self.notes.push(ImportNote { line, outcome, message: message.into() });
    }
}
