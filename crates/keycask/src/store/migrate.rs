//! Upgrades of the schema, one transaction a step.

use rusqlite::named_params;

use super::{Change, Store};
use crate::clock::Moment;
use crate::error::Result;
use crate::schema::{SCHEMA, STEPS};

pub(super) const SET_SCHEMA: &str = "UPDATE vault SET schema = :schema WHERE one = 1";
/// Whoever caches what verify reads drops it all.
pub(super) const SET_MIN_SCHEMA: &str = "
    UPDATE head SET min_schema = :min_schema, key_epoch = key_epoch + 1, flush_epoch = key_epoch + 1 WHERE one = 1";

impl Store {
    /// The schema of the file, whatever it is.
    pub(crate) fn schema(&self) -> Result<i32> {
        self.guarded(|pass| {
            let db = self.handle.once(pass, || self.connect())?;
            Ok(super::Snapshot { db: &db }.identity()?.schema)
        })
    }

    /// Upgrades the file by one schema: all of it, with what `record` adds, or none of it. `false` where
    /// somebody else did so meanwhile.
    pub(crate) fn migrate_from(
        &self,
        schema: i32,
        moment: Moment,
        record: impl FnOnce(&mut Change<'_>) -> Result<()>,
    ) -> Result<bool> {
        let step = usize::try_from(schema - 1).ok().and_then(|index| STEPS.get(index));
        let Some(step) = step.filter(|_| schema < SCHEMA) else { return Ok(false) };
        self.in_turn(true, record, |turn, record| {
            let db = turn.durable(|| self.connect())?;
            let Some(tx) = self.waits.begin(db, &self.handle, true)? else { return Ok(Err(record)) };
            let mut change = Change::new(&tx, moment);
            if change.identity()?.schema != schema {
                return Ok(Ok(false));
            }
            tx.execute_batch(step.sql)?;
            tx.execute(SET_SCHEMA, named_params! { ":schema": schema + 1 })?;
            tx.execute(SET_MIN_SCHEMA, named_params! { ":min_schema": step.min_schema })?;
            // The mark that is looked at before the file is opened; it is part of the transaction.
            tx.pragma_update(None, "user_version", step.min_schema)?;
            record(&mut change)?;
            change.finish()?;
            tx.commit()?;
            Ok(Ok(true))
        })
    }
}
