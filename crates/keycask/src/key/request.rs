//! Idempotency of create and rotate: one request id, one answer.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::limits::{REQUEST_ID_LEN, check_text};
use crate::error::Result;

/// The verbs that a request id makes idempotent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Rotate,
}

impl Verb {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Rotate => "rotate",
        }
    }
}

/// A request id, for whom it counts, and what recognises the same request.
#[derive(Clone, Debug)]
pub(crate) struct Idempotency {
    pub(crate) request_id: String,
    pub(crate) verb: Verb,
    /// The owner, or the id of the key to rotate.
    pub(crate) subject: String,
    pub(crate) fingerprint: [u8; 32],
}

impl Idempotency {
    /// `None` where the caller gave no request id.
    pub(crate) fn of(
        request_id: Option<String>,
        verb: Verb,
        subject: &str,
        request: &Value,
    ) -> Result<Option<Self>> {
        let Some(request_id) = request_id else { return Ok(None) };
        check_text("request_id", &request_id, REQUEST_ID_LEN)?;
        let fingerprint = Sha256::digest(request.to_string()).into();
        Ok(Some(Self { request_id, verb, subject: subject.to_owned(), fingerprint }))
    }
}
