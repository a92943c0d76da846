//! The `keycask` command, which the wheel brings along.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;

/// What a program exits with that failed by a defect of its own.
const PANICKED: u8 = 101;

/// Runs the command with these arguments, the program's name first, and returns its exit code.
///
/// It reads stdin and writes stdout and stderr by their descriptors, past `sys.stdin` and `sys.stdout`.
#[pyfunction]
pub(crate) fn run_command(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| catch_unwind(AssertUnwindSafe(|| keycask_cli::run(args))).unwrap_or(PANICKED))
}
