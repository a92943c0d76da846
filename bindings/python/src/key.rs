//! The record of a key, and what is told beside it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use keycask::{KeyId, RevocationReason};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::Moment;
use crate::json::{dict, dumps, loads, rfc3339};

/// The record of a key, as it was when it was read: a snapshot and no live view.
///
/// Two are equal where all their fields are; the hash is that of the id. It never holds the secret.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Key {
    key: Arc<keycask::Key>,
    /// When it was read: what `state` is as of.
    at: SystemTime,
}

impl Key {
    pub(crate) fn new(key: impl Into<Arc<keycask::Key>>, at: SystemTime) -> Self {
        Self { key: key.into(), at }
    }
}

#[pymethods]
impl Key {
    /// The public id, such as `key_01kb8rdhz6f5sbtcbgh1rstvwx`.
    #[getter]
    fn id(&self) -> String {
        self.key.id().to_string()
    }

    /// The prefix of the secret; empty for an imported key that has none.
    #[getter]
    fn prefix(&self) -> &str {
        self.key.prefix()
    }

    /// The prefix and the first eight random characters, by which people tell keys apart.
    #[getter]
    fn start(&self) -> &str {
        self.key.start()
    }

    /// How the random part is written: `base62` or `base64url`.
    #[getter]
    fn encoding(&self) -> &'static str {
        self.key.encoding().as_str()
    }

    /// The account that the key belongs to; empty where none was given.
    #[getter]
    fn owner(&self) -> &str {
        self.key.owner()
    }

    /// What its owner calls it.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.key.name()
    }

    /// The scopes, sorted, in a new list.
    #[getter]
    fn scopes(&self) -> Vec<String> {
        self.key.scopes().to_vec()
    }

    /// Whether the scopes cover `wanted`: `a:*` covers `a:b`.
    fn has_scope(&self, wanted: &str) -> bool {
        self.key.has_scope(wanted)
    }

    /// The JSON object of your own, in a new dictionary.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.key.metadata().map(|text| loads(py, text)).transpose()
    }

    /// Where notices about this key go.
    #[getter]
    fn notify_email(&self) -> Option<&str> {
        self.key.notify_email()
    }

    /// When it was issued.
    #[getter]
    fn created_at(&self) -> Moment {
        Moment(self.key.created_at())
    }

    /// The actor who issued it.
    #[getter]
    fn created_by(&self) -> &str {
        self.key.created_by()
    }

    /// The first moment at which it is accepted.
    #[getter]
    fn not_before(&self) -> Option<Moment> {
        self.key.not_before().map(Moment)
    }

    /// The first moment at which it is no longer accepted.
    #[getter]
    fn expires_at(&self) -> Option<Moment> {
        self.key.expires_at().map(Moment)
    }

    /// How long after its creation it should be rotated.
    #[getter]
    fn rotate_after(&self) -> Option<Duration> {
        self.key.rotate_after()
    }

    /// Whether somebody disabled it.
    #[getter]
    fn disabled(&self) -> bool {
        self.key.disabled()
    }

    /// When it was revoked.
    #[getter]
    fn revoked_at(&self) -> Option<Moment> {
        self.key.revoked_at().map(Moment)
    }

    /// The actor who revoked it.
    #[getter]
    fn revoked_by(&self) -> Option<&str> {
        self.key.revoked_by()
    }

    /// Why it was revoked.
    #[getter]
    fn revoked_reason(&self) -> Option<&'static str> {
        self.key.revoked_reason().map(RevocationReason::as_str)
    }

    /// What the actor who revoked it wrote down.
    #[getter]
    fn revoked_note(&self) -> Option<&str> {
        self.key.revoked_note()
    }

    /// The id of the key that it took over from.
    #[getter]
    fn replaces(&self) -> Option<String> {
        self.key.replaces().map(text)
    }

    /// The id of the key that took over from it.
    #[getter]
    fn replaced_by(&self) -> Option<String> {
        self.key.replaced_by().map(text)
    }

    /// The id of the first key of its chain of rotations.
    #[getter]
    fn lineage(&self) -> String {
        text(self.key.lineage())
    }

    /// The first moment at which it is no longer accepted beside its successor.
    #[getter]
    fn grace_until(&self) -> Option<Moment> {
        self.key.grace_until().map(Moment)
    }

    /// The state when it was read: `active`, `superseded`, `not_yet_valid`, `disabled`, `expired`,
    /// `rotated_out` or `revoked`.
    #[getter]
    fn state(&self) -> &'static str {
        self.key.state_at(self.at).as_str()
    }

    /// The state that this record has at `now`, an aware datetime.
    fn state_at(&self, now: Moment) -> &'static str {
        self.key.state_at(now.0).as_str()
    }

    /// The fields as the command prints them with `--json`: times are RFC 3339 text, durations whole seconds,
    /// and what is absent is `None`.
    pub(crate) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let key = &self.key;
        Ok(dict!(py, {
            "id": text(key.id()),
            "prefix": Some(key.prefix()).filter(|prefix| !prefix.is_empty()),
            "start": key.start(),
            "owner": Some(key.owner()).filter(|owner| !owner.is_empty()),
            "name": key.name(),
            "scopes": key.scopes(),
            "metadata": self.metadata(py)?,
            "notify_email": key.notify_email(),
            "created_at": rfc3339(key.created_at()),
            "created_by": key.created_by(),
            "not_before": key.not_before().map(rfc3339),
            "expires_at": key.expires_at().map(rfc3339),
            "rotate_after": key.rotate_after().as_ref().map(Duration::as_secs),
            "disabled": key.disabled(),
            "revoked_at": key.revoked_at().map(rfc3339),
            "revoked_by": key.revoked_by(),
            "revoked_reason": key.revoked_reason().map(RevocationReason::as_str),
            "revoked_note": key.revoked_note(),
            "replaces": key.replaces().map(text),
            "replaced_by": key.replaced_by().map(text),
            "lineage": text(key.lineage()),
            "grace_until": key.grace_until().map(rfc3339),
            "state": self.state(),
            "encoding": key.encoding().as_str(),
        }))
    }

    /// The same as compact JSON text.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        dumps(self.to_dict(py)?.as_any())
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.key == other.get().key)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.key.id().hash(&mut hasher);
        hasher.finish()
    }

    /// The same one: it can't be changed.
    fn __copy__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __deepcopy__(this: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        this
    }

    fn __repr__(&self) -> String {
        let (key, state) = (&self.key, self.state());
        format!("<Key {} {}… owner={:?} {state}>", key.id(), key.start(), key.owner())
    }
}

