//! Time: the only module of the command that reads the clock.

use std::time::SystemTime;

/// The time of the machine.
///
/// The core has its own, which absorbs small steps back; the command needs one for `--since 24h` and for
/// the state that a listed key is in.
#[allow(clippy::disallowed_methods, reason = "the one place of the command that reads the clock")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
