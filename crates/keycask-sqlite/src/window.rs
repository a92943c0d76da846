//! The header of the write-ahead log's index, which every commit of any process changes, readable without a lock.
//!
//! SQLite keeps it at the start of the shared memory beside the file (<https://sqlite.org/walformat.html>, "The
//! WAL-Index Header"). Its own mapping goes away when a connection is closed, at a time that no reader can know. A
//! [`Window`] is a page of our own that stays mapped for life: while a connection is open it shows the first page of
//! the shared memory, and zeros otherwise.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering, fence};

use rusqlite::{Connection, ffi};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
#[cfg(not(feature = "test-window-in-place"))]
use rustix::mm::{MremapFlags, mremap_fixed};

use crate::control::pointer;

/// The first copy of the header, in 32-bit words.
const WORDS: usize = 12;
/// `iVersion` of the only layout that is known.
const VERSION: u32 = 3_007_000;
/// What SQLite maps at a time.
const REGION: c_int = 32 * 1024;

/// The header at one moment, or torn between two: as such it equals no whole one.
#[derive(Clone, Copy, Debug, Default, Eq)]
pub struct Header([u32; WORDS]);

impl PartialEq for Header {
    /// Word by word: what was just read word by word would be slow to read again as a whole.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).fold(0, |differing, (ours, theirs)| differing | (ours ^ theirs)) == 0
    }
}

impl Header {
    /// Whether another commit would change it: not while there is no log yet, since its first frames can leave a
    /// header that was seen before.
    #[inline]
    #[must_use]
    pub fn is_cacheable(&self) -> bool {
        let Self(words) = self;
        let (max_frame, salts) = (words[4], (words[8], words[9]));
        words[0] == VERSION && !(max_frame == 0 && salts == (0, 0))
    }

    /// How many frames the log has.
    #[must_use]
    pub fn frames(&self) -> u32 {
        self.0[4]
    }

    /// Its words, for whoever keeps it in atomics.
    #[must_use]
    pub fn words(&self) -> &[u32; WORDS] {
        &self.0
    }

    /// From words that were kept.
    #[inline]
    #[must_use]
    pub fn from_words(words: [u32; WORDS]) -> Self {
        Self(words)
    }
}

/// A page of address space, for life.
pub(crate) struct Window {
    /// Null where there is none; else readable for ever.
    page: *mut c_void,
    /// SQLite's own mapping, where that is shown instead.
    #[cfg(feature = "test-window-in-place")]
    place: std::sync::atomic::AtomicPtr<c_void>,
}

// SAFETY: the page is read by atomic loads, and what it shows is exchanged by the kernel at once.
unsafe impl Send for Window {}
// SAFETY: as above.
unsafe impl Sync for Window {}

impl Window {
    /// A window that shows zeros.
    pub(crate) fn new() -> Self {
        let size = rustix::param::page_size();
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing.
        let page = unsafe { mmap_anonymous(ptr::null_mut(), size, ProtFlags::READ, MapFlags::PRIVATE) };
        Self {
            page: page.unwrap_or(ptr::null_mut()),
            #[cfg(feature = "test-window-in-place")]
            place: std::sync::atomic::AtomicPtr::default(),
        }
    }

    /// Where the words of the header are.
    #[cfg(not(feature = "test-window-in-place"))]
    fn words(&self) -> *const AtomicU32 {
        self.page.cast()
    }

    /// The same, in SQLite's own mapping while it is shown.
    #[cfg(feature = "test-window-in-place")]
    fn words(&self) -> *const AtomicU32 {
        let place = self.place.load(Ordering::Acquire);
        if place.is_null() { self.page.cast() } else { place.cast() }
    }

    /// Shows SQLite's own mapping, for programs that refuse a second one, as valgrind does: only for a process that
    /// reads no header while a connection is closed.
    #[cfg(feature = "test-window-in-place")]
    pub(crate) fn show(&self, db: &Connection) -> bool {
        let memory = shared_memory(db);
        self.place.store(memory.unwrap_or(ptr::null_mut()), Ordering::Release);
        memory.is_some()
    }

    /// Shows the shared memory of a connection that has read. Whether that could be done; where not, it shows zeros.
    #[cfg(not(feature = "test-window-in-place"))]
    pub(crate) fn show(&self, db: &Connection) -> bool {
        let size = rustix::param::page_size();
        let Some(memory) = shared_memory(db).filter(|_| !self.page.is_null()) else { return false };
        // SAFETY: an old size of 0 leaves the mapping of the connection as it is and maps its first page, which is
        // shared memory, once more, in the place of the window's own page: nobody else's, and read by atomics only.
        unsafe { mremap_fixed(memory, 0, size, MremapFlags::MAYMOVE, self.page) }.is_ok()
    }