fn text(id: KeyId) -> String {
    id.to_string()
}

/// A key that is due, and why.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Due {
    due: keycask::Due,
    at: SystemTime,
}

impl Due {
    pub(crate) fn new(due: keycask::Due, at: SystemTime) -> Self {
        Self { due, at }
    }
}

#[pymethods]
impl Due {
    /// The key.
    #[getter]
    fn key(&self) -> Key {
        Key::new(self.due.key().clone(), self.at)
    }

    /// Why: `rotation`, `expiry`, `window_end` or `without_successor`.
    #[getter]
    fn reason(&self) -> &'static str {
        self.due.reason().as_str()
    }

    /// When: the end of the interval, the expiry, the end of the window.
    #[getter]
    fn at(&self) -> Moment {
        Moment(self.due.at())
    }

    fn __repr__(&self) -> String {
        let (id, reason, at) = (self.due.key().id(), self.reason(), rfc3339(self.due.at()));
        format!("<Due {id} {reason} {at}>")
    }
}

/// How often a key was used, and when last.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Usage(pub(crate) keycask::Usage);

#[pymethods]
impl Usage {
    /// Valid verifies, as far as they were recorded.
    #[getter]
    fn uses(&self) -> u64 {
        self.0.uses()
    }

    /// The last of them.
    #[getter]
    fn last_used_at(&self) -> Option<Moment> {
        self.0.last_used_at().map(Moment)
    }

    fn __repr__(&self) -> String {
        format!("<Usage uses={}>", self.0.uses())
    }
}
