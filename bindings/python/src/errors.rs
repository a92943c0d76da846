//! Failures: the core's kinds become the exceptions of `keycask.errors`, and so do panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use keycask::{ErrorKind, Refusal};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

/// The module that has the exceptions.
const MODULE: &str = "keycask.errors";

/// Calls a verb without holding the interpreter.
pub(crate) fn run<T: Send>(py: Python<'_>, verb: impl FnOnce() -> keycask::Result<T> + Send) -> PyResult<T> {
    py.detach(|| catch_unwind(AssertUnwindSafe(verb)))
        .map_or_else(|_| Err(panicked()), |result| result.map_err(raise))
}

/// Calls a verb that touches no file, and that nobody waits for.
pub(crate) fn run_attached<T>(verb: impl FnOnce() -> keycask::Result<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(verb)).map_or_else(|_| Err(panicked()), |result| result.map_err(raise))
}

/// The exception of an error.
pub(crate) fn raise(error: keycask::Error) -> PyErr {
    exception(error.kind(), error.to_string())
}

/// The exception for an argument that no verb was asked with.
pub(crate) fn invalid(message: impl Into<String>) -> PyErr {
    exception(ErrorKind::InvalidArgument, message.into())
}

/// The exception for a key that verify refused.
pub(crate) fn rejected(py: Python<'_>, refusal: &Refusal) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = match CLASS.import(py, MODULE, "KeyRejectedError") {
        Ok(class) => class.clone(),
        Err(error) => return error,
    };
    let told = (
        refusal.reason().as_str(),
        refusal.key_id().map(|id| id.to_string()),
        refusal.owner().map(str::to_owned),
        refusal.missing_scope().map(str::to_owned),
        refusal.http_status(),
    );
    PyErr::from_type(class, told)
}

fn panicked() -> PyErr {
    let message = "keycask failed in a way that it should not; stderr has the details, please report them";
    exception(ErrorKind::Internal, message.to_owned())
}

fn exception(kind: ErrorKind, message: String) -> PyErr {
    Python::attach(|py| match class_of(py, kind) {
        Ok(class) => PyErr::from_type(class, (message,)),
        Err(error) => error,
    })
}

/// A kind that the Python package doesn't know is a defect: the same test that finds it runs over every kind.
fn class_of(py: Python<'_>, kind: ErrorKind) -> PyResult<Bound<'_, PyType>> {
    static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let classes = CLASSES.import(py, MODULE, "CLASSES")?;
    let class = match classes.get_item(kind.as_str())? {
        Some(class) => class,
        None => py.import(MODULE)?.getattr("InternalError")?,
    };
    Ok(class.cast_into()?)
}

/// Every kind of error: its stable name and number.
#[pyfunction]
pub(crate) fn error_kinds() -> Vec<(&'static str, i32)> {
    ErrorKind::ALL.iter().map(|kind| (kind.as_str(), kind.number())).collect()
}

/// Panics as a defect would: for the test of what becomes of it.
#[pyfunction]
pub(crate) fn _panic(py: Python<'_>) -> PyResult<()> {
    run(py, || panic!("asked to"))
}
