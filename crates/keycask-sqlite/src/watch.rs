//! Whether the kernel still has the locks that SQLite believes to hold.
//!
//! One `open` and `close` of a database's file, anywhere in the process, drops every POSIX lock that the process
//! has on it (fcntl(2), "Advisory record locking"). SQLite doesn't notice, other processes no longer see that the
//! file is in use, and what is committed from then on can be lost.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::create::beside;
use crate::inspect::{Identity, identity};
use crate::locks::{self, Held};

const EVERY: Duration = Duration::from_secs(1);
/// The kernel's list is read in pieces, between which it changes: a lock that is missing is looked for again.
const LOOKS: u32 = 30;
const BETWEEN_LOOKS: Duration = Duration::from_millis(3);

/// SQLite's shared range of a database, <https://sqlite.org/src/file/src/os.h>: held while a connection with a
/// write-ahead log is open.
const SHARED: (u64, u64) = (0x4000_0002, 0x4000_0002 + 509);
/// The "dead man's switch" of the shared memory beside it.
const SWITCH: (u64, u64) = (128, 128);

#[derive(Default)]
pub(crate) struct Watch(Mutex<State>);

#[derive(Default)]
enum State {
    /// No connection was looked at.
    #[default]
    New,
    /// The locks of an open connection can't be seen here.
    Blind,
    Seen {
        shared_memory: Identity,
        at: Instant,
    },
}

impl Watch {
    /// Begins anew: there is no connection.
    pub(crate) fn forget(&self) {
        if let Ok(mut state) = self.0.lock() {
            *state = State::New;
        }
    }

    /// Whether the locks are there, as far as that was looked at. A connection must be open.
    pub(crate) fn holds(&self, path: &Path, file: Identity) -> bool {
        // Somebody else is looking.
        let Ok(mut state) = self.0.try_lock() else { return true };
        match &mut *state {
            State::New => {
                *state = first_look(path, file);
                true
            }
            State::Blind => true,
            State::Seen { at, .. } if at.elapsed() < EVERY => true,
            State::Seen { shared_memory, at } => {
                *at = Instant::now();
                still_held(path, file, *shared_memory)
            }
        }
    }
}

fn first_look(path: &Path, file: Identity) -> State {
    match identity(&beside(path, "-shm")) {
        Ok(memory) if are_held(file, memory) == Some(true) => {
            State::Seen { shared_memory: memory, at: Instant::now() }
        }
        _ => {
            log::info!(
                target: "keycask::locks",
                "/proc/locks doesn't show the locks on {}: their loss can't be noticed here",
                path.display()
            );
            State::Blind
        }
    }
}

fn still_held(path: &Path, file: Identity, memory: Identity) -> bool {
    if identity(&beside(path, "-shm")).ok() != Some(memory) {
        return false;
    }
    for look in 0..LOOKS {
        if look > 0 {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        if are_held(file, memory) != Some(false) {
            return true;
        }
    }
    false
}

/// `None` where the kernel doesn't say.
fn are_held(file: Identity, memory: Identity) -> Option<bool> {
    let held = locks::ours()?;
    let covers = |file: Identity, range| held.iter().any(|lock: &Held| lock.covers(file, range));
    Some(covers(file, SHARED) && covers(memory, SWITCH))
}
