//! A key that was just issued, with the only copy of its secret.

use std::time::SystemTime;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::key::Key;

/// A key that was just issued, with the only copy of its secret.
///
/// It can't be pickled or copied, and its `repr` shows the start of the secret only. Drop it when the secret was
/// handed on: the copy in it is wiped then. The `str` that `secret` gives is Python's, and is not.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Issued {
    issued: keycask::Issued,
    at: SystemTime,
}

impl Issued {
    pub(crate) fn new(issued: keycask::Issued, at: SystemTime) -> Self {
        Self { issued, at }
    }
}

#[pymethods]
impl Issued {
    /// The record.
    #[getter]
    fn key(&self) -> Key {
        Key::new(self.issued.key().clone(), self.at)
    }

    /// The secret: hand it to the key's owner now, it is stored nowhere. `None` on the answer to a repeated
    /// request.
    #[getter]
    fn secret(&self) -> Option<&str> {
        self.issued.try_secret().map(keycask::Secret::expose)
    }

    /// Whether this answers a request id that was answered before: the same key, without its secret.
    #[getter]
    fn replayed(&self) -> bool {
        self.issued.replayed()
    }

    #[pyo3(signature = (_protocol, /))]
    #[allow(clippy::unused_self, reason = "Python calls it on an object")]
    fn __reduce_ex__(&self, _protocol: i32) -> PyResult<()> {
        let why = "Issued holds a secret and can't be pickled or copied; pass on issued.key or issued.secret";
        Err(PyTypeError::new_err(why))
    }

    fn __repr__(&self) -> String {
        let key = self.issued.key();
        let replayed = if self.issued.replayed() { " replayed" } else { "" };
        format!("<Issued {} {}…{replayed}>", key.id(), key.start())
    }
}
