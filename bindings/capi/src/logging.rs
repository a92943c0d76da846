//! What happens, told to a function of the caller's.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use log::{LevelFilter, Log, Metadata, Record};

use crate::error::{Failure, keycask_error};
use crate::guard::guard;
use crate::status::{KEYCASK_CONFLICT, KEYCASK_OK, keycask_status};
use crate::text::c_string;

/// A handle that gives up.
pub const KEYCASK_LOG_ERROR: i32 = 1;
/// Refused openings, steps back of the clock.
pub const KEYCASK_LOG_WARN: i32 = 2;
/// Openings and changes.
pub const KEYCASK_LOG_INFO: i32 = 3;
/// Refusals of known keys.
pub const KEYCASK_LOG_DEBUG: i32 = 4;
/// Everything.
pub const KEYCASK_LOG_TRACE: i32 = 5;

/// What is told of what happens: a KEYCASK_LOG_ level, a target that begins with `keycask::`, and a line of
/// text, borrowed for the call. It tells kinds, ids and paths, and never a secret, an owner, an actor or a
/// note.
///
/// It is called from any thread, from several at once, and with a lock of keycask's held that a fork waits
/// for. So it must not fork, nor wait for a thread that does, nor call keycask, nor leave by longjmp or an
/// exception.
pub type keycask_log_callback = Option<
    unsafe extern "C" fn(level: i32, target: *const c_char, message: *const c_char, user_data: *mut c_void),
>;

/// Where to tell.
struct Listener {
    tell: keycask_log_callback,
    user_data: *mut c_void,
    /// The one before, which is never freed: another thread may be calling it.
    _before: *mut Listener,
}

/// Lock-free, so that a fork between two threads' lines leaves nothing locked in the child.
static LISTENER: AtomicPtr<Listener> = AtomicPtr::new(null_mut());

struct ToListener;

impl Log for ToListener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        // SAFETY: a listener is never freed.
        let listener = unsafe { LISTENER.load(Ordering::Acquire).as_ref() };
        let Some((listener, tell)) = listener.and_then(|listener| Some((listener, listener.tell?))) else {
            return;
        };
        let (target, message) = (c_string(record.target()), c_string(&record.args().to_string()));
        // SAFETY: a function of the caller's, of this type, with its own data.
        unsafe {
            tell(record.level() as i32, target.as_ptr(), message.as_ptr(), listener.user_data);
        };
    }

    fn flush(&self) {}
}

/// Has what happens told to `callback`, up to `max_level`, in this whole process; a NULL callback tells
/// nobody. `user_data` is handed to it as it is.
///
/// A call on another thread that began before may still be running when this returns, and `user_data` must
/// outlive it. Call it seldom: each call keeps a few bytes for ever.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_set_log(
    callback: keycask_log_callback,
    user_data: *mut c_void,
    max_level: i32,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let level = level(max_level)?;
        install()?;
        let before = LISTENER.load(Ordering::Acquire);
        let listener = Box::new(Listener { tell: callback, user_data, _before: before });
        LISTENER.store(Box::into_raw(listener), Ordering::Release);
        log::set_max_level(if callback.is_some() { level } else { LevelFilter::Off });
        Ok(KEYCASK_OK)
    })
}

fn level(number: i32) -> Result<LevelFilter, Failure> {
    let place = usize::try_from(number).ok().filter(|number| *number > 0);
    let level = place.and_then(|place| LevelFilter::iter().nth(place));
    level.ok_or_else(|| Failure::invalid(format!("max_level: {number} is none")))
}

fn install() -> Result<(), Failure> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    if *INSTALLED.get_or_init(|| log::set_logger(&ToListener).is_ok()) {
        return Ok(());
    }
    Err(Failure::new(KEYCASK_CONFLICT, "set the log: this process has another already"))
}
