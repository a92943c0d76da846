//! Notices.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::Moment;
use crate::json::{dict, dumps, loads, rfc3339};

/// Something that people should hear about a key. It never holds a secret.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Notice(pub(crate) keycask::Notice);

#[pymethods]
impl Notice {
    /// Its id. A notice that is sent twice has the same one, so that its reader can tell.
    #[getter]
    fn id(&self) -> String {
        self.0.id().to_string()
    }

    /// What it tells: `rotated`, `emergency_rotated`, `revoked`, `window_ending`, `expiring`, `rotation_due` or
    /// `leak_reported`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind().as_str()
    }

    /// When it was written.
    #[getter]
    fn at(&self) -> Moment {
        Moment(self.0.at())
    }

    /// The moment that it speaks of.
    #[getter]
    fn about(&self) -> Moment {
        Moment(self.0.about())
    }

    /// The id of the key that it is about.
    #[getter]
    fn key_id(&self) -> String {
        self.0.key_id().to_string()
    }

    /// The start of the key's secret, by which people tell keys apart.
    #[getter]
    fn start(&self) -> &str {
        self.0.start()
    }

    /// The key's name.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// The account that the key belongs to; empty where none was given.
    #[getter]
    fn owner(&self) -> &str {
        self.0.owner()
    }

    /// Where notices about the key go.
    #[getter]
    fn notify_email(&self) -> Option<&str> {
        self.0.notify_email()
    }

    /// What belongs to its kind: `successor`, `grace_until`, `reason`, `expires_at`, `rotation_due`.
    #[getter]
    fn detail<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loads(py, self.0.detail())
    }

    /// When it was acknowledged.
    #[getter]
    fn acked_at(&self) -> Option<Moment> {
        self.0.acked_at().map(Moment)
    }

    /// How many deliveries failed.
    #[getter]
    fn attempts(&self) -> u32 {
        self.0.attempts()
    }

    /// The first moment at which a sender may claim it again, where it isn't free to be claimed.
    #[getter]
    fn next_attempt_at(&self) -> Option<Moment> {
        self.0.next_attempt_at().map(Moment)
    }

    /// When it was given up after too many failures.
    #[getter]
    fn dead_at(&self) -> Option<Moment> {
        self.0.dead_at().map(Moment)
    }

    /// The fields as the command prints them with `--json`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(dict!(py, {
            "id": self.id(),
            "kind": self.kind(),
            "at": rfc3339(self.0.at()),
            "about": rfc3339(self.0.about()),
            "key_id": self.key_id(),
            "start": self.start(),
            "name": self.name(),
            "owner": Some(self.owner()).filter(|owner| !owner.is_empty()),
            "notify_email": self.notify_email(),
            "acked_at": self.0.acked_at().map(rfc3339),
            "attempts": self.attempts(),
            "next_attempt_at": self.0.next_attempt_at().map(rfc3339),
            "dead_at": self.0.dead_at().map(rfc3339),
            "detail": self.detail(py)?,
        }))
    }

    /// The same as compact JSON text.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        dumps(self.to_dict(py)?.as_any())
    }

    fn __repr__(&self) -> String {
        format!("<Notice {} {} {}>", self.0.id(), self.kind(), self.0.key_id())
    }
}
