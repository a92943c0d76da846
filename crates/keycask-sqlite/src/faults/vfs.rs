//! The layer's table of functions: SQLite's own for this system, with opening, asking and deleting in front of them.

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::mem::size_of;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;

use rusqlite::ffi;

use super::file::{self, Passed};
use super::plan::Operation;
use super::state::State;
use super::state_of;
use super::trace::Record;

const NAME: &CStr = c"keycask-faults";

/// The layer's name where a plan rules the file.
pub(crate) fn name_for(path: &Path) -> Option<&'static CStr> {
    static REGISTERED: OnceLock<()> = OnceLock::new();
    let folder = path.parent()?.canonicalize().ok()?;
    state_of(&folder.join(path.file_name()?))?;
    REGISTERED.get_or_init(register);
    Some(NAME)
}

fn register() {
    // SAFETY: a null name asks for the default one, which is never unregistered here and so lives as long as the
    // process. A copy of it is a whole one: the functions that stay as they are take the copy for their own first
    // argument and, in SQLite's unix layer, look at none of its fields but those that were copied. `register` is
    // given memory that is never freed.
    unsafe {
        let real = ffi::sqlite3_vfs_find(ptr::null());
        assert!(!real.is_null(), "SQLite has no layer for this system");
        let mut layer = *real;
        layer.szOsFile += c_int::try_from(size_of::<Passed>()).unwrap_or(c_int::MAX);
        layer.pNext = ptr::null_mut();
        layer.zName = NAME.as_ptr();
        layer.pAppData = real.cast();
        layer.xOpen = Some(open);
        layer.xDelete = Some(delete);
        layer.xAccess = Some(access);
        let status = ffi::sqlite3_vfs_register(Box::leak(Box::new(layer)), 0);
        assert_eq!(status, ffi::SQLITE_OK, "register the layer");
    }
}

/// The layer below.
///
/// # Safety
///
/// `layer` is the one that [`register`] made.
unsafe fn below(layer: *mut ffi::sqlite3_vfs) -> *mut ffi::sqlite3_vfs {
    // SAFETY: the caller's promise; its data is the pointer that was put there.
    unsafe { (*layer).pAppData.cast() }
}

/// A path that SQLite passes.
///
/// # Safety
///
/// `name` is null, or a string that ends with a null byte and stays as it is for as long as the result is used.
unsafe fn path_of<'n>(name: *const c_char) -> Option<&'n Path> {
    // SAFETY: the caller's promise.
    let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })?;
    Some(Path::new(OsStr::from_bytes(name.to_bytes())))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// `xOpen`.
///
/// # Safety
///
/// SQLite calls it with the layer, `szOsFile` bytes at `file`, and a name that is null or lives until the close.
unsafe extern "C" fn open(
    layer: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: what SQLite promises, and `file` has room for ours and behind it for the one below.
    unsafe {
        (*file).pMethods = ptr::null();
        let path = path_of(name);
        let state = path.and_then(state_of);
        if let Some(Err(code)) = state.as_deref().map(|state| state.before(Operation::Open)) {
            return code;
        }
        let created = path.is_some_and(|path| !path.exists());
        let real = file::behind(file);
        (*real).pMethods = ptr::null();
        let layer = below(layer);
        let Some(open) = (*layer).xOpen else { return ffi::SQLITE_MISUSE };
        let status = open(layer, name, real, flags, out_flags);
        if status == ffi::SQLITE_OK {
            let number = state.as_deref().zip(path).map(|(state, path)| note_open(state, path, created));
            // What is opened as a log has its folder synced with it, the first time.
            let is_log = flags & ffi::SQLITE_OPEN_WAL != 0;
            file::begin(file, state, number.unwrap_or_default(), is_log);
        } else if let Some(close) = (*real).pMethods.as_ref().and_then(|methods| methods.xClose) {
            close(real);
        }
        status
    }
}

fn note_open(state: &State, path: &Path, created: bool) -> u64 {
    let file = state.number_file();
    state.record(&Record::Open { file, name: name_of(path), created });
    file
}

/// `xDelete`.
///
/// # Safety
///
/// SQLite calls it with the layer and a name that ends with a null byte.
unsafe extern "C" fn delete(layer: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: what SQLite promises.
    unsafe {
        let path = path_of(name);
        let state = path.and_then(state_of);
        if let Some(Err(code)) = state.as_deref().map(|state| state.before(Operation::Delete)) {
            return code;
        }
        let layer = below(layer);
        let Some(delete) = (*layer).xDelete else { return ffi::SQLITE_MISUSE };
        let status = delete(layer, name, sync);
        if let (Some(state), Some(path), ffi::SQLITE_OK) = (state, path, status) {
            state.record(&Record::Delete { name: name_of(path), folder: sync != 0 });
        }
        status
    }
}

/// `xAccess`.
///
/// # Safety
///
/// SQLite calls it with the layer, a name that ends with a null byte, and a place for the answer.
unsafe extern "C" fn access(
    layer: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    answer: *mut c_int,
) -> c_int {
    // SAFETY: what SQLite promises.
    unsafe {
        let state = path_of(name).and_then(state_of);
        if let Some(Err(code)) = state.as_deref().map(|state| state.before(Operation::Access)) {
            return code;
        }
        let layer = below(layer);
        let Some(access) = (*layer).xAccess else { return ffi::SQLITE_MISUSE };
        access(layer, name, flags, answer)
    }
}
