//! Keeps SQLite whole across `fork`.
//!
//! A child that inherits an open connection also inherits SQLite's belief that the process holds the locks, which
//! belong to the parent: its own new connections take none, and what it is told was written gets lost. So no
//! connection is open at the moment of a fork, and no thread is inside SQLite:
//!
//! - Whoever uses SQLite holds a [`Pass`].
//! - The prepare handler (`pthread_atfork`) stops new passes, waits for those that are held, interrupts the readers
//!   among them that take long, and closes every idle connection.
//! - Afterwards both sides open connections again as they need them. The handler of the child stores into atomics
//!   only: threads that are gone may hold any lock but those under a pass.
//!
//! A copy of the process that ran no handlers, such as one by a raw `clone`, is recognised by a word in a page
//! that the kernel wipes at a fork (`MADV_WIPEONFORK`), and gets no pass.

mod gate;
#[cfg(not(feature = "test-no-fork-handlers"))]
mod handlers;
mod wiped;

pub use gate::{Pass, is_awaited};

use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::OpenError;

/// Forks between the process that loaded this library and this one: what a thread that is gone could hold is of an
/// earlier generation.
#[must_use]
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Whether this thread is inside SQLite.
pub(crate) fn is_inside() -> bool {
    gate::is_inside()
}

/// Whether this process may use SQLite, and what it remembers: not a copy that ran no handlers.
#[must_use]
pub fn is_usable() -> bool {
    !wiped::is_wiped()
}

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Lets the caller use SQLite until the pass is dropped; waits while a fork is under way.
///
/// # Errors
///
/// [`OpenError::RawCopy`] in a copy of a process that can't use SQLite safely.
pub fn enter() -> Result<Pass, OpenError> {
    #[cfg(not(feature = "test-no-fork-handlers"))]
    handlers::register();
    if wiped::is_wiped() { Err(OpenError::RawCopy) } else { Ok(gate::enter()) }
}
