//! Guards against what wears a vault down from outside: processes that are killed at any time, a disk that is full,
//! bytes that go bad, a clock that jumps, and many who write at once.
//!
//! Workers call every verb meanwhile, and the oracle judges what is left. `KEYCASK_FAULTS=all` takes all rounds.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, tells its seed, and damages vaults that nobody has open"
)]

mod clock;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod full_disk;
mod killed;
mod load;
#[path = "../oracle/mod.rs"]
mod oracle;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::{Choices, this_test};
use keycask::Vault;
use oracle::journal::{Journal, Scribe};
use oracle::worker::Worker;
use tempfile::TempDir;

/// Bytes of keys that a worker's vault remembers: few, so that they are full soon.
const CACHE: u64 = 1 << 20;

/// A folder for the vault alone, and room beside it for journals.
struct Place {
    path: PathBuf,
    /// Deletes it in the end, if it is this process's.
    _owned: Option<TempDir>,
}

impl Place {
    /// On a file system in memory, with a new vault that is closed.
    fn with_vault() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let place = Self { path: folder.path().to_owned(), _owned: Some(folder) };
        std::fs::create_dir(place.folder()).unwrap();
        drop(Vault::create(place.vault()).unwrap());
        place
    }

    /// One of another process.
    fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), _owned: None }
    }

    /// Puts a new vault in the place of what is there.
    fn renew(&self) {
        for entry in self.path.read_dir().unwrap().chain(self.folder().read_dir().unwrap()) {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::remove_file(path).unwrap();
            }
        }
        drop(Vault::create(self.vault()).unwrap());
    }

    fn folder(&self) -> PathBuf {
        self.path.join("vault")
    }

    fn vault(&self) -> PathBuf {
        self.folder().join("keys.db")
    }

    /// What all workers of the place noted so far.
    fn journal(&self) -> Journal {
        let mut whole = Journal::default();
        for entry in std::fs::read_dir(&self.path).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "journal") {
                whole.add(Journal::parse(&std::fs::read_to_string(path).unwrap()));
            }
        }
        whole
    }

    fn judge(&self, told: &str) {
        oracle::check(&self.vault(), &self.journal()).unwrap_or_else(|fault| panic!("{told}: {fault}"));
    }
}

/// What a worker in a process of its own is told.
struct Role {
    name: String,
    seed: u64,
    alone: bool,
    place: PathBuf,
}

impl Role {
    fn new(place: &Place, name: String, choices: &mut Choices, alone: bool) -> Self {
        let seed = choices.below(1 << 30) as u64;
        Self { name, seed, alone, place: place.path.clone() }
    }

    fn start(&self, test: &str) -> Child {
        self.command(test).spawn().unwrap()
    }

    fn command(&self, test: &str) -> Command {
        let told = format!("{} {} {} {}", self.name, self.seed, self.alone, self.place.display());
        let mut command = this_test(test, &told);
        command.stdout(Stdio::piped());
        command
    }

    fn parse(told: &str) -> Self {
        let words: Vec<&str> = told.splitn(4, ' ').collect();
        let [name, seed, alone, place] = words.as_slice() else { panic!("{told}") };
        Self {
            name: (*name).to_owned(),
            seed: seed.parse().unwrap(),
            alone: alone.parse().unwrap(),
            place: place.into(),
        }
    }

    fn worker(&self) -> Worker {
        let journal = self.place.join(format!("{}.journal", self.name));
        let scribe = Scribe::new(&self.name, appending(&journal));
        let vault = oracle::options().cache_size(CACHE).open(self.place.join("vault/keys.db")).unwrap();
        Worker::new(vault, &self.name, scribe, Choices::new(self.seed), self.alone)
    }
}

fn appending(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}
