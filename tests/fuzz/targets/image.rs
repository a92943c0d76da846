//! A vault's file and its log with bytes that somebody changed: never a crash, and each call ends with an answer or
//! an error.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use keycask::{Actor, ChangeFilter, KeyFilter, NewKey, Request, Rotation, UseFilter, Vault};

/// A vault that was lived in, as its file and its log were while it was open, and its secrets.
static ORIGIN: LazyLock<([Vec<u8>; 2], Vec<String>)> = LazyLock::new(|| {
    let folder = tempfile::tempdir_in("/dev/shm").expect("a folder");
    let path = folder.path().join("keys.db");
    let vault = Vault::create(&path).expect("a vault");
    let actor = Actor::new("fuzz").expect("an actor");
    let mut secrets = Vec::new();
    for n in 0..12 {
        let key = NewKey::new("acme_live").owner(format!("acct_{n}")).scope("reports:read");
        let issued = vault.create_key(key, &actor).expect("a key");
        secrets.push(issued.secret().expose().to_owned());
        let _ = vault.verify(issued.secret().expose(), &Request::new());
        if n % 3 == 0 {
            let rotated = vault.rotate(issued.key().id(), Rotation::planned(), &actor).expect("a rotation");
            secrets.push(rotated.secret().expose().to_owned());
        }
        if n == 5 {
            // What came before is in the file as well as in the log, what follows in the log alone.
            let copy = folder.path().join("copy.db");
            vault.backup(&copy, &actor).expect("a backup");
        }
    }
    vault.flush().expect("a flush");
    // By another process: closing a descriptor in this one would drop SQLite's locks.
    let read = |path: &Path| std::process::Command::new("cat").arg(path).output().expect("cat").stdout;
    (files(&path).map(|file| read(&file)), secrets)
});

fn files(path: &Path) -> [PathBuf; 2] {
    [path.to_owned(), PathBuf::from(format!("{}-wal", path.display()))]
}

/// Changes the file (0) or the log (1): five bytes are a place and a value; a value of 0 cuts it at one place in 64.
pub fn run(which: usize, edits: &[u8]) {
    let (origin, secrets) = &*ORIGIN;
    let mut left = origin.clone();
    for edit in edits.chunks_exact(5).take(64) {
        let file = &mut left[which];
        let place = u32::from_le_bytes([edit[0], edit[1], edit[2], edit[3]]) as usize;
        if file.is_empty() {
            break;
        }
        let place = place % file.len();
        if edit[4] == 0 && place % 64 == 1 {
            file.truncate(place);
        } else {
            file[place] ^= edit[4];
        }
    }
    let folder = tempfile::tempdir_in("/dev/shm").expect("a folder");
    let path = folder.path().join("keys.db");
    files(&path).iter().zip(&left).for_each(|(file, bytes)| std::fs::write(file, bytes).expect("a file"));
    let _ = look(&path, secrets);
}

fn look(path: &Path, secrets: &[String]) -> keycask::Result<()> {
    let vault = Vault::open(path)?;
    for secret in secrets {
        let _ = vault.verify(secret, &Request::new())?;
    }
    for key in vault.keys(KeyFilter::new())?.take(50) {
        let _ = vault.lineage(key?.id())?;
    }
    vault.changes(ChangeFilter::new())?.take(200).try_for_each(|change| change.map(drop))?;
    vault.uses(UseFilter::new())?.take(200).try_for_each(|event| event.map(drop))?;
    let _ = vault.check_deep(|_| ())?;
    let _ = vault.verify_logs()?;
    vault.create_key(NewKey::new("acme_live"), &Actor::new("fuzz")?)?;
    vault.flush()
}
