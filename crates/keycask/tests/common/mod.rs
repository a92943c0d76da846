//! What several test files share.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "each test file uses its own part"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use keycask::{Actor, Issued, Key, KeyFilter, NewKey, Request, Vault};
use tempfile::TempDir;

pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(86_400);
pub const MS: Duration = Duration::from_millis(1);

/// A vault in a folder of its own.
pub struct Home {
    pub folder: TempDir,
    pub vault: Vault,
}

impl Home {
    pub fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap())
    }

    /// On a file system in memory, where a commit costs no disk: for tests of many thousand commits.
    pub fn in_memory() -> Self {
        Self::in_folder(tempfile::tempdir_in("/dev/shm").unwrap())
    }

    fn in_folder(folder: TempDir) -> Self {
        let vault = Vault::create(folder.path().join("keys.db")).unwrap();
        Self { folder, vault }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("keys.db")
    }

    pub fn create(&self, owner: &str) -> Issued {
        self.vault.create_key(NewKey::new("acme_live").owner(owner), &alice()).unwrap()
    }

    pub fn create_at(&self, key: NewKey, now: SystemTime) -> Issued {
        self.vault.create_key_at(key, &alice(), now).unwrap()
    }

    /// The outcome of a plain verify that leaves no event.
    pub fn outcome(&self, issued: &Issued) -> &'static str {
        let verdict = self.vault.verify(issued.secret().expose(), &Request::new().no_event()).unwrap();
        verdict.outcome().as_str()
    }

    pub fn outcome_at(&self, issued: &Issued, now: SystemTime) -> &'static str {
        let request = Request::new().no_event();
        self.vault.verify_at(issued.secret().expose(), &request, now).unwrap().outcome().as_str()
    }

    pub fn key(&self, issued: &Issued) -> Key {
        self.vault.key(issued.key().id()).unwrap()
    }

    pub fn keys(&self) -> Vec<Key> {
        self.vault.keys(KeyFilter::new()).unwrap().map(Result::unwrap).collect()
    }

    /// Everything that the vault's verbs can tell, as text: to see that a refused change left no trace.
    pub fn content(&self) -> String {
        let changes = self.vault.changes(keycask::ChangeFilter::new()).unwrap();
        let uses = self.vault.uses(keycask::UseFilter::new()).unwrap();
        format!(
            "{:?}\n{:?}\n{:?}\n{:?}",
            self.keys(),
            changes.map(Result::unwrap).collect::<Vec<_>>(),
            uses.map(Result::unwrap).collect::<Vec<_>>(),
            self.vault.policy().unwrap(),
        )
    }

    /// The kinds of the changes of one key, oldest first.
    pub fn history(&self, issued: &Issued) -> Vec<&'static str> {
        let filter = keycask::ChangeFilter::new().key(issued.key().id());
        self.vault.changes(filter).unwrap().map(|change| change.unwrap().kind().as_str()).collect()
    }
}

pub fn alice() -> Actor {
    Actor::new("alice").unwrap()
}

/// A fixed time of tests: 2027-01-15T08:00:00Z.
pub fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// This test program again, running one test of it in a role of its own.
pub fn this_test(name: &str, role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env("KEYCASK_TEST_ROLE", role);
    command
}

/// The role that this process was started in by [`this_test`].
pub fn role() -> Option<String> {
    std::env::var("KEYCASK_TEST_ROLE").ok()
}

/// A small generator of test choices (splitmix64), seeded so that a failure can be run again.
pub struct Choices(u64);

impl Choices {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }
}

/// The seed of a test's choices, told so that a failure can be run again.
pub fn seed() -> u64 {
    let seed = std::env::var("KEYCASK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed);
    println!("seed {seed} (set KEYCASK_SEED to repeat another)");
    seed
}

/// `rounds`, or as many times more as `KEYCASK_SCALE` says: for the long runs.
pub fn scaled(rounds: u32) -> u32 {
    let scale = std::env::var("KEYCASK_SCALE").ok().and_then(|scale| scale.parse().ok());
    rounds * scale.unwrap_or(1)
}

/// What a torture test goes through: few rounds, or all that are promised, where `KEYCASK_FAULTS` says `all`.
pub fn rounds<T>(few: T, all: T) -> T {
    if std::env::var("KEYCASK_FAULTS").is_ok_and(|wanted| wanted == "all") { all } else { few }
}

/// Runs a process made by [`this_test`] and sees that it ran its one test, and that it passed.
pub fn run_role(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("1 passed"), "{command:?}: {told}{failed}");
}

/// The bytes of a file, read by another process: closing a descriptor in this one would drop SQLite's locks.
pub fn bytes_of(path: &Path) -> Vec<u8> {
    let output = Command::new("cat").arg(path).stderr(Stdio::null()).output().unwrap();
    output.stdout
}

/// The names and contents of a folder.
pub fn folder_content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), bytes_of(&path)))
        .collect();
    files.sort();
    files
}
