//! Which process writes first: one whose caller waits goes before those that write what nobody waits for.
//!
//! SQLite's lock for writing has no order: who tries at the right moment has it. A process that is in a hurry
//! therefore locks one more byte of the file for reading while it waits, far from what SQLite locks, and the others
//! ask the kernel for it before they try. Nothing depends on it but the order.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, RawFd};

use rusqlite::{Connection, ffi};

use crate::control::pointer;
use crate::inspect::{DatabaseFile, Identity};

/// A byte of the page in which SQLite keeps its locks and never data, past those that it uses:
/// <https://sqlite.org/src/file/src/os.h>.
const BYTE: libc::off_t = 0x4000_0000 + 1024;

/// Says to other processes that this one is in a hurry, until it is dropped.
pub struct Precedence<'c> {
    descriptor: RawFd,
    connection: PhantomData<&'c Connection>,
}

impl DatabaseFile {
    /// Asks other processes to let this connection write first. `None` where that can't be said here.
    #[must_use]
    pub fn precede<'c>(&self, db: &'c Connection) -> Option<Precedence<'c>> {
        let descriptor = descriptor(db, self.identity())?;
        let claimed = lock(descriptor, libc::F_SETLK, libc::F_RDLCK).is_some();
        claimed.then_some(Precedence { descriptor, connection: PhantomData })
    }

    /// Whether another process is in a hurry to write.
    #[must_use]
    pub fn is_preceded(&self, db: &Connection) -> bool {
        let in_the_way = descriptor(db, self.identity())
            .and_then(|descriptor| lock(descriptor, libc::F_GETLK, libc::F_WRLCK));
        in_the_way.is_some_and(|kind| c_int::from(kind) != libc::F_UNLCK)
    }
}

impl Drop for Precedence<'_> {
    fn drop(&mut self) {
        lock(self.descriptor, libc::F_SETLK, libc::F_UNLCK);
    }
}

/// Works on the lock of the byte, and gives the kind that the kernel then tells.
fn lock(descriptor: RawFd, command: c_int, kind: c_int) -> Option<libc::c_short> {
    // SAFETY: all numbers, for which zeros are fine.
    let mut lock: libc::flock = unsafe { MaybeUninit::zeroed().assume_init() };
    lock.l_type = libc::c_short::try_from(kind).ok()?;
    lock.l_whence = libc::c_short::try_from(libc::SEEK_SET).ok()?;
    (lock.l_start, lock.l_len) = (BYTE, 1);
    // SAFETY: these commands read and write one `flock`, and the descriptor is that of an open connection. Of the
    // locks of this process on the file they touch that of the one byte, which nothing else locks.
    let status = unsafe { libc::fcntl(descriptor, command, &raw mut lock) };
    (status == 0).then_some(lock.l_type)
}

/// The descriptor by which SQLite has the file open. A second one must never be closed, nor opened therefore.
fn descriptor(db: &Connection, file: Identity) -> Option<RawFd> {
    /// How `unixFile` of the bundled SQLite begins: <https://sqlite.org/src/file/src/os_unix.c>.
    #[repr(C)]
    struct UnixFile {
        methods: *const ffi::sqlite3_io_methods,
        vfs: *mut ffi::sqlite3_vfs,
        inode: *const std::ffi::c_void,
        descriptor: c_int,
    }
    let vfs: *mut ffi::sqlite3_vfs = pointer(db, ffi::SQLITE_FCNTL_VFS_POINTER)?;
    let open: *mut UnixFile = pointer(db, ffi::SQLITE_FCNTL_FILE_POINTER)?;
    // SAFETY: both belong to the open connection. The names of systems are strings for life, and a file of the
    // system that is called "unix", which is SQLite's own, is a `unixFile`, longer than what is read of it.
    let descriptor = unsafe {
        let is_known = CStr::from_ptr((*vfs).zName) == c"unix" && (*open).vfs == vfs;
        is_known.then(|| (*open).descriptor).filter(|descriptor| *descriptor >= 0)?
    };
    // SAFETY: SQLite closes it no sooner than the connection, which is borrowed; another number is an error here.
    let stat = rustix::fs::fstat(unsafe { BorrowedFd::borrow_raw(descriptor) }).ok()?;
    (Identity { device: stat.st_dev, inode: stat.st_ino } == file).then_some(descriptor)
}
