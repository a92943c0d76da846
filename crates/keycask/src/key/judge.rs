//! The verdict: a pure function of the record, the request and the time.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Key, KeyId, KeyState, Outcome, Reason};
use crate::clock::Timestamp;

/// What the caller of verify demands, and what it knows of the client.
///
/// ```
/// use keycask::Request;
///
/// let request = Request::new().scope("reports:read").prefix("acme_live").client_ip("192.0.2.7".parse()?);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Request<'a> {
    prefix: Option<&'a str>,
    // The first scope stands apart so that the common request allocates nothing.
    scope: Option<&'a str>,
    more_scopes: Vec<&'a str>,
    client_ip: Option<IpAddr>,
    id: Option<&'a str>,
    no_event: bool,
}

impl<'a> Request<'a> {
    /// Demands nothing and tells nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands a scope; call it again for more.
    pub fn scope(mut self, scope: &'a str) -> Self {
        self.extend([scope]);
        self
    }

    /// Demands a prefix, so that a test key never enters production.
    pub fn prefix(mut self, prefix: &'a str) -> Self {
        self.prefix = Some(prefix);
        self
    }

    /// The client's address, for the uses log.
    pub fn client_ip(mut self, address: IpAddr) -> Self {
        self.client_ip = Some(address);
        self
    }

    /// The id of the client's request, for the uses log: at most 128 bytes.
    pub fn request_id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }

    /// Leaves no trace in the uses log: for a look at a key that is not a use of it.
    pub fn no_event(mut self) -> Self {
        self.no_event = true;
        self
    }

    pub(crate) fn scopes(&self) -> impl Iterator<Item = &'a str> {
        self.scope.into_iter().chain(self.more_scopes.iter().copied())
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.client_ip
    }

    pub(crate) fn id(&self) -> Option<&'a str> {
        self.id
    }

    pub(crate) fn wants_event(&self) -> bool {
        !self.no_event
    }
}

/// Demands more scopes.
impl<'a> Extend<&'a str> for Request<'a> {
    #[inline]
    fn extend<I: IntoIterator<Item = &'a str>>(&mut self, scopes: I) {
        for scope in scopes {
            match self.scope {
                None => self.scope = Some(scope),
                Some(_) => self.more_scopes.push(scope),
            }
        }
    }
}

/// The answer of verify. An error is neither: the vault could not say, and no one is let in.
#[derive(Clone, Debug)]
#[must_use]
pub enum Verdict {
    /// Serve the request for this key. While the key is superseded, it has a `grace_until` and a `replaced_by`.
    Valid(Arc<Key>),
    /// Don't.
    Refused(Refusal),
}

impl Verdict {
    /// The outcome in one word.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Valid(_) => Outcome::Valid,
            Self::Refused(refusal) => Outcome::Refused(refusal.reason),
        }
    }

    /// The verdict on a key that [`judge`] refused.
    pub(crate) fn refused_key(reason: Reason, key: Arc<Key>, request: &Request<'_>) -> Self {
        let missing = (reason == Reason::MissingScope).then(|| missing_scope(&key, request)).flatten();
        Self::Refused(Refusal { reason, missing_scope: missing.map(str::to_owned), key: Some(key) })
    }

    /// The verdict on what is no key.
    pub(crate) fn refused(reason: Reason) -> Self {
        Self::Refused(Refusal { reason, key: None, missing_scope: None })
    }
}

/// Why a presented secret is refused.
///
/// Tell the client one thing only: invalid. The rest is for the owner's logs.
#[derive(Clone)]
pub struct Refusal {
    reason: Reason,
    key: Option<Arc<Key>>,
    missing_scope: Option<String>,
}

impl Refusal {
    /// The reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The key's id, where the secret is one of the vault's.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        self.key.as_ref().map(|key| key.id)
    }

    /// The key's owner, where the secret is one of the vault's and the key has one.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.owner()).filter(|owner| !owner.is_empty())
    }

    /// The first demanded scope that the key lacks.
    #[must_use]
    pub fn missing_scope(&self) -> Option<&str> {
        self.missing_scope.as_deref()
    }

    /// The HTTP status to answer with.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        self.reason.http_status()
    }
}

/// The record of a refused key can't be reached, not even by printing.
impl std::fmt::Debug for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refusal")
            .field("reason", &self.reason)
            .field("key_id", &self.key_id())
            .field("missing_scope", &self.missing_scope)
            .finish_non_exhaustive()
    }
}

/// Judges a key that was found, in the order of precedence.
pub(crate) fn judge(key: &Key, request: &Request<'_>, now: Timestamp) -> Outcome {
    Outcome::Refused(match key.state(now) {
        KeyState::Revoked => Reason::Revoked,
        KeyState::RotatedOut => Reason::RotatedOut,
        KeyState::Expired => Reason::Expired,
        KeyState::Disabled => Reason::Disabled,
        KeyState::NotYetValid => Reason::NotYetValid,
        KeyState::Superseded | KeyState::Active => return judge_demands(key, request),
    })
}

fn judge_demands(key: &Key, request: &Request<'_>) -> Outcome {
    if request.prefix.is_some_and(|prefix| prefix != key.prefix) {
        return Outcome::Refused(Reason::WrongPrefix);
    }
    match missing_scope(key, request) {
        None => Outcome::Valid,
        Some(_) => Outcome::Refused(Reason::MissingScope),
    }
}

fn missing_scope<'a>(key: &Key, request: &Request<'a>) -> Option<&'a str> {
    request.scopes().find(|scope| !key.scopes.cover(scope))
}
