//! Lets a test make the next call of its thread panic. It is in no library that is shipped.

use std::cell::Cell;

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
}

/// The next call on this thread panics, with a text that must not get out.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_test_panic_next() {
    ARMED.set(true);
}

pub(crate) fn panic_if_armed() {
    assert!(!ARMED.replace(false), "acme_live_secret-of-a-panic");
}
