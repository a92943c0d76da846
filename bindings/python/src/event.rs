//! Events of the two logs.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::Moment;
use crate::json::{dict, dumps, loads, rfc3339};

/// An event of the log of changes.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Change(pub(crate) keycask::Change);

#[pymethods]
impl Change {
    /// Its place in the log, from 1 on without holes.
    #[getter]
    fn seq(&self) -> u64 {
        self.0.seq()
    }

    /// When it happened.
    #[getter]
    fn at(&self) -> Moment {
        Moment(self.0.at())
    }

    /// What happened, such as `key.created`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind().as_str()
    }

    /// The id of the key that it happened to.
    #[getter]
    fn key_id(&self) -> Option<String> {
        self.0.key_id().map(|id| id.to_string())
    }

    /// Who did it; `None` once erased.
    #[getter]
    fn actor(&self) -> Option<&str> {
        self.0.actor()
    }

    /// The address that it was asked from.
    #[getter]
    fn client_ip(&self) -> Option<String> {
        self.0.client_ip().map(|address| address.to_string())
    }

    /// The id of the request that asked for it.
    #[getter]
    fn request_id(&self) -> Option<&str> {
        self.0.request_id()
    }

    /// What belongs to its kind.
    #[getter]
    fn detail<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loads(py, &self.0.detail())
    }

    /// The fields as the command prints them with `--json`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(dict!(py, {
            "seq": self.seq(),
            "at": rfc3339(self.0.at()),
            "kind": self.kind(),
            "key_id": self.key_id(),
            "actor": self.actor(),
            "client_ip": self.client_ip(),
            "request_id": self.request_id(),
            "detail": self.detail(py)?,
        }))
    }

    /// The same as compact JSON text.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        dumps(self.to_dict(py)?.as_any())
    }

    fn __repr__(&self) -> String {
        let key = self.key_id().unwrap_or_default();
        format!("<Change {} {} {key}>", self.0.seq(), self.kind()).replace(" >", ">")
    }
}

/// An event of the log of uses: one verify, or several that were counted together.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Use(pub(crate) keycask::Use);

#[pymethods]
impl Use {
    /// Its place in the log, from 1 on without holes; `None` while its count is still open.
    #[getter]
    fn seq(&self) -> Option<u64> {
        self.0.seq()
    }

    /// When verify judged; of several, the first time.
    #[getter]
    fn at(&self) -> Moment {
        Moment(self.0.at())
    }

    /// When verify judged the last of them.
    #[getter]
    fn last_at(&self) -> Moment {
        Moment(self.0.last_at())
    }

    /// How many verifies this stands for.
    #[getter]
    fn count(&self) -> u64 {
        self.0.count()
    }

    /// What verify found: `valid`, or a reason such as `revoked`.
    #[getter]
    fn outcome(&self) -> &'static str {
        self.0.outcome().as_str()
    }

    /// The id of the key that was presented.
    #[getter]
    fn key_id(&self) -> Option<String> {
        self.0.key_id().map(|id| id.to_string())
    }

    /// The client's address.
    #[getter]
    fn client_ip(&self) -> Option<String> {
        self.0.client_ip().map(|address| address.to_string())
    }

    /// The id of the client's request.
    #[getter]
    fn request_id(&self) -> Option<&str> {
        self.0.request_id()
    }

    /// The fields as the command prints them with `--json`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(dict!(py, {
            "seq": self.seq(),
            "at": rfc3339(self.0.at()),
            "outcome": self.outcome(),
            "key_id": self.key_id(),
            "actor": py.None(),
            "client_ip": self.client_ip(),
            "request_id": self.request_id(),
            "detail": dict!(py, { "count": self.count(), "last_at": rfc3339(self.0.last_at()) }),
        }))
    }

    /// The same as compact JSON text.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        dumps(self.to_dict(py)?.as_any())
    }

    fn __repr__(&self) -> String {
        let key = self.key_id().unwrap_or_default();
        format!("<Use {} x{} {key}>", self.outcome(), self.count()).replace(" >", ">")
    }
}
