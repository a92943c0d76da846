//! Erasure: what names a person goes, and the log of changes still proves itself.

use super::{KeyFilter, Vault};
use crate::audit::{ChangeRow, Event};
use crate::error::{Error, Result};
use crate::key::{Actor, NAME_LEN, check_text};
use crate::store::ChangeQuery;

/// Rows that are looked at in one read transaction, and blanked in one change.
const PAGE: usize = 500;

impl Vault {
    /// Erases what names a person: as an actor, with address and note; as an owner, with the notes on their
    /// keys and the names, metadata and addresses of the keys. Returns how many changes were blanked.
    ///
    /// Blanked values leave commitments behind that nobody can test guesses against, so that the roots stay
    /// as they were. Uses keep the addresses of clients until they are pruned. Backups keep everything.
    ///
    /// # Errors
    ///
    /// `conflict` while a key of the person's lives: revoke it first.
    pub fn erase_person(&self, person: &str, actor: &Actor) -> Result<u64> {
        check_text("person", person, NAME_LEN)?;
        self.check_no_living_key(person)?;
        let changes = self.erase_from_log(person)?;
        self.change(self.clock.now(), |change| {
            change.overwrite_deleted(true)?;
            change.erase_from_keys(person)?;
            change.record(Event::PersonErased { changes }, actor)?;
            change.overwrite_deleted(false)
        })?;
        Ok(changes)
    }

    fn check_no_living_key(&self, person: &str) -> Result<()> {
        let now = self.clock.now().at;
        for key in self.keys(KeyFilter::new().owner(person))? {
            let key = key?;
            if key.state(now).is_living() {
                return Err(Error::conflict(format!(
                    "erase a person: their key {} lives; revoke it first",
                    key.id
                )));
            }
        }
        Ok(())
    }

    fn erase_from_log(&self, person: &str) -> Result<u64> {
        let mut query = ChangeQuery::all(PAGE);
        let mut erased = 0;
        loop {
            let mut rows = self.store.read(|snapshot| snapshot.changes(&query))?;
            let Some(last) = rows.last() else { return Ok(erased) };
            query.after = last.seq;
            rows.retain_mut(|row: &mut ChangeRow| row.erase(person));
            if rows.is_empty() {
                continue;
            }
            erased += rows.len() as u64;
            self.change(self.clock.now(), |change| {
                change.overwrite_deleted(true)?;
                rows.iter().try_for_each(|row| change.save_erased(row))?;
                change.overwrite_deleted(false)
            })?;
        }
    }
}
