//! Reports: of a check, and of the logs' own check.

use pyo3::prelude::*;

/// One thing that is wrong.
#[pyclass(frozen, eq, hash, module = "keycask")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Finding {
    code: &'static str,
    message: String,
}

impl Finding {
    fn all(findings: &[keycask::Finding]) -> Vec<Self> {
        let one =
            |finding: &keycask::Finding| Self { code: finding.code(), message: finding.message().to_owned() };
        findings.iter().map(one).collect()
    }
}

#[pymethods]
impl Finding {
    /// The sort of finding, a stable word.
    #[getter]
    fn code(&self) -> &'static str {
        self.code
    }

    /// What was found, and what to do.
    #[getter]
    fn message(&self) -> &str {
        &self.message
    }

    fn __repr__(&self) -> String {
        format!("<Finding {}: {}>", self.code, self.message)
    }
}

/// What a check found. It is true where nothing is wrong.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct CheckReport(pub(crate) keycask::CheckReport);

#[pymethods]
impl CheckReport {
    /// Whether nothing is wrong.
    #[getter]
    fn ok(&self) -> bool {
        self.0.ok()
    }

    /// What is wrong.
    #[getter]
    fn findings(&self) -> Vec<Finding> {
        Finding::all(self.0.findings())
    }

    fn __bool__(&self) -> bool {
        self.0.ok()
    }

    fn __repr__(&self) -> String {
        format!("<CheckReport ok={} findings={}>", py_bool(self.0.ok()), self.0.findings().len())
    }
}

/// Both logs, recomputed from their rows. It is true where nothing is wrong.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct LogsReport(pub(crate) keycask::LogsReport);

#[pymethods]
impl LogsReport {
    /// Whether both logs are what their trees say.
    #[getter]
    fn ok(&self) -> bool {
        self.0.ok()
    }

    /// The log of changes, then the log of uses.
    #[getter]
    fn logs(&self) -> Vec<LogReport> {
        self.0.logs().iter().cloned().map(LogReport).collect()
    }

    fn __bool__(&self) -> bool {
        self.0.ok()
    }

    fn __repr__(&self) -> String {
        format!("<LogsReport ok={}>", py_bool(self.0.ok()))
    }
}

/// One log, recomputed from its rows.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct LogReport(keycask::LogReport);

#[pymethods]
impl LogReport {
    /// Which log: `changes` or `uses`.
    #[getter]
    fn log(&self) -> &'static str {
        self.0.log().as_str()
    }

    /// How many events it has had, pruned ones included.
    #[getter]
    fn size(&self) -> u64 {
        self.0.size()
    }

    /// The root of its tree in lower-case hexadecimal.
    #[getter]
    fn root(&self) -> String {
        self.0.root_hex()
    }

    /// Where the rows aren't what the tree says.
    #[getter]
    fn findings(&self) -> Vec<Finding> {
        Finding::all(self.0.findings())
    }

    fn __repr__(&self) -> String {
        format!("<LogReport {} size={} findings={}>", self.log(), self.size(), self.0.findings().len())
    }
}

pub(crate) fn py_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
