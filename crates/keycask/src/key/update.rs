//! A request to change the fields of a key that exists.

use std::time::{Duration, SystemTime};

use super::limits::{NAME_LEN, check_email, check_metadata, check_seconds, check_text, check_time};
use super::{Key, Scopes};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::secret::Prefix;

/// Which fields of a key to change; what isn't named stays as it is.
///
/// ```
/// use keycask::KeyUpdate;
///
/// let update = KeyUpdate::new().name(Some("nightly export")).scopes(["reports:read"]);
/// ```
#[derive(Clone, Debug, Default)]
#[allow(clippy::option_option, reason = "a field is left, cleared or set")]
#[must_use]
pub struct KeyUpdate {
    prefix: Option<String>,
    name: Option<Option<String>>,
    scopes: Option<Vec<String>>,
    metadata: Option<Option<String>>,
    notify_email: Option<Option<String>>,
    not_before: Option<Option<SystemTime>>,
    expires_at: Option<Option<SystemTime>>,
    rotate_after: Option<Option<Duration>>,
}

impl KeyUpdate {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A prefix for an imported key that has none, so that it can be rotated. A prefix never changes.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Another name, or none.
    pub fn name(mut self, name: Option<impl Into<String>>) -> Self {
        self.name = Some(name.map(Into::into));
        self
    }

    /// Other scopes: the whole list.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Other metadata, or none.
    pub fn metadata(mut self, json: Option<impl Into<String>>) -> Self {
        self.metadata = Some(json.map(Into::into));
        self
    }

    /// Another address for notices, or none.
    pub fn notify_email(mut self, address: Option<impl Into<String>>) -> Self {
        self.notify_email = Some(address.map(Into::into));
        self
    }

    /// Another first moment, or none.
    pub fn not_before(mut self, time: Option<SystemTime>) -> Self {
        self.not_before = Some(time);
        self
    }

    /// Another expiry, or none. A running grace window is cut to it, and never extended by it.
    pub fn expires_at(mut self, time: Option<SystemTime>) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Another interval of rotation in whole seconds, or none.
    pub fn rotate_after(mut self, duration: Option<Duration>) -> Self {
        self.rotate_after = Some(duration);
        self
    }

    pub(crate) fn asked_prefix(&self) -> Result<Option<Prefix>> {
        self.prefix.as_deref().map(Prefix::new).transpose()
    }

    /// The new expiry, where one is asked for: `Some(None)` asks for none.
    #[allow(clippy::option_option, reason = "a field is left, cleared or set")]
    pub(crate) fn asked_expiry(&self) -> Result<Option<Option<Timestamp>>> {
        self.expires_at.map(|time| time.map(|time| check_time("expires_at", time)).transpose()).transpose()
    }

    /// Checks every limit and applies the update; the names of the fields that changed are returned.
    pub(crate) fn apply(&self, key: &mut Key, now: Timestamp) -> Result<Vec<&'static str>> {
        let before = key.clone();
        if let Some(prefix) = &self.prefix {
            set_prefix(key, prefix)?;
        }
        if let Some(name) = &self.name {
            name.as_deref().map_or(Ok(()), |name| check_text("name", name, NAME_LEN))?;
            key.name.clone_from(name);
        }
        if let Some(scopes) = &self.scopes {
            key.scopes = Scopes::new(scopes.clone())?;
        }
        if let Some(metadata) = &self.metadata {
            key.metadata = metadata.as_deref().map(check_metadata).transpose()?;
        }
        if let Some(address) = &self.notify_email {
            address.as_deref().map_or(Ok(()), check_email)?;
            key.notify_email.clone_from(address);
        }
        if let Some(interval) = self.rotate_after {
            key.rotate_after_s = interval.map(|d| check_seconds("rotate_after", d)).transpose()?;
        }
        self.apply_times(key, now)?;
        Ok(changed_fields(&before, key))
    }

    fn apply_times(&self, key: &mut Key, now: Timestamp) -> Result<()> {
        if let Some(time) = self.not_before {
            key.not_before = time.map(|time| check_time("not_before", time)).transpose()?;
        }
        if let Some(end) = self.asked_expiry()? {
            if end.is_some_and(|end| end <= now) {
                return Err(Error::invalid("expires_at: has passed; revoke the key instead"));
            }
            key.expires_at = end;
            if let (Some(successor), Some(end)) = (&mut key.successor, end) {
                successor.grace_until = successor.grace_until.min(end);
            }
        }
        match (key.not_before, key.expires_at) {
            (Some(begin), Some(end)) if begin >= end => {
                Err(Error::invalid(format!("not_before {begin}: is not before expires_at {end}")))
            }
            _ => Ok(()),
        }
    }
}

fn set_prefix(key: &mut Key, prefix: &str) -> Result<()> {
    let prefix = Prefix::new(prefix)?;
    if key.prefix.is_empty() {
        prefix.as_str().clone_into(&mut key.prefix);
    }
    if key.prefix == prefix.as_str() {
        return Ok(());
    }
    Err(Error::conflict(format!("update {}: its prefix is {} and never changes", key.id, key.prefix)))
}

fn changed_fields(before: &Key, after: &Key) -> Vec<&'static str> {
    let fields = [
        ("prefix", before.prefix != after.prefix),
        ("name", before.name != after.name),
        ("scopes", before.scopes != after.scopes),
        ("metadata", before.metadata != after.metadata),
        ("notify_email", before.notify_email != after.notify_email),
        ("not_before", before.not_before != after.not_before),
        ("expires_at", before.expires_at != after.expires_at),
        ("rotate_after", before.rotate_after_s != after.rotate_after_s),
        ("grace_until", before.successor != after.successor),
    ];
    fields.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect()
}
