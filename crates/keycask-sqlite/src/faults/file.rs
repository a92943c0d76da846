//! A file of the layer: ours in front, the real one behind it in the same memory.

use std::ffi::{c_int, c_void};
use std::mem::size_of;
use std::ptr;
use std::slice;
use std::sync::Arc;

use rusqlite::ffi::{self, sqlite3_file};

use super::plan::{Fault, Operation};
use super::state::{State, strike};
use super::trace::Record;

/// What stands in front of the real file, which its size leaves aligned.
#[repr(C)]
pub(super) struct Passed {
    base: sqlite3_file,
    /// Owned: made by [`begin`], freed by `xClose`.
    own: *mut Own,
}

/// What the layer knows of an open file.
struct Own {
    state: Option<Arc<State>>,
    number: u64,
    /// Whether the next sync makes its name durable, too.
    syncs_folder: bool,
    /// How many rights to write, checkpoint or recover it has.
    rights: u32,
}

impl Own {
    fn before(&self, operation: Operation) -> Result<(), c_int> {
        self.state.as_deref().map_or(Ok(()), |state| state.before(operation))
    }

    fn next(&self, operation: Operation) -> Option<Fault> {
        self.state.as_deref().and_then(|state| state.next(operation))
    }

    fn is_traced(&self) -> bool {
        self.state.as_deref().is_some_and(State::is_traced)
    }

    fn record(&self, record: impl FnOnce(u64) -> Record) {
        if let Some(state) = self.state.as_deref().filter(|state| state.is_traced()) {
            state.record(&record(self.number));
        }
    }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 3,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(look),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(map),
    xShmLock: Some(share_lock),
    xShmBarrier: Some(barrier),
    xShmUnmap: Some(unmap),
    xFetch: Some(fetch),
    xUnfetch: Some(unfetch),
};

/// The real file.
///
/// # Safety
///
/// `file` is memory of the layer's `szOsFile`.
pub(super) unsafe fn behind(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: the size of the layer's files is that of `Passed` and of the real one together.
    unsafe { file.byte_add(size_of::<Passed>()) }
}

/// Makes the file one of the layer's, now that the real one is open.
///
/// # Safety
///
/// `file` is memory of the layer's `szOsFile`, and not one of the layer's yet.
pub(super) unsafe fn begin(
    file: *mut sqlite3_file,
    state: Option<Arc<State>>,
    number: u64,
    syncs_folder: bool,
) {
    let own = Box::into_raw(Box::new(Own { state, number, syncs_folder, rights: 0 }));
    let base = sqlite3_file { pMethods: &raw const METHODS };
    // SAFETY: the memory is the caller's and large enough, and SQLite aligns it to 8 bytes: `Passed` needs no more.
    unsafe { ptr::write(file.cast(), Passed { base, own }) };
}

/// What the layer knows of a file.
///
/// # Safety
///
/// `file` went through [`begin`] and isn't closed; SQLite uses a file by one thread at a time.
unsafe fn own<'f>(file: *mut sqlite3_file) -> &'f mut Own {
    // SAFETY: `begin` put it there, and nobody else refers to it during a call.
    unsafe { &mut *(*file.cast::<Passed>()).own }
}

/// Calls a method of the real file, if there is one.
macro_rules! pass {
    ($file:expr, $method:ident $(, $argument:expr)*) => {
        pass!($file, $method $(, $argument)*; else ffi::SQLITE_IOERR)
    };
    ($file:expr, $method:ident $(, $argument:expr)*; else $none:expr) => {{
        // SAFETY: SQLite calls the layer with an open file and with arguments that fit; the real file behind it is
        // open for as long, and takes the same arguments.
        unsafe {
            let real = behind($file);
            match (*(*real).pMethods).$method {
                Some(method) => method(real $(, $argument)*),
                None => $none,
            }
        }
    }};
}

/// Returns early with the result that stands for a failure.
macro_rules! before {
    ($file:expr, $operation:expr) => {
        // SAFETY: SQLite calls the layer with a file of it that is open.
        if let Err(code) = unsafe { own($file) }.before($operation) {
            return code;
        }
    };
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let status = pass!(file, xClose);
    // SAFETY: the file is open until now, and SQLite calls nothing of it afterwards: what `begin` made is freed once.
    unsafe {
        drop(Box::from_raw(own(file)));
        (*file).pMethods = ptr::null();
    }
    status
}

