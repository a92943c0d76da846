//! Guards against what a process, a disk or the power can do to a vault at the worst moment: what was acknowledged is
//! there afterwards, what was revoked stays revoked, and nothing is half done.
//!
//! A layer between SQLite and the operating system makes the moments (`keycask_sqlite::faults`), a worker calls every
//! verb meanwhile, and one oracle judges what is left. `KEYCASK_FAULTS=all` takes each moment instead of some.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, tells its seed, and copies vaults that nobody has open"
)]

#[path = "../common/mod.rs"]
mod common;
mod errors;
mod killed;
mod migration;
#[path = "../oracle/mod.rs"]
mod oracle;
mod passed;
mod power;

use std::fs::File;
use std::path::{Path, PathBuf};

use common::{Choices, rounds};
use keycask::Vault;
use oracle::journal::{Journal, Scribe};
use oracle::worker::Worker;
use tempfile::TempDir;

/// A place on a file system in memory: a folder for the vault alone, and room beside it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir_in("/dev/shm").unwrap());
        std::fs::create_dir(place.folder()).unwrap();
        place
    }

    /// With a new vault, that is closed.
    fn with_vault() -> Self {
        let place = Self::new();
        drop(Vault::create(place.vault()).unwrap());
        place
    }

    /// With a copy of another one's vault, which nobody has open.
    fn copy_of(other: &Self) -> Self {
        let place = Self::new();
        std::fs::copy(other.vault(), place.vault()).unwrap();
        place
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("vault")
    }

    fn vault(&self) -> PathBuf {
        self.folder().join("keys.db")
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// A worker whose journal is a file.
fn worker(vault: &Path, journal: &Path, seed: u64) -> keycask::Result<Worker> {
    let scribe = Scribe::new("w", File::create(journal).unwrap());
    Ok(Worker::new(oracle::open(vault)?, "w", scribe, Choices::new(seed), true))
}

fn journal(path: &Path) -> Journal {
    Journal::parse(&std::fs::read_to_string(path).unwrap_or_default())
}

/// Each `n`-th of so many moments from 1 on, beginning where chance has it; all of them where that is asked for.
fn moments(count: u64, n: usize, choices: &mut Choices) -> impl Iterator<Item = u64> + use<> {
    let step = rounds(n, 1);
    (1 + choices.below(step) as u64..=count).step_by(step)
}
