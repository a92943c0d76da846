//! A row to import, and the key that it becomes.

use std::fmt;
use std::time::SystemTime;

use super::Defaults;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::key::{
    Actor, Key, KeyId, KeyNo, NAME_LEN, Scopes, check_email, check_metadata, check_optional_text, check_text,
    check_time,
};
use crate::policy::Policy;
use crate::secret::{Digest, Encoding, Prefix, Scheme};

/// Bits below which a key can be guessed from its digest. Source: NIST SP 800-131A.
const MIN_STRENGTH: u32 = 112;
/// Bits below which that may change.
const GOOD_STRENGTH: u32 = 128;

/// A digest that another system made of a key, and what is known of the key.
///
/// ```
/// use keycask::ImportRow;
///
/// let row = ImportRow::new("2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683")
///     .owner("acct_42")
///     .name("nightly export")
///     .scope("reports:read")
///     .strength_bits(190);
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct ImportRow {
    digest: String,
    scheme: Option<Scheme>,
    strength_bits: Option<u32>,
    owner: Option<String>,
    name: Option<String>,
    prefix: Option<String>,
    scopes: Vec<String>,
    metadata: Option<String>,
    notify_email: Option<String>,
    created_at: Option<SystemTime>,
    not_before: Option<SystemTime>,
    expires_at: Option<SystemTime>,
    disabled: bool,
}

impl ImportRow {
    /// A row with this digest, as text in hexadecimal or base64.
    pub fn new(digest: impl Into<String>) -> Self {
        Self { digest: digest.into(), ..Self::default() }
    }

    /// How the digest was made.
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// The entropy that the key is known to have: below 112 bits it is refused, below 128 there is a warning.
    pub fn strength_bits(mut self, bits: u32) -> Self {
        self.strength_bits = Some(bits);
        self
    }

    /// The account that it belongs to: at most 256 bytes.
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// What its owner calls it: at most 256 bytes.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The prefix that verify can demand and that a successor's secret will begin with; the imported key
    /// itself may look different.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
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

    /// Where notices about the key go.
    pub fn notify_email(mut self, address: impl Into<String>) -> Self {
        self.notify_email = Some(address.into());
        self
    }

    /// When the other system made it; where nothing is said, when it is imported.
    pub fn created_at(mut self, time: SystemTime) -> Self {
        self.created_at = Some(time);
        self
    }

    /// The first moment at which it is accepted.
    pub fn not_before(mut self, time: SystemTime) -> Self {
        self.not_before = Some(time);
        self
    }

    /// The first moment at which it is no longer accepted.
    pub fn expires_at(mut self, time: SystemTime) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Whether it is disabled until somebody enables it.
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.disabled = disabled;
        self
    }

    pub(super) fn set_digest(mut self, digest: &str) -> Self {
        digest.clone_into(&mut self.digest);
        self
    }

    /// Refuses a row without a digest, before what else it says.
    pub(super) fn has_digest(self) -> Result<Self> {
        if self.digest.is_empty() { Err(Error::invalid("digest: is missing")) } else { Ok(self) }
    }

    /// Checks every limit.
    pub(crate) fn check(
        self,
        defaults: &Defaults,
        policy: &Policy,
        now: Timestamp,
        actor: &Actor,
    ) -> Result<Candidate> {
        let scheme = self.scheme.unwrap_or(defaults.scheme);
        let digest = scheme.read(&self.digest)?;
        let strength_bits = self.strength_bits;
        check_strength(strength_bits)?;
        let key = self.into_key(defaults, policy, now, actor)?;
        Ok(Candidate { digest, scheme, strength_bits, key })
    }

    /// The record of the key; its id and number are given when it is stored.
    fn into_key(self, defaults: &Defaults, policy: &Policy, now: Timestamp, actor: &Actor) -> Result<Key> {
        let owner = self.owner.filter(|owner| !owner.is_empty()).unwrap_or_else(|| defaults.owner.clone());
        check_optional_text("owner", &owner, NAME_LEN)?;
        self.name.as_deref().map_or(Ok(()), |name| check_text("name", name, NAME_LEN))?;
        self.notify_email.as_deref().map_or(Ok(()), check_email)?;
        let prefix = self.prefix.as_deref().map(Prefix::new).transpose()?.or_else(|| defaults.prefix.clone());
        prefix.as_ref().map_or(Ok(()), |prefix| policy.check_prefix(prefix))?;
        let time = |what, time: Option<SystemTime>| time.map(|time| check_time(what, time)).transpose();
        let id = KeyId::from_bytes([0; 16]);
        let key = Key {
            no: KeyNo(0),
            id,
            prefix: prefix.map(|prefix| prefix.as_str().to_owned()).unwrap_or_default(),
            start: String::new(),
            encoding: Encoding::default(),
            owner,
            name: self.name,
            scopes: Scopes::new(self.scopes)?,
            metadata: self.metadata.as_deref().map(check_metadata).transpose()?,
            notify_email: self.notify_email,
            created_at: time("created_at", self.created_at)?.unwrap_or(now),
            created_by: actor.name().to_owned(),
            not_before: time("not_before", self.not_before)?,
            expires_at: policy.asked_expiry(time("expires_at", self.expires_at)?, now)?,
            rotate_after_s: None,
            disabled: self.disabled,
            revoked: None,
            lineage: id,
            replaces: None,
            successor: None,
            cancelled: false,
        };
        check_times(&key, now).map(|()| key)
    }
}

