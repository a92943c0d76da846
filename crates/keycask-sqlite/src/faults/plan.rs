//! Which fault comes, and when.

use std::ffi::c_int;
use std::path::PathBuf;

use rusqlite::ffi;

/// What SQLite asks of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Opening or creating a file.
    Open,
    /// Asking whether there is one.
    Access,
    /// Deleting one.
    Delete,
    /// Reading from one.
    Read,
    /// Writing to one.
    Write,
    /// Making one shorter or longer.
    Truncate,
    /// Waiting for the disk.
    Sync,
    /// Asking for its length.
    Size,
    /// Locking it.
    Lock,
    /// Asking whether somebody else is about to write.
    Look,
    /// Mapping shared memory.
    Map,
    /// Taking the right to read, write, checkpoint or recover.
    ShareLock,
    /// Giving back the right to write, checkpoint or recover.
    Release,
    /// Ordering what is stored in it, by who has such a right.
    Barrier,
}

impl Operation {
    /// Those that another process or a later one can tell from none.
    pub const VISIBLE: &'static [Self] =
        &[Self::Open, Self::Delete, Self::Write, Self::Truncate, Self::Sync, Self::Release, Self::Barrier];

    /// One of the results that stand for its failure.
    pub(super) fn error(self, which: usize) -> c_int {
        let codes =
            ERRORS.iter().find(|(operation, _)| *operation == self).map_or(&[][..], |(_, codes)| codes);
        codes.get(which % codes.len().max(1)).copied().unwrap_or(ffi::SQLITE_IOERR)
    }

    /// Those that can fail.
    #[must_use]
    pub fn fallible() -> Vec<Self> {
        ERRORS.iter().map(|(operation, _)| *operation).collect()
    }
}

/// What can fail, and each result that says so.
pub const ERRORS: &[(Operation, &[c_int])] = &[
    (Operation::Open, &[ffi::SQLITE_CANTOPEN]),
    (Operation::Access, &[ffi::SQLITE_IOERR_ACCESS]),
    (Operation::Delete, &[ffi::SQLITE_IOERR_DELETE]),
    (Operation::Read, &[ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR_CORRUPTFS]),
    (Operation::Write, &[ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_FULL]),
    (Operation::Truncate, &[ffi::SQLITE_IOERR_TRUNCATE]),
    (Operation::Sync, &[ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC]),
    (Operation::Size, &[ffi::SQLITE_IOERR_FSTAT]),
    (Operation::Lock, &[ffi::SQLITE_IOERR_LOCK]),
    (Operation::Look, &[ffi::SQLITE_IOERR_CHECKRESERVEDLOCK]),
    (Operation::Map, &[ffi::SQLITE_IOERR_SHMOPEN, ffi::SQLITE_IOERR_SHMSIZE, ffi::SQLITE_IOERR_SHMMAP]),
    (Operation::ShareLock, &[ffi::SQLITE_IOERR_SHMLOCK]),
];

/// What happens instead of an operation. Of a write, half is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process kills itself as `kill -9` does.
    Kill,
    /// The operation fails with this one of the [results](ERRORS) that say so, counted around.
    Error(usize),
}

/// The plan for a folder: without more said, everything is passed on and nothing is written down.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Plan {
    pub(super) counted: Vec<Operation>,
    pub(super) fault: Option<(u64, Fault)>,
    pub(super) for_ever: bool,
    pub(super) trace: Option<PathBuf>,
}

impl Plan {
    /// Nothing goes wrong.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts these operations.
    pub fn count(mut self, operations: &[Operation]) -> Self {
        self.counted = operations.to_vec();
        self
    }

    /// Lets a fault come at the `n`-th operation that is counted, from 1.
    pub fn fault(mut self, n: u64, fault: Fault) -> Self {
        self.fault = Some((n, fault));
        self
    }

    /// Lets it come at each later one as well.
    pub fn for_ever(mut self) -> Self {
        self.for_ever = true;
        self
    }

    /// Writes down, in a new file outside of the folder, what a disk is asked to do.
    pub fn trace(mut self, file: impl Into<PathBuf>) -> Self {
        self.trace = Some(file.into());
        self
    }
}
