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

enum State {
    /// The locks of an open connection were never seen, though looked for.
    Unseen {
        looks: u32,
        at: Option<Instant>,
    },
    /// They can't be seen here.
    Blind,
    Seen {
        shared_memory: Identity,
        at: Instant,
    },
}

impl Default for State {
    fn default() -> Self {
        Self::Unseen { looks: 0, at: None }
    }
}

impl Watch {
    /// Begins anew: there is no connection.
    pub(crate) fn forget(&self) {
        if let Ok(mut state) = self.0.lock() {
            *state = State::default();
        }
    }

    /// Whether the locks are there, as far as that was looked at. A connection must be open.
    pub(crate) fn holds(&self, path: &Path, file: Identity) -> bool {
        // Somebody else is looking.
        let Ok(mut state) = self.0.try_lock() else { return true };
        state.holds(path, |memory| are_held(file, memory))
    }
}

impl State {
    /// `held` looks whether the locks on the file and on its shared memory are there; `None` where that can't be said.
    fn holds(&mut self, path: &Path, held: impl Fn(Identity) -> Option<bool>) -> bool {
        match self {
            Self::Blind => true,
            Self::Unseen { at: Some(at), .. } if at.elapsed() < BETWEEN_LOOKS => true,
            Self::Seen { at, .. } if at.elapsed() < EVERY => true,
            Self::Unseen { looks, .. } => {
                *self = Self::looked_for(path, *looks + 1, held);
                true
            }
            Self::Seen { shared_memory, at } => {
                *at = Instant::now();
                still_held(path, *shared_memory, held)
            }
        }
    }

    fn looked_for(path: &Path, looks: u32, held: impl Fn(Identity) -> Option<bool>) -> Self {
        let at = Instant::now();
        let memory = identity(&beside(path, "-shm")).ok();
        match memory.filter(|memory| held(*memory) == Some(true)) {
            Some(shared_memory) => Self::Seen { shared_memory, at },
            None if looks < LOOKS => Self::Unseen { looks, at: Some(at) },
            None => {
                log::info!(
                    target: "keycask::locks",
                    "/proc/locks doesn't show the locks on {}: their loss can't be noticed here",
                    path.display()
                );
                Self::Blind
            }
        }
    }
}

fn still_held(path: &Path, memory: Identity, held: impl Fn(Identity) -> Option<bool>) -> bool {
    if identity(&beside(path, "-shm")).ok() != Some(memory) {
        return false;
    }
    for look in 0..LOOKS {
        if look > 0 {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        if held(memory) != Some(false) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn later() {
        std::thread::sleep(BETWEEN_LOOKS);
    }

    /// The kernel's list lacked a lock when it was first read: a handle that took this for good noticed nothing.
    #[test]
    fn a_lock_that_the_first_look_missed_is_watched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.db");
        std::fs::write(beside(&path, "-shm"), "").unwrap();
        let mut state = State::default();
        for held in [Some(false), None, Some(true)] {
            assert!(state.holds(&path, |_| held));
            later();
        }
        let State::Seen { at, .. } = &mut state else { panic!("not seen") };
        *at -= EVERY;
        assert!(!state.holds(&path, |_| Some(false)), "the loss went unnoticed");
    }

    #[test]
    fn locks_that_are_never_seen_are_looked_for_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.db");
        let mut state = State::default();
        for _ in 0..LOOKS {
            assert!(state.holds(&path, |_| None));
            later();
        }
        assert!(state.holds(&path, |_| panic!("looked again")));
    }
}
