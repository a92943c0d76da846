//! Opens a SQLite file safely: the floor under keycask.
//!
//! SQLite keeps its promises only while nobody opens the file behind its back, only on file systems
//! whose shared memory and locks work, and only with settings that distrust the file. This crate makes
//! those conditions before it hands out a [`rusqlite::Connection`]:
//!
//! - [`DatabaseFile::inspect`] answers what a path holds without changing a byte of it: missing, a folder,
//!   foreign, newer than this library, read-only, or in a place where a write-ahead log can't work.
//! - [`DatabaseFile::connect`] opens it with hardened settings.
//! - [`Handle`] lends connections, closes them before a fork, and notices when the process lost their locks.
//! - [`copy`] makes a consistent copy while others write.
//! - [`Held`] keeps everybody else from a file, to put another one in its place.
//! - [`create`] builds a file under a temporary name and publishes it whole, or not at all.
//!
//! It knows nothing of keys: what the tables mean is the business of the crate above.

mod connect;
mod connections;
mod control;
mod copy;
mod create;
mod error;
#[cfg(feature = "test-faults")]
pub mod faults;
mod filesystem;
mod fork;
mod handle;
mod inspect;
mod locks;
mod observer;
mod precedence;
mod replace;
mod thread;
mod watch;
mod window;

pub use connect::{MINIMUM_SQLITE_VERSION, open_in_memory};
pub use copy::copy;
pub use create::{Permissions, create};
pub use error::OpenError;
pub use fork::{Pass, enter, generation, is_awaited, is_usable};
pub use handle::{Handle, Reader, Turn};
pub use inspect::{DatabaseFile, Format};
pub use observer::Observed;
pub use precedence::Precedence;
pub use replace::{Held, SetAside};
pub use thread::{at_exit, spawn};
pub use window::Header;
