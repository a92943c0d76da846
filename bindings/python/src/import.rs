//! Import: rows from Python, read when they are reached.

use std::io::{self, BufRead, Read};
use std::sync::Mutex;

use keycask::ImportOptions;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PyMapping, PyString};

use crate::errors::invalid;
use crate::json::dumps;

/// What an import did, and what it has to say of single lines.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct ImportReport(pub(crate) keycask::ImportReport);

#[pymethods]
impl ImportReport {
    /// Rows that became keys; of a dry run, that would.
    #[getter]
    fn imported(&self) -> u64 {
        self.0.imported()
    }

    /// Rows whose digest was there already; none was changed.
    #[getter]
    fn existing(&self) -> u64 {
        self.0.existing()
    }

    /// Lines that were refused.
    #[getter]
    fn refused(&self) -> u64 {
        self.0.refused()
    }

    /// Rows with a warning; they are among the imported ones.
    #[getter]
    fn warned(&self) -> u64 {
        self.0.warned()
    }

    /// What there is to say of single lines, in their order.
    #[getter]
    fn notes(&self) -> Vec<ImportNote> {
        self.0.notes().iter().cloned().map(ImportNote).collect()
    }

    fn __repr__(&self) -> String {
        let (imported, existing, refused) = (self.0.imported(), self.0.existing(), self.0.refused());
        format!("<ImportReport imported={imported} existing={existing} refused={refused}>")
    }
}

/// What an import has to say of a line.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct ImportNote(keycask::ImportNote);

#[pymethods]
impl ImportNote {
    /// The line of the text, or the row's place among the rows, from 1 on.
    #[getter]
    fn line(&self) -> u64 {
        self.0.line()
    }

    /// What became of it: `existing`, `refused` or `warned`.
    #[getter]
    fn outcome(&self) -> &'static str {
        self.0.outcome().as_str()
    }

    /// Why, without a value of the row.
    #[getter]
    fn message(&self) -> &str {
        self.0.message()
    }

    fn __repr__(&self) -> String {
        format!("<ImportNote line {} {}: {}>", self.0.line(), self.outcome(), self.0.message())
    }
}

/// How to import.
pub(crate) fn options(
    scheme: Option<keycask::Scheme>,
    recipe: Option<keycask::Recipe>,
    owner: Option<String>,
    prefix: Option<String>,
    all_or_nothing: bool,
    dry_run: bool,
) -> PyResult<ImportOptions> {
    let options = match (scheme, recipe) {
        (Some(_), Some(_)) => return Err(invalid("scheme, recipe: give one of the two")),
        (Some(scheme), None) => ImportOptions::new().scheme(scheme),
        (None, Some(recipe)) => ImportOptions::new().recipe(recipe),
        (None, None) => ImportOptions::new(),
    };
    let mut options = owner.into_iter().fold(options, ImportOptions::owner);
    options = prefix.into_iter().fold(options, ImportOptions::prefix);
    options = if all_or_nothing { options.all_or_nothing() } else { options };
    Ok(if dry_run { options.dry_run() } else { options })
}

/// A text, or the lines or mappings of an iterable, as a reader. It takes the interpreter for each item.
pub(crate) struct Lines<'a> {
    items: Option<Py<PyIterator>>,
    line: Vec<u8>,
    read: usize,
    failure: &'a Mutex<Option<PyErr>>,
}

impl<'a> Lines<'a> {
    /// What an item raises is put in `failure`: a reader can't pass it on.
    pub(crate) fn of(source: &Bound<'_, PyAny>, failure: &'a Mutex<Option<PyErr>>) -> PyResult<Self> {
        let whole = source.is_instance_of::<PyString>() || source.is_instance_of::<PyBytes>();
        let (items, line) =
            if whole { (None, text_of(source)?) } else { (Some(source.try_iter()?.unbind()), Vec::new()) };
        Ok(Self { items, line, read: 0, failure })
    }

    fn fetch(&mut self) -> PyResult<()> {
        let Some(items) = &self.items else { return Ok(()) };
        let line = Python::attach(|py| {
            let mut items = items.bind(py).clone();
            items.next().map(|item| line_of(&item?)).transpose()
        })?;
        match line {
            Some(line) => (self.line, self.read) = (line, 0),
            None => self.items = None,
        }
        Ok(())
    }
}

impl Read for Lines<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Lines<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.read == self.line.len() && self.items.is_some() {
            if let Err(error) = self.fetch() {
                *self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                return Err(io::Error::other("an item of the source could not be read"));
            }
        }
        Ok(&self.line[self.read..])
    }

    fn consume(&mut self, amount: usize) {
        self.read += amount;
    }
}

/// A line, which ends with a newline.
fn line_of(item: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let mut line = match item.cast::<PyMapping>() {
        Ok(row) => dumps(row)?.into_bytes(),
        Err(_) => text_of(item)?,
    };
    if line.last() != Some(&b'\n') {
        line.push(b'\n');
    }
    Ok(line)
}

fn text_of(item: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(text) = item.cast::<PyString>() {
        return Ok(text.to_str()?.as_bytes().to_vec());
    }
    match item.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes().to_vec()),
        Err(_) => Err(PyTypeError::new_err("source: give text, or an iterable of lines or of mappings")),
    }
}