unsafe extern "C" fn read(file: *mut sqlite3_file, to: *mut c_void, length: c_int, offset: i64) -> c_int {
    before!(file, Operation::Read);
    pass!(file, xRead, to, length, offset)
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    length: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: SQLite calls the layer with a file of it that is open.
    let own = unsafe { own(file) };
    let fault = own.next(Operation::Write);
    let done = if fault.is_some() { length / 2 } else { length };
    let status = pass!(file, xWrite, from, done, offset);
    if own.is_traced() {
        // SAFETY: SQLite passes as many readable bytes as it says.
        let bytes = unsafe { slice::from_raw_parts(from.cast::<u8>(), usize::try_from(done).unwrap_or(0)) };
        own.record(|file| Record::Write { file, offset: offset.unsigned_abs(), bytes: bytes.to_vec() });
    }
    fault.map_or(status, |fault| strike(fault, Operation::Write))
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    before!(file, Operation::Truncate);
    let status = pass!(file, xTruncate, size);
    if status == ffi::SQLITE_OK {
        // SAFETY: SQLite calls the layer with a file of it that is open.
        unsafe { own(file) }.record(|file| Record::Truncate { file, size: size.unsigned_abs() });
    }
    status
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    before!(file, Operation::Sync);
    let status = pass!(file, xSync, flags);
    if status == ffi::SQLITE_OK {
        // SAFETY: SQLite calls the layer with a file of it that is open.
        let own = unsafe { own(file) };
        let folder = std::mem::take(&mut own.syncs_folder);
        own.record(|file| Record::Sync { file, folder });
    }
    status
}

unsafe extern "C" fn size(file: *mut sqlite3_file, answer: *mut i64) -> c_int {
    before!(file, Operation::Size);
    pass!(file, xFileSize, answer)
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    before!(file, Operation::Lock);
    pass!(file, xLock, level)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass!(file, xUnlock, level)
}

unsafe extern "C" fn look(file: *mut sqlite3_file, answer: *mut c_int) -> c_int {
    before!(file, Operation::Look);
    pass!(file, xCheckReservedLock, answer)
}

unsafe extern "C" fn control(file: *mut sqlite3_file, what: c_int, argument: *mut c_void) -> c_int {
    pass!(file, xFileControl, what, argument; else ffi::SQLITE_NOTFOUND)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    pass!(file, xSectorSize; else 4096)
}

unsafe extern "C" fn characteristics(file: *mut sqlite3_file) -> c_int {
    pass!(file, xDeviceCharacteristics; else 0)
}

unsafe extern "C" fn map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    answer: *mut *mut c_void,
) -> c_int {
    before!(file, Operation::Map);
    pass!(file, xShmMap, region, size, extend, answer)
}

unsafe extern "C" fn share_lock(file: *mut sqlite3_file, offset: c_int, n: c_int, flags: c_int) -> c_int {
    let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    if flags & ffi::SQLITE_SHM_LOCK != 0 {
        before!(file, Operation::ShareLock);
    } else if exclusive {
        before!(file, Operation::Release);
    }
    let status = pass!(file, xShmLock, offset, n, flags);
    if exclusive && status == ffi::SQLITE_OK {
        // SAFETY: SQLite calls the layer with a file of it that is open.
        let own = unsafe { own(file) };
        let locked = flags & ffi::SQLITE_SHM_LOCK != 0;
        own.rights = if locked { own.rights + 1 } else { own.rights.saturating_sub(1) };
    }
    status
}

unsafe extern "C" fn barrier(file: *mut sqlite3_file) {
    // SAFETY: SQLite calls the layer with a file of it that is open.
    let own = unsafe { own(file) };
    if own.rights > 0 {
        let _ = own.before(Operation::Barrier);
    }
    pass!(file, xShmBarrier; else ());
}

unsafe extern "C" fn unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    pass!(file, xShmUnmap, delete)
}

unsafe extern "C" fn fetch(
    file: *mut sqlite3_file,
    offset: i64,
    length: c_int,
    answer: *mut *mut c_void,
) -> c_int {
    before!(file, Operation::Read);
    pass!(file, xFetch, offset, length, answer)
}

unsafe extern "C" fn unfetch(file: *mut sqlite3_file, offset: i64, page: *mut c_void) -> c_int {
    pass!(file, xUnfetch, offset, page)
}
