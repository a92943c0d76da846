//! Iterators that fetch a page when they reach it, and hold no transaction between two items.

use std::sync::{Arc, Mutex, TryLockError};
use std::time::SystemTime;

use keycask::{Result, Vault};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::run;
use crate::event::{Change, Use};
use crate::key::Key;
use crate::notice::Notice;

type Rows<T> = Box<dyn Iterator<Item = Result<T>> + Send>;

/// An iterator over a vault, which it keeps open.
struct Cursor<T> {
    // Before the vault: it is dropped first.
    rows: Mutex<Option<Rows<T>>>,
    _vault: Arc<Vault>,
}

impl<T: Send + 'static> Cursor<T> {
    fn open<'a, I>(
        py: Python<'_>,
        vault: &'a Arc<Vault>,
        list: impl FnOnce(&'a Vault) -> Result<I> + Send,
    ) -> PyResult<Self>
    where
        I: Iterator<Item = Result<T>> + Send + 'a,
    {
        let rows =
            run(py, || list(vault).map(|rows| Box::new(rows) as Box<dyn Iterator<Item = _> + Send + 'a>))?;
        // SAFETY: the iterator borrows nothing but the vault that `vault` points to. That one doesn't move and
        // lives at least as long as `_vault`, which is dropped after the iterator; no caller ever gets at either.
        let rows: Rows<T> = unsafe { std::mem::transmute(rows) };
        Ok(Self { rows: Mutex::new(Some(rows)), _vault: Arc::clone(vault) })
    }

    /// The next row; after a failure and after the end there is none. It never waits for another thread, which a
    /// fork can have left behind.
    fn next(&self, py: Python<'_>) -> PyResult<Option<T>> {
        let mut rows = match self.rows.try_lock() {
            Ok(rows) => rows,
            Err(TryLockError::Poisoned(rows)) => rows.into_inner(),
            Err(TryLockError::WouldBlock) => {
                return Err(PyValueError::new_err("iterator already in use by another thread"));
            }
        };
        let Some(cursor) = rows.as_mut() else { return Ok(None) };
        match run(py, || cursor.next().transpose()) {
            Ok(Some(row)) => Ok(Some(row)),
            end => {
                *rows = None;
                end
            }
        }
    }
}

macro_rules! iterator {
    ($(#[$doc:meta])* $name:ident, $row:ty, $item:ty, $make:expr) => {
        $(#[$doc])*
        #[pyclass(frozen, module = "keycask")]
        pub(crate) struct $name {
            cursor: Cursor<$row>,
            at: SystemTime,
        }

        impl $name {
            /// Begins with what `list` finds.
            pub(crate) fn open<'a, I>(
                py: Python<'_>,
                vault: &'a Arc<Vault>,
                at: SystemTime,
                list: impl FnOnce(&'a Vault) -> Result<I> + Send,
            ) -> PyResult<Self>
            where
                I: Iterator<Item = Result<$row>> + Send + 'a,
            {
                Ok(Self { cursor: Cursor::open(py, vault, list)?, at })
            }
        }

        #[pymethods]
        impl $name {
            fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
                this
            }

            fn __next__(&self, py: Python<'_>) -> PyResult<Option<$item>> {
                let row = self.cursor.next(py)?;
                Ok(row.map(|row| ($make)(row, self.at)))
            }
        }
    };
}

iterator!(
    /// Keys, in the order of their creation.
    Keys, keycask::Key, Key, Key::new
);
iterator!(
    /// Events of the log of changes.
    Changes, keycask::Change, Change, |row, _| crate::event::Change(row)
);
iterator!(
    /// Events of the log of uses.
    Uses, keycask::Use, Use, |row, _| crate::event::Use(row)
);
iterator!(
    /// Notices, oldest first.
    Notices, keycask::Notice, Notice, |row, _| crate::notice::Notice(row)
);
