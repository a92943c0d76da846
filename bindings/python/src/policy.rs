//! The policy.

use std::time::Duration;

use keycask::Prefix;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::json::{dict, dumps};

/// What the vault allows and how long it keeps its uses. It is changed by `Vault.update_policy`.
#[pyclass(frozen, eq, module = "keycask")]
#[derive(PartialEq)]
pub(crate) struct Policy(pub(crate) keycask::Policy);

#[pymethods]
impl Policy {
    /// The prefixes that `create_key` accepts; any where the list is empty.
    #[getter]
    fn prefixes(&self) -> Vec<&str> {
        self.0.prefixes.iter().map(Prefix::as_str).collect()
    }

    /// The grace of a planned rotation that names none.
    #[getter]
    fn default_grace(&self) -> Duration {
        self.0.default_grace
    }

    /// The shortest grace that a planned rotation may name.
    #[getter]
    fn min_grace(&self) -> Duration {
        self.0.min_grace
    }

    /// The longest grace that a planned rotation may name.
    #[getter]
    fn max_grace(&self) -> Duration {
        self.0.max_grace
    }

    /// How long after its creation a key must expire; `None` for no limit.
    #[getter]
    fn max_lifetime(&self) -> Option<Duration> {
        self.0.max_lifetime
    }

    /// How many living keys an owner may have; `None` for no limit.
    #[getter]
    fn max_living_keys(&self) -> Option<u32> {
        self.0.max_living_keys
    }

    /// How uses are recorded: `each`, `buckets` or `off`.
    #[getter]
    fn use_mode(&self) -> &'static str {
        self.0.use_mode.as_str()
    }

    /// When a verify is answered, seen from its use event: `batched` or `strict`.
    #[getter]
    fn use_acknowledgement(&self) -> &'static str {
        self.0.use_acknowledgement.as_str()
    }

    /// How long uses are kept.
    #[getter]
    fn retain_uses(&self) -> Duration {
        self.0.retain_uses
    }

    /// How many bytes of uses are kept.
    #[getter]
    fn retain_uses_bytes(&self) -> u64 {
        self.0.retain_uses_bytes
    }

    /// How long before an expiry or a due rotation its notice is made.
    #[getter]
    fn notice_ahead(&self) -> Duration {
        self.0.notice_ahead
    }

    /// The fields as `keycask policy show --json` prints them: durations in whole seconds.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let policy = &self.0;
        Ok(dict!(py, {
            "prefixes": self.prefixes(),
            "default_grace": policy.default_grace.as_secs(),
            "min_grace": policy.min_grace.as_secs(),
            "max_grace": policy.max_grace.as_secs(),
            "max_lifetime": policy.max_lifetime.as_ref().map(Duration::as_secs),
            "max_living_keys": policy.max_living_keys,
            "use_mode": self.use_mode(),
            "acknowledgement": self.use_acknowledgement(),
            "retain_uses": policy.retain_uses.as_secs(),
            "retain_uses_bytes": policy.retain_uses_bytes,
            "notice_ahead": policy.notice_ahead.as_secs(),
        }))
    }

    /// The same as compact JSON text.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        dumps(self.to_dict(py)?.as_any())
    }

    fn __hash__(&self) -> u64 {
        self.0.retain_uses_bytes ^ self.0.default_grace.as_secs()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<Policy {}>", self.to_json(py)?))
    }
}
