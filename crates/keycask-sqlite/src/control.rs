//! What SQLite tells of the file of an open connection.

use std::ffi::c_int;
use std::ptr;

use rusqlite::{Connection, ffi};

/// The pointer that a file control stores, such as `SQLITE_FCNTL_FILE_POINTER`:
/// <https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html>.
pub(crate) fn pointer<T>(db: &Connection, code: c_int) -> Option<*mut T> {
    let mut pointer: *mut T = ptr::null_mut();
    let place = ptr::from_mut(&mut pointer).cast();
    // SAFETY: the handle is open for as long as `db` is borrowed, and the controls asked for store one pointer.
    let status = unsafe { ffi::sqlite3_file_control(db.handle(), c"main".as_ptr(), code, place) };
    (status == ffi::SQLITE_OK && !pointer.is_null()).then_some(pointer)
}