    /// Shows zeros.
    pub(crate) fn hide(&self) {
        #[cfg(feature = "test-window-in-place")]
        self.place.store(ptr::null_mut(), Ordering::Release);
        if self.page.is_null() {
            return;
        }
        let size = rustix::param::page_size();
        let flags = MapFlags::PRIVATE | MapFlags::FIXED;
        // SAFETY: the place of the window's own page, which stays readable.
        let hidden = unsafe { mmap_anonymous(self.page, size, ProtFlags::READ, flags) };
        // A window that goes on to show what is closed would never change again: rather end the process.
        assert!(hidden.is_ok(), "no memory to close a window to a vault");
    }

    /// What it shows now, word by word.
    #[inline]
    pub(crate) fn header(&self) -> Header {
        if self.page.is_null() {
            return Header::default();
        }
        let words = self.words();
        // SAFETY: the page is readable for ever, aligned, longer than the header, and its writers are other
        // processes and SQLite, which store whole aligned words; nothing in this process sees it as anything else.
        // SQLite's own mapping, which a feature for tests shows, is as long as its connection is open, and it is
        // hidden before that is closed: whoever asks for that feature reads no header meanwhile.
        Header(std::array::from_fn(|word| unsafe { (*words.add(word)).load(Ordering::Relaxed) }))
    }

    /// The same, read until two looks agree: not torn. The default where they don't.
    pub(crate) fn settled_header(&self) -> Header {
        const LOOKS: u32 = 100;
        let mut before = self.header();
        for _ in 0..LOOKS {
            fence(Ordering::Acquire);
            let now = self.header();
            if now == before {
                return now;
            }
            before = now;
        }
        Header::default()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if !self.page.is_null() {
            // SAFETY: nobody reads it any more, since its owner is being dropped.
            let _ = unsafe { rustix::mm::munmap(self.page, rustix::param::page_size()) };
        }
    }
}

/// Where a connection has mapped the start of its shared memory.
fn shared_memory(db: &Connection) -> Option<*mut c_void> {
    let file: *mut ffi::sqlite3_file = pointer(db, ffi::SQLITE_FCNTL_FILE_POINTER)?;
    let mut memory: *mut c_void = ptr::null_mut();
    // SAFETY: the file belongs to the open connection, whose thread this is, and so do its methods, which are null
    // only in a file that isn't open. The first region exists once the connection has read; it isn't extended.
    let status = unsafe {
        let methods = (*file).pMethods.as_ref()?;
        methods.xShmMap?(file, 0, REGION, 0, &raw mut memory)
    };
    (status == ffi::SQLITE_OK && !memory.is_null()).then_some(memory.cast())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// A file with a log, and a second connection to it.
    fn pair() -> (tempfile::TempDir, Connection, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let db = Connection::open(&path).unwrap();
        db.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x); INSERT INTO t VALUES (1);").unwrap();
        let other = Connection::open(&path).unwrap();
        other.query_row("SELECT x FROM t", [], |_| Ok(())).unwrap();
        (folder, db, other)
    }

    #[test]
    fn every_commit_changes_the_header_and_nothing_else_does() {
        let (_folder, db, other) = pair();
        let window = Window::new();
        assert!(!window.header().is_cacheable());
        assert!(window.show(&other));
        let mut seen = vec![window.settled_header()];
        assert!(seen[0].is_cacheable(), "{:?}", seen[0]);
        for round in 0..2_000 {
            db.execute("INSERT INTO t VALUES (?1)", [round]).unwrap();
            let header = window.settled_header();
            assert!(header.is_cacheable() && !seen.contains(&header));
            other.query_row("SELECT max(x) FROM t", [], |_| Ok(())).unwrap();
            if round % 100 == 0 {
                db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
            }
            db.execute_batch("BEGIN; INSERT INTO t VALUES (0); ROLLBACK;").unwrap();
            assert_eq!(window.settled_header(), header);
            seen.push(header);
        }
    }

    #[test]
    fn a_hidden_window_shows_zeros_and_a_shown_one_outlives_its_connection() {
        let (_folder, db, other) = pair();
        let window = Window::new();
        assert!(window.show(&other));
        let shown = window.header();
        drop(other);
        assert_eq!(window.header(), shown);
        window.hide();
        assert_eq!(window.header(), Header::default());
        assert!(window.show(&db) && window.header() == shown);
        drop(db);
        window.hide();
    }
}
