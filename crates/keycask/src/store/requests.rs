//! Answers to idempotent requests.

use rusqlite::{OptionalExtension, named_params};

use super::Change;
use crate::error::{Error, Result};
use crate::key::{Idempotency, Key, KeyId};

pub(super) const SELECT: &str = "
    SELECT r.fingerprint, k.id FROM requests r JOIN keys k ON k.key_no = r.key_no
    WHERE r.verb = :verb AND r.subject = :subject AND r.request_id = :request_id";
pub(super) const INSERT: &str = "
    INSERT INTO requests (verb, subject, request_id, fingerprint, key_no, at_ms)
    VALUES (:verb, :subject, :request_id, :fingerprint, :key_no, :at_ms)";

impl Change<'_> {
    /// The key that an earlier request with the same id was answered with.
    ///
    /// The same id with another request is a conflict.
    pub(crate) fn answered(&self, idempotency: Option<&Idempotency>) -> Result<Option<Key>> {
        let Some(asked) = idempotency else { return Ok(None) };
        let parameters = named_params! {
            ":verb": asked.verb.as_str(),
            ":subject": asked.subject,
            ":request_id": asked.request_id,
        };
        let mut statement = self.db.prepare_cached(SELECT)?;
        let found: Option<([u8; 32], [u8; 16])> =
            statement.query_row(parameters, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match found {
            None => Ok(None),
            Some((fingerprint, id)) if fingerprint == asked.fingerprint => self.key(KeyId::from_bytes(id)),
            Some(_) => Err(Error::conflict(format!(
                "{}: its request id was used for another request; give each request an id of its own",
                asked.verb.as_str()
            ))),
        }
    }

    /// Remembers the answer.
    pub(crate) fn answer(&self, idempotency: Option<&Idempotency>, key: &Key) -> Result<()> {
        let Some(asked) = idempotency else { return Ok(()) };
        self.db.prepare_cached(INSERT)?.execute(named_params! {
            ":verb": asked.verb.as_str(),
            ":subject": asked.subject,
            ":request_id": asked.request_id,
            ":fingerprint": asked.fingerprint,
            ":key_no": key.no.0,
            ":at_ms": self.moment.at.ms(),
        })?;
        Ok(())
    }
}
