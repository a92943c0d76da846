//! `keycask._native`: the vault as Python sees it.
//!
//! Each method converts its arguments, calls one verb of the core and converts the answer. The interpreter is
//! let go around every call that touches the file; what panics becomes an `InternalError`.
//!
//! The exceptions are Python's own, in `keycask.errors`: one class for each kind of error.

#![allow(clippy::needless_pass_by_value, reason = "arguments are what the conversion from Python made")]
#![allow(clippy::too_many_arguments, reason = "keyword arguments of a Python method")]

mod command;
mod convert;
mod cursor;
mod errors;
mod event;
mod fields;
mod import;
mod issued;
mod json;
mod key;
mod new_key;
mod notice;
mod place;
mod policy;
mod report;
mod request;
mod stats;
mod vault;

use pyo3::prelude::*;

/// The native part of keycask. Import `keycask` instead.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::command::run_command;
    #[pymodule_export]
    use super::convert::Actor;
    #[pymodule_export]
    use super::cursor::{Changes, Keys, Notices, Uses};
    #[pymodule_export]
    use super::errors::{_panic, error_kinds};
    #[pymodule_export]
    use super::event::{Change, Use};
    #[pymodule_export]
    use super::import::{ImportNote, ImportReport};
    #[pymodule_export]
    use super::issued::Issued;
    #[pymodule_export]
    use super::key::{Due, Key, Usage};
    #[pymodule_export]
    use super::new_key::NewKey;
    #[pymodule_export]
    use super::notice::Notice;
    #[pymodule_export]
    use super::place::{Migration, RestoreReport, migrate, redact, restore};
    #[pymodule_export]
    use super::policy::Policy;
    #[pymodule_export]
    use super::report::{CheckReport, Finding, LogReport, LogsReport};
    #[pymodule_export]
    use super::stats::Stats;
    #[pymodule_export]
    use super::vault::Vault;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
