//! Opening, creating and closing.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keycask::{ErrorKind, Pepper, Result, VaultOptions};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::Vault;
use crate::convert::{By, Moment, Span};
use crate::errors::{invalid, raise, run};

/// The path of a vault that has no file.
const MEMORY: &str = ":memory:";

/// One pepper, or several: `bytes`, or an iterable of them.
pub(super) struct Peppers(Vec<Vec<u8>>);

impl FromPyObject<'_, '_> for Peppers {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Self(vec![bytes.as_bytes().to_vec()]));
        }
        let wrong = || PyTypeError::new_err("pepper: give bytes, or an iterable of bytes");
        if object.is_instance_of::<PyString>() {
            return Err(wrong());
        }
        let bytes = object.try_iter().map_err(|_| wrong())?.map(|item| item?.extract());
        bytes.collect::<PyResult<_>>().map(Self)
    }
}

#[pymethods]
impl Vault {
    #[new]
    #[pyo3(signature = (path, create=false, *, pepper=None, busy_timeout=None,
        mode=0o600, group=None, actor=None))]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        create: bool,
        pepper: Option<Peppers>,
        busy_timeout: Option<Span>,
        mode: u32,
        group: Option<u32>,
        actor: Option<By>,
    ) -> PyResult<Self> {
        let mut options = VaultOptions::new().mode(mode);
        options = busy_timeout.into_iter().fold(options, |options, Span(time)| options.busy_timeout(time));
        options = group.into_iter().fold(options, VaultOptions::group);
        options = actor.into_iter().fold(options, |options, By(actor)| options.actor(actor));
        for bytes in pepper.into_iter().flat_map(|peppers| peppers.0) {
            options = options.pepper(Pepper::new(bytes).map_err(raise)?);
        }
        let in_memory = path.as_os_str() == MEMORY;
        if in_memory && !create {
            return Err(invalid("open vault :memory:: a vault in memory is always new; give create=True"));
        }
        let vault = run(py, || match (in_memory, create) {
            (true, _) => options.create_in_memory(),
            (false, true) => open_or_create(&options, &path),
            (false, false) => options.open(&path),
        })?;
        Ok(Self { vault: Arc::new(vault), closed: AtomicBool::new(false) })
    }

    /// The vault's id; a backup keeps it.
    #[getter]
    fn id(&self) -> &str {
        self.vault.id()
    }

    /// The file, with symbolic links resolved.
    #[getter]
    fn path(&self) -> PathBuf {
        self.vault.path().to_owned()
    }

    /// When the vault was created.
    #[getter]
    fn created_at(&self) -> Moment {
        Moment(self.vault.created_at())
    }

    /// Whether `close` was called.
    #[getter]
    fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Closes the vault. Calls that run in other threads end first; later ones raise `VaultClosedError`. To do so
    /// twice changes nothing.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.closed.store(true, Ordering::Relaxed);
        self.run(py, |vault| {
            vault.close();
            Ok(())
        })
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }

    fn __repr__(&self) -> String {
        let closed = if self.closed() { " closed" } else { "" };
        format!("<Vault {} at {}{closed}>", self.vault.id(), self.vault.path().display())
    }
}

/// Opens what is there, else creates; where another process was faster, its vault is opened.
fn open_or_create(options: &VaultOptions, path: &PathBuf) -> Result<keycask::Vault> {
    match options.clone().open(path) {
        Err(error) if error.kind() == ErrorKind::VaultMissing => {}
        opened => return opened,
    }
    match options.clone().create(path) {
        Err(error) if error.kind() == ErrorKind::Conflict => options.clone().open(path),
        created => created,
    }
}
