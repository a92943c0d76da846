//! Issuing: what the caller asks for, checked into a draft, and what the caller gets.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::limits::{
    NAME_LEN, check_email, check_metadata, check_optional_text, check_seconds, check_text, check_time,
};
use super::request::{Idempotency, Verb};
use super::{Actor, Key, KeyId, KeyNo, Scopes};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::secret::{Encoding, Prefix, Secret};

/// A request for a new key. What it asks is checked when the key is created.
///
/// ```
/// use std::time::Duration;
///
/// use keycask::NewKey;
///
/// let request = NewKey::new("acme_live")
///     .owner("acct_42")
///     .name("nightly export")
///     .scope("reports:read")
///     .expires_in(Duration::from_secs(90 * 86_400));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct NewKey {
    prefix: String,
    encoding: Encoding,
    owner: String,
    name: Option<String>,
    scopes: Vec<String>,
    metadata: Option<String>,
    notify_email: Option<String>,
    not_before: Option<SystemTime>,
    expiry: Option<Expiry>,
    rotate_after: Option<Duration>,
    request_id: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Expiry {
    At(SystemTime),
    In(Duration),
}

impl NewKey {
    /// A key whose secret begins with `prefix` and `_`.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
            encoding: Encoding::default(),
            owner: String::new(),
            name: None,
            scopes: Vec::new(),
            metadata: None,
            notify_email: None,
            not_before: None,
            expiry: None,
            rotate_after: None,
            request_id: None,
        }
    }

    /// The account that it belongs to, in your own words: at most 256 bytes.
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = owner.into();
        self
    }

    /// What its owner calls it: at most 256 bytes.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a scope; at most 64 of at most 64 bytes.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Adds scopes.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// A JSON object of your own, as text: at most 4 KiB.
    pub fn metadata(mut self, json: impl Into<String>) -> Self {
        self.metadata = Some(json.into());
        self
    }

    /// Where notices about this key go.
    pub fn notify_email(mut self, address: impl Into<String>) -> Self {
        self.notify_email = Some(address.into());
        self
    }

    /// The first moment at which it is accepted.
    pub fn not_before(mut self, time: SystemTime) -> Self {
        self.not_before = Some(time);
        self
    }

    /// The first moment at which it is no longer accepted.
    pub fn expires_at(mut self, time: SystemTime) -> Self {
        self.expiry = Some(Expiry::At(time));
        self
    }

    /// How long after its creation it stops being accepted.
    pub fn expires_in(mut self, duration: Duration) -> Self {
        self.expiry = Some(Expiry::In(duration));
        self
    }

    /// How long after its creation it should be rotated, in whole seconds.
    pub fn rotate_after(mut self, duration: Duration) -> Self {
        self.rotate_after = Some(duration);
        self
    }

    /// How the random part is written; base62 where nothing is said.
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Makes the request idempotent, for this owner: a repeat with the same id gets the same key, marked
    /// [`replayed`](Issued::replayed) and without the secret. At most 128 bytes.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// The request id, with what recognises the same request.
    pub(crate) fn idempotency(&self) -> Result<Option<Idempotency>> {
        let expiry = match self.expiry {
            Some(Expiry::At(time)) => json!({ "at": check_time("expires_at", time)?.ms() }),
            Some(Expiry::In(duration)) => json!({ "in_ms": duration.as_millis().to_string() }),
            None => json!(null),
        };
        let not_before = self.not_before.map(|time| check_time("not_before", time)).transpose()?;
        let request = json!([
            self.prefix,
            self.encoding.as_str(),
            self.owner,
            self.name,
            self.scopes,
            self.metadata,
            self.notify_email,
            not_before.map(Timestamp::ms),
            expiry,
            self.rotate_after.map(|duration| duration.as_millis().to_string()),
        ]);
        Idempotency::of(self.request_id.clone(), Verb::Create, &self.owner, &request)
    }

    /// Checks every limit.
    pub(crate) fn check(self, now: Timestamp) -> Result<Draft> {
        check_optional_text("owner", &self.owner, NAME_LEN)?;
        let draft = Draft {
            prefix: Prefix::new(&self.prefix)?,
            encoding: self.encoding,
            owner: self.owner,
            name: checked(self.name, |name| check_text("name", name, NAME_LEN))?,
            scopes: Scopes::new(self.scopes)?,
            metadata: self.metadata.as_deref().map(check_metadata).transpose()?,
            notify_email: checked(self.notify_email, check_email)?,
            not_before: self.not_before.map(|time| check_time("not_before", time)).transpose()?,
            expires_at: self.expiry.map(|expiry| expiry.check(now)).transpose()?,
            rotate_after_s: self.rotate_after.map(|d| check_seconds("rotate_after", d)).transpose()?,
            disabled: false,
        };
        draft.check_times(now)?;
        Ok(draft)
    }
}

