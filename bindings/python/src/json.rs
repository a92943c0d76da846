//! JSON: text that the core keeps as Python values, and dictionaries in the forms of the command's `--json`.

use std::time::SystemTime;

use keycask::Timestamp;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyDictMethods};

/// A dictionary of these names and values, in this order.
macro_rules! dict {
    ($py:expr, { $($name:literal: $value:expr),* $(,)? }) => {{
        let dict = pyo3::types::PyDict::new($py);
        $(pyo3::types::PyDictMethods::set_item(&dict, pyo3::intern!($py, $name), $value)?;)*
        dict
    }};
}
pub(crate) use dict;

/// JSON text as a value.
pub(crate) fn loads<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (text,))
}

/// A value as JSON, compact.
pub(crate) fn dumps(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item("ensure_ascii", false)?;
    options.set_item("allow_nan", false)?;
    options.set_item("separators", (",", ":"))?;
    // What rows of other databases hold, where a row of an import is given as a dictionary.
    options.set_item("default", py.import("datetime")?.getattr("datetime")?.getattr("isoformat")?)?;
    py.import("json")?.call_method("dumps", (value,), Some(&options))?.extract()
}

/// `2026-11-24T13:30:00.000Z`.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or_else(|_| "?".to_owned(), |time| time.to_string())
}
