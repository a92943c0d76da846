//! Threads of the library, and its end with the process.

use std::io;
use std::sync::OnceLock;
use std::thread::{Builder, JoinHandle};

use crate::fork;

/// Starts a thread that gets no signal of the process: those are for the threads of the program.
pub fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let blocked = Blocked::all();
    let handle = Builder::new().name(name.to_owned()).spawn(run);
    drop(blocked);
    handle
}

/// The signals of this thread, blocked until it is dropped. A new thread inherits what is blocked.
struct Blocked(libc::sigset_t);

impl Blocked {
    fn all() -> Option<Self> {
        // SAFETY: a signal set is an array of integers, of which all zero is a value.
        let (mut every, mut before): (libc::sigset_t, libc::sigset_t) = unsafe { std::mem::zeroed() };
        // SAFETY: both sets are valid for writes and live for the calls.
        let failed = unsafe {
            libc::sigfillset(&raw mut every) != 0
                || libc::pthread_sigmask(libc::SIG_SETMASK, &raw const every, &raw mut before) != 0
        };
        (!failed).then_some(Self(before))
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: the set is what the same call gave, and nothing is asked back.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut()) };
    }
}

static LAST_WORK: OnceLock<fn()> = OnceLock::new();

/// Has `work` called when the process exits by `exit` or by returning from `main`; the first call counts.
///
/// It is not called where the thread that exits is inside of SQLite, and not in a copy of the process that can't use
/// it.
pub fn at_exit(work: fn()) {
    if LAST_WORK.set(work).is_ok() {
        // SAFETY: the handler is a function of this library, and the C library drops the handlers of one that is
        // unloaded. It doesn't unwind into C: a panic at an `extern "C"` boundary aborts.
        let failed = unsafe { libc::atexit(run_last_work) };
        if failed != 0 {
            log::warn!(target: "keycask::exit", "no room for a handler: close each vault before the process exits");
        }
    }
}

extern "C" fn run_last_work() {
    if let Some(work) = LAST_WORK.get()
        && fork::is_usable()
        && !fork::is_inside()
    {
        work();
    }
}
