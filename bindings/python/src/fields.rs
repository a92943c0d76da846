//! Fields that a caller leaves as they are, clears or sets.

use pyo3::prelude::*;
use pyo3::types::PyEllipsis;

/// A field: `...`, the default, leaves it; a value sets it. Where it can be cleared, `T` is an `Option`.
pub(crate) enum Field<T> {
    Left,
    Set(T),
}

impl<T> Field<T> {
    /// Applies `set` to `to` where there is a value.
    pub(crate) fn apply<R>(self, to: R, set: impl FnOnce(R, T) -> R) -> R {
        match self {
            Self::Left => to,
            Self::Set(value) => set(to, value),
        }
    }
}

impl<T> Field<T> {
    /// Puts a value in `place` where there is one.
    pub(crate) fn put<V>(self, place: &mut V, value: impl FnOnce(T) -> V) {
        if let Self::Set(set) = self {
            *place = value(set);
        }
    }
}

impl<'a, 'py, T: FromPyObject<'a, 'py, Error: Into<PyErr>>> FromPyObject<'a, 'py> for Field<T> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyEllipsis>() {
            return Ok(Self::Left);
        }
        object.extract().map(Self::Set).map_err(Into::into)
    }
}
