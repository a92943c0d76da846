//! A word that the kernel sets to 0 in every child.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

#[cfg(not(feature = "test-no-fork-handlers"))]
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

const WHOLE: u32 = 1;
#[cfg(not(feature = "test-no-fork-handlers"))]
const LENGTH: usize = 4096;

/// Null where the kernel has no such pages: then a copy without handlers isn't noticed.
static WORD: AtomicPtr<AtomicU32> = AtomicPtr::new(ptr::null_mut());

/// Whether this process is a copy in which nobody called [`renew`].
pub(super) fn is_wiped() -> bool {
    word().is_some_and(|word| word.load(Ordering::Relaxed) != WHOLE)
}

/// Declares the process fit.
#[cfg(not(feature = "test-no-fork-handlers"))]
pub(super) fn renew() {
    if let Some(word) = word() {
        word.store(WHOLE, Ordering::Relaxed);
    }
}

/// Makes the word.
#[cfg(not(feature = "test-no-fork-handlers"))]
pub(super) fn mark() {
    let page = anonymous_page();
    if !page.is_null() {
        WORD.store(page.cast(), Ordering::Release);
        renew();
    }
}

fn word() -> Option<&'static AtomicU32> {
    let word = WORD.load(Ordering::Acquire);
    // SAFETY: null, or the start of a page that `mark` mapped readable and writable, never unmaps and that is used
    // as this type only; a page is aligned for it, and zeros are a value of it.
    unsafe { word.as_ref() }
}

#[cfg(not(feature = "test-no-fork-handlers"))]
fn anonymous_page() -> *mut std::ffi::c_void {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new private mapping at an address of the kernel's choice aliases nothing.
    let Ok(page) = (unsafe { mmap_anonymous(ptr::null_mut(), LENGTH, access, MapFlags::PRIVATE) }) else {
        return ptr::null_mut();
    };
    // SAFETY: the page was mapped just now, and nobody else knows it yet.
    unsafe {
        if madvise(page, LENGTH, Advice::LinuxWipeOnFork).is_ok() {
            return page;
        }
        let _ = munmap(page, LENGTH);
    }
    ptr::null_mut()
}