impl Expiry {
    fn check(self, now: Timestamp) -> Result<Timestamp> {
        match self {
            Self::At(time) => check_time("expires_at", time),
            Self::In(duration) => now
                .checked_add(duration)
                .ok_or_else(|| Error::invalid("expires_in: ends after the year 9999")),
        }
    }
}

fn checked(text: Option<String>, check: impl Fn(&str) -> Result<()>) -> Result<Option<String>> {
    text.as_deref().map_or(Ok(()), check)?;
    Ok(text)
}

/// A key to be issued, its fields within their limits.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) prefix: Prefix,
    pub(crate) encoding: Encoding,
    pub(crate) owner: String,
    pub(crate) name: Option<String>,
    pub(crate) scopes: Scopes,
    pub(crate) metadata: Option<String>,
    pub(crate) notify_email: Option<String>,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) rotate_after_s: Option<u32>,
    pub(crate) disabled: bool,
}

impl Draft {
    /// The successor of `old`: everything of it, its `not_before` only where that is still to come.
    pub(crate) fn successor(old: &Key, now: Timestamp) -> Result<Self> {
        let prefix = Prefix::new(&old.prefix).map_err(|_| {
            Error::conflict(format!("rotate {}: it has no prefix; give it one first", old.id))
        })?;
        Ok(Self {
            prefix,
            encoding: old.encoding,
            owner: old.owner.clone(),
            name: old.name.clone(),
            scopes: old.scopes.clone(),
            metadata: old.metadata.clone(),
            notify_email: old.notify_email.clone(),
            not_before: old.not_before.filter(|begin| *begin > now),
            expires_at: old.expires_at,
            rotate_after_s: old.rotate_after_s,
            disabled: false,
        })
    }

    /// Refuses a key that could never be used.
    pub(crate) fn check_times(&self, now: Timestamp) -> Result<()> {
        let Some(end) = self.expires_at else { return Ok(()) };
        if end <= now {
            return Err(Error::invalid(format!("expires_at {end}: has passed")));
        }
        match self.not_before {
            Some(begin) if begin >= end => {
                Err(Error::invalid(format!("not_before {begin}: is not before expires_at {end}")))
            }
            _ => Ok(()),
        }
    }

    /// The record of the key; `replaced` is the key that it takes over from. Its number is the store's to give.
    pub(crate) fn into_key(
        self,
        secret: &Secret,
        replaced: Option<&Key>,
        now: Timestamp,
        actor: &Actor,
    ) -> Result<Key> {
        let id = KeyId::generate(now)?;
        Ok(Key {
            no: KeyNo(0),
            id,
            prefix: self.prefix.as_str().to_owned(),
            start: secret.start().to_owned(),
            encoding: self.encoding,
            owner: self.owner,
            name: self.name,
            scopes: self.scopes,
            metadata: self.metadata,
            notify_email: self.notify_email,
            created_at: now,
            created_by: actor.name().to_owned(),
            not_before: self.not_before,
            expires_at: self.expires_at,
            rotate_after_s: self.rotate_after_s,
            disabled: self.disabled,
            revoked: None,
            lineage: replaced.map_or(id, |old| old.lineage),
            replaces: replaced.map(|old| old.id),
            successor: None,
            cancelled: false,
        })
    }
}

/// A key that was just issued, with the only copy of its secret.
#[derive(Debug)]
pub struct Issued {
    key: Arc<Key>,
    secret: Option<Secret>,
}

impl Issued {
    pub(crate) fn new(key: Key, secret: Secret) -> Self {
        Self { key: Arc::new(key), secret: Some(secret) }
    }

    /// The answer to a repeated request.
    pub(crate) fn replay(key: Key) -> Self {
        Self { key: Arc::new(key), secret: None }
    }

    /// The record.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The secret: hand it to the key's owner now. It exists nowhere else.
    ///
    /// # Panics
    ///
    /// On the answer to a repeated request, which only a `request_id` can bring about: use
    /// [`try_secret`](Self::try_secret) with one.
    #[must_use]
    #[track_caller]
    pub fn secret(&self) -> &Secret {
        match &self.secret {
            Some(secret) => secret,
            None => panic!("the secret of {} was told when its request was first answered", self.key.id),
        }
    }

    /// The secret, or `None` on the answer to a repeated request.
    #[must_use]
    pub fn try_secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// Whether this answers a request that was answered before: the same key, without its secret.
    #[must_use]
    pub fn replayed(&self) -> bool {
        self.secret.is_none()
    }
}
