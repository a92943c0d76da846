//! The handlers that `fork` runs.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{gate, wiped};
use crate::connections;

/// Readers that take longer than this are interrupted; writers are waited for.
const BEFORE_INTERRUPT: Duration = Duration::from_millis(50);
/// A fork never hangs: after this it goes on, and its child is refused.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the child of the fork under way may use SQLite.
static CLEAN: AtomicBool = AtomicBool::new(false);

/// Registers the handlers, once in a process and its children.
pub(super) fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        wiped::mark();
        // SAFETY: the handlers are functions of this library, which stays loaded: it exports nothing that closes it,
        // and the C library drops the handlers of one that is unloaded all the same. They don't unwind: what they
        // call doesn't panic, and a panic at an `extern "C"` boundary aborts.
        let failed = unsafe { pthread_atfork(Some(prepare), Some(parent), Some(child)) };
        if failed != 0 {
            log::warn!(target: "keycask::fork", "no room for fork handlers: children must not use the vault");
        }
    });
}

unsafe extern "C" {
    /// <https://pubs.opengroup.org/onlinepubs/9799919799/functions/pthread_atfork.html>
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> std::ffi::c_int;
}

extern "C" fn prepare() {
    let quiet = gate::close(PATIENCE, |waited| {
        if waited >= BEFORE_INTERRUPT {
            connections::interrupt_readers();
        }
    });
    let closed = connections::close_idle();
    // Forked from within a call, such as a progress callback, the child has that call's connection.
    CLEAN.store(quiet && closed && !gate::is_inside() && !wiped::is_wiped(), Ordering::SeqCst);
}

extern "C" fn parent() {
    gate::open();
}

extern "C" fn child() {
    if CLEAN.load(Ordering::SeqCst) {
        wiped::renew();
    }
    super::GENERATION.fetch_add(1, Ordering::SeqCst);
    gate::open_alone();
}
