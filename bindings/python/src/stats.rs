//! Figures of a vault.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::json::dict;

/// Figures of a vault at a point in time.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Stats(pub(crate) keycask::Stats);

#[pymethods]
impl Stats {
    /// How many keys are in each state.
    #[getter]
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts(py, self.0.keys().iter().map(|(state, count)| (state.as_str(), *count)))
    }

    /// How many verifies had each outcome, of those that the log of uses still holds.
    #[getter]
    fn verifies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts(py, self.0.verifies().iter().map(|(outcome, count)| (outcome.as_str(), *count)))
    }

    /// How many events each log has had.
    #[getter]
    fn log_sizes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        counts(py, self.0.log_sizes().iter().map(|(log, size)| (log.as_str(), *size)))
    }

    /// How many of the uses were pruned.
    #[getter]
    fn pruned_uses(&self) -> u64 {
        self.0.pruned_uses()
    }

    /// The size of the file in bytes.
    #[getter]
    fn file_bytes(&self) -> u64 {
        self.0.file_bytes()
    }

    /// The size of its write-ahead log in bytes.
    #[getter]
    fn wal_bytes(&self) -> u64 {
        self.0.wal_bytes()
    }

    /// How this handle's changes met other writers: `changes`, `waited`, `failed`.
    #[getter]
    fn busy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let busy = self.0.busy();
        Ok(dict!(py, {
            "changes": busy.changes(),
            "waited": busy.waited(),
            "failed": busy.failed(),
        }))
    }

    fn __repr__(&self) -> String {
        let keys: u64 = self.0.keys().iter().map(|(_, count)| count).sum();
        format!("<Stats keys={keys} file_bytes={}>", self.0.file_bytes())
    }
}

fn counts(py: Python<'_>, counts: impl Iterator<Item = (&'static str, u64)>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for (name, count) in counts {
        dict.set_item(name, count)?;
    }
    Ok(dict)
}
