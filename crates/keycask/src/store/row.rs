//! Columns of a row, taken in the order of the statement.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::key::KeyId;

/// Hands out the columns of a row one after the other.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: FromSql>(&mut self) -> Result<T> {
        let value = self.row.get(self.next)?;
        self.next += 1;
        Ok(value)
    }

    pub(super) fn time(&mut self) -> Result<Timestamp> {
        self.take().map(Timestamp::from_ms)
    }

    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.take::<Option<i64>>()?.map(Timestamp::from_ms))
    }

    pub(super) fn id(&mut self) -> Result<KeyId> {
        self.take().map(KeyId::from_bytes)
    }

    pub(super) fn optional_id(&mut self) -> Result<Option<KeyId>> {
        Ok(self.take::<Option<[u8; 16]>>()?.map(KeyId::from_bytes))
    }

    /// A word of a closed set.
    pub(super) fn word<T>(&mut self, what: &str, known: impl Fn(&str) -> Option<T>) -> Result<T> {
        let value = self.row.get_ref(self.next)?;
        self.next += 1;
        value.as_str().ok().and_then(known).ok_or_else(|| unknown(what))
    }

    /// A number of a closed set.
    pub(super) fn code<T>(&mut self, what: &str, known: impl Fn(i64) -> Option<T>) -> Result<T> {
        known(self.take()?).ok_or_else(|| unknown(what))
    }
}

pub(super) fn unknown(what: &str) -> Error {
    Error::damaged(format!("read the vault: a row's {what} is none that this library knows"))
}

impl From<FromSqlError> for Error {
    fn from(_: FromSqlError) -> Self {
        Self::damaged("read the vault: a value has another type than its column")
    }
}
