//! Requests for new keys.

use pyo3::exceptions::{PyTypeError, PyUserWarning};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::convert::{Moment, Span, Texts};
use crate::errors::{invalid, raise};
use crate::json::dumps;

/// What `create_key` and `NewKey` are given.
pub(crate) struct Wanted<'a, 'py> {
    pub(crate) prefix: &'a str,
    pub(crate) owner: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) scopes: Option<Texts<'py>>,
    pub(crate) metadata: Option<Bound<'py, PyMapping>>,
    pub(crate) notify_email: Option<String>,
    pub(crate) not_before: Option<Moment>,
    pub(crate) expires_at: Option<Moment>,
    pub(crate) expires_in: Option<Span>,
    pub(crate) rotate_after: Option<Span>,
    pub(crate) encoding: &'a str,
    pub(crate) request_id: Option<String>,
}

impl Wanted<'_, '_> {
    /// The request. The core checks it when the key is created.
    pub(crate) fn request(self) -> PyResult<keycask::NewKey> {
        let mut key = keycask::NewKey::new(self.prefix).encoding(self.encoding.parse().map_err(raise)?);
        if let Some(scopes) = self.scopes {
            key = key.scopes(scopes.as_strs()?);
        }
        key = self.owner.into_iter().fold(key, keycask::NewKey::owner);
        key = self.name.into_iter().fold(key, keycask::NewKey::name);
        key = self.notify_email.into_iter().fold(key, keycask::NewKey::notify_email);
        key = self.request_id.into_iter().fold(key, keycask::NewKey::request_id);
        if let Some(metadata) = self.metadata {
            key = key.metadata(metadata_text(&metadata)?);
        }
        if let Some(Moment(time)) = self.not_before {
            key = key.not_before(time);
        }
        if let Some(Span(interval)) = self.rotate_after {
            key = key.rotate_after(interval);
        }
        match (self.expires_at, self.expires_in) {
            (Some(_), Some(_)) => Err(invalid("expires_at, expires_in: give one of the two")),
            (Some(Moment(time)), None) => Ok(key.expires_at(time)),
            (None, Some(Span(duration))) => Ok(key.expires_in(duration)),
            (None, None) => Ok(key),
        }
    }
}

/// A mapping as the text of a JSON object.
pub(crate) fn metadata_text(metadata: &Bound<'_, PyMapping>) -> PyResult<String> {
    let plain = PyDict::new(metadata.py());
    plain.update(metadata)?;
    dumps(&plain)
}

/// Warns of a prefix that belongs to somebody else, before anything is created: where warnings are errors,
/// no key may be left behind whose secret nobody has.
pub(crate) fn warn_of_vendor(py: Python<'_>, prefix: &str) -> PyResult<()> {
    let Ok(prefix) = keycask::Prefix::new(prefix) else { return Ok(()) };
    let Some(vendor) = prefix.vendor() else { return Ok(()) };
    let message = format!(
        "keys that begin with {prefix}_ are {vendor}'s: scanners report your leaks as theirs; choose another prefix"
    );
    let message = std::ffi::CString::new(message)?;
    PyErr::warn(py, &py.get_type::<PyUserWarning>(), &message, 1)
}

/// A request for a new key, for `Vault.create_keys`: the arguments are those of `Vault.create_key`.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct NewKey {
    request: keycask::NewKey,
    prefix: String,
}

#[pymethods]
impl NewKey {
    #[new]
    #[pyo3(signature = (prefix, *, owner=None, name=None, scopes=None, metadata=None,
        notify_email=None, not_before=None, expires_at=None, expires_in=None, rotate_after=None,
        encoding="base62", request_id=None))]
    fn new(
        prefix: &str,
        owner: Option<String>,
        name: Option<String>,
        scopes: Option<Texts<'_>>,
        metadata: Option<Bound<'_, PyMapping>>,
        notify_email: Option<String>,
        not_before: Option<Moment>,
        expires_at: Option<Moment>,
        expires_in: Option<Span>,
        rotate_after: Option<Span>,
        encoding: &str,
        request_id: Option<String>,
    ) -> PyResult<Self> {
        let wanted = Wanted {
            prefix,
            owner,
            name,
            scopes,
            metadata,
            notify_email,
            not_before,
            expires_at,
            expires_in,
            rotate_after,
            encoding,
            request_id,
        };
        Ok(Self { request: wanted.request()?, prefix: prefix.to_owned() })
    }

    /// The prefix that was asked for.
    #[getter]
    fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// One of many: a `NewKey`, or a mapping of its arguments.
pub(crate) fn request_of(item: &Bound<'_, PyAny>) -> PyResult<keycask::NewKey> {
    let py = item.py();
    if let Ok(key) = item.cast::<NewKey>() {
        warn_of_vendor(py, &key.get().prefix)?;
        return Ok(key.get().request.clone());
    }
    let Ok(fields) = item.cast::<PyMapping>() else {
        return Err(PyTypeError::new_err("keys: give NewKey objects, or mappings of their arguments"));
    };
    let arguments = PyDict::new(py);
    arguments.update(fields)?;
    let key = py.get_type::<NewKey>().call((), Some(&arguments))?;
    request_of(&key)
}