fn check_times(key: &Key, now: Timestamp) -> Result<()> {
    if key.created_at > now {
        return Err(Error::invalid(format!("created_at {}: is still to come", key.created_at)));
    }
    match (key.not_before, key.expires_at) {
        (_, Some(end)) if end <= now => Err(Error::invalid(format!("expires_at {end}: has passed"))),
        (Some(begin), Some(end)) if begin >= end => {
            Err(Error::invalid(format!("not_before {begin}: is not before expires_at {end}")))
        }
        _ => Ok(()),
    }
}

fn check_strength(bits: Option<u32>) -> Result<()> {
    match bits {
        Some(bits) if bits < MIN_STRENGTH => Err(Error::invalid(format!(
            "strength_bits: {bits} is under {MIN_STRENGTH}: the key could be guessed from its digest; issue a new one"
        ))),
        _ => Ok(()),
    }
}

/// Neither the digest nor the names of people: the row may stand in the wrong columns.
impl fmt::Debug for ImportRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportRow").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// A row within its limits: the digest as the vault stores it without a pepper, and the key.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) digest: Digest,
    pub(crate) scheme: Scheme,
    pub(crate) strength_bits: Option<u32>,
    pub(crate) key: Key,
}

impl Candidate {
    /// The name of its scheme, where its digest isn't what keycask's own keys have.
    pub(crate) fn scheme_name(&self) -> Option<String> {
        (!self.scheme.is_plain()).then(|| self.scheme.to_string())
    }

    pub(crate) fn warning(&self) -> Option<String> {
        let bits = self.strength_bits.filter(|bits| *bits < GOOD_STRENGTH)?;
        Some(format!("strength_bits: {bits} is under {GOOD_STRENGTH}; rotate the key soon"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::ImportOptions;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn row() -> ImportRow {
        ImportRow::new("ab".repeat(32))
    }

    fn check(row: ImportRow) -> Result<Candidate> {
        let defaults = ImportOptions::new().owner("acct").prefix("acme_live").check().unwrap();
        row.check(&defaults, &Policy::default(), NOW, &Actor::new("alice").unwrap())
    }

    fn at(ms: i64) -> SystemTime {
        Timestamp::from_ms(NOW.ms() + ms).into()
    }

    #[test]
    fn what_a_row_leaves_out_comes_from_the_options() {
        let key = check(row()).unwrap().key;
        assert_eq!((key.owner(), key.prefix(), key.created_at), ("acct", "acme_live", NOW));
        let key = check(row().owner("other").prefix("old").created_at(at(-1))).unwrap().key;
        assert_eq!((key.owner(), key.prefix(), key.created_at.ms()), ("other", "old", NOW.ms() - 1));
    }

    #[test]
    fn strength_below_112_bits_is_refused_and_below_128_warned_of() {
        assert!(check(row().strength_bits(111)).is_err());
        assert!(check(row().strength_bits(112)).unwrap().warning().is_some());
        assert!(check(row().strength_bits(127)).unwrap().warning().is_some());
        assert!(check(row().strength_bits(128)).unwrap().warning().is_none());
        assert!(check(row()).unwrap().warning().is_none());
    }

    #[test]
    fn every_limit_is_its_own_error() {
        let cases = [
            ("digest", ImportRow::new("nonsense")),
            ("owner", row().owner("o".repeat(257))),
            ("name", row().name("")),
            ("prefix", row().prefix("No")),
            ("scope", row().scope("a b")),
            ("metadata", row().metadata("[]")),
            ("notify_email", row().notify_email("nobody")),
            ("created_at", row().created_at(at(1))),
            ("expires_at", row().expires_at(at(0))),
            ("not_before", row().not_before(at(5)).expires_at(at(5))),
        ];
        for (what, case) in cases {
            let error = check(case).unwrap_err().to_string();
            assert!(error.starts_with(what), "{what}: {error}");
        }
    }
}
