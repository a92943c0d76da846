//! Erasing what names a person from the log of changes and from dead keys, while the roots stay provable.

use rusqlite::named_params;

use super::{Change, Snapshot};
use crate::audit::{ChangeRow, Erased, Kept, Personal};
use crate::error::Result;

pub(super) const OF_ROW: &str = "SELECT field, commitment, field_salt FROM erasures WHERE seq = :seq";
pub(super) const INSERT: &str = "
    INSERT OR REPLACE INTO erasures (seq, field, commitment, field_salt)
    VALUES (:seq, :field, :commitment, :field_salt)";
pub(super) const BLANK: &str = "
    UPDATE changes SET actor = :actor, owner = :owner, client_ip = :client_ip, note = :note, salt = NULL
    WHERE seq = :seq";
pub(super) const BLANK_OWNED: &str = "
    UPDATE keys SET owner = NULL, name = NULL, metadata = NULL, notify_email = NULL, revoked_note = NULL,
        changed_epoch = :epoch
    WHERE owner = :person";
pub(super) const BLANK_CREATED: &str =
    "UPDATE keys SET created_by = 'erased', changed_epoch = :epoch WHERE created_by = :person";
pub(super) const BLANK_REVOKED: &str = "
    UPDATE keys SET revoked_by = 'erased', revoked_note = NULL, changed_epoch = :epoch WHERE revoked_by = :person";
pub(super) const FORGET_REQUESTS: &str = "DELETE FROM requests WHERE verb = 'create' AND subject = :person";

impl Snapshot<'_> {
    /// What was kept of a row whose salt was forgotten.
    pub(super) fn kept(&self, seq: i64) -> Result<Kept> {
        let mut statement = self.db.prepare_cached(OF_ROW)?;
        let mut rows = statement.query(named_params! { ":seq": seq })?;
        let mut kept = Kept::default();
        while let Some(row) = rows.next()? {
            let Some(field) = Personal::from_name(row.get_ref(0)?.as_str()?) else { continue };
            match (row.get(1)?, row.get(2)?) {
                (Some(commitment), _) => kept.set(field, Erased::Commitment(commitment)),
                (None, Some(salt)) => kept.set(field, Erased::Salt(salt)),
                (None, None) => {}
            }
        }
        Ok(kept)
    }

    /// Overwrites what later statements of this connection delete, instead of leaving it in free pages.
    pub(crate) fn overwrite_deleted(&self, on: bool) -> Result<()> {
        Ok(self.db.pragma_update(None, "secure_delete", on)?)
    }
}

impl Change<'_> {
    /// Stores a row whose values were blanked, with what keeps its leaf provable.
    pub(crate) fn save_erased(&self, row: &ChangeRow) -> Result<()> {
        for (field, erased) in row.kept.iter() {
            let (commitment, field_salt) = match erased {
                Erased::Commitment(hash) => (Some(hash), None),
                Erased::Salt(salt) => (None, Some(salt)),
            };
            self.db.prepare_cached(INSERT)?.execute(named_params! {
                ":seq": row.seq,
                ":field": field.as_str(),
                ":commitment": commitment,
                ":field_salt": field_salt,
            })?;
        }
        self.db.prepare_cached(BLANK)?.execute(named_params! {
            ":seq": row.seq,
            ":actor": row.actor,
            ":owner": row.owner,
            ":client_ip": row.client_ip,
            ":note": row.note,
        })?;
        Ok(())
    }

    /// Blanks a person in the records of keys; their keys are dead.
    pub(crate) fn erase_from_keys(&mut self, person: &str) -> Result<()> {
        let epoch = self.epoch()?;
        for sql in [BLANK_OWNED, BLANK_CREATED, BLANK_REVOKED] {
            self.db.execute(sql, named_params! { ":person": person, ":epoch": epoch })?;
        }
        self.db.execute(FORGET_REQUESTS, named_params! { ":person": person })?;
        Ok(())
    }
}
