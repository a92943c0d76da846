//! How long writes wait for a prune: `cargo run --release -p keycask --example prune_load [USES] [FOLDER]`.
//!
//! One thread prunes USES events while another creates keys; the longest and the 99th percentile of its waits
//! are printed, with and without the prune.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use keycask::{Actor, NewKey, Request, Vault};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let uses: u32 = arguments.next().as_deref().unwrap_or("200000").parse()?;
    let folder = tempfile::tempdir_in(arguments.next().as_deref().unwrap_or("/dev/shm"))?;
    let path = folder.path().join("keys.db");
    let vault = Vault::create(&path)?;
    let actor = Actor::new("alice")?;
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let issued = vault.create_key_at(NewKey::new("acme_live"), &actor, start)?;
    for n in 0..uses {
        let now = start + Duration::from_millis(u64::from(n));
        let _ = vault.verify_at(issued.secret().expose(), &Request::new(), now)?;
    }
    let calm = writes(&path, &actor, || {
        std::thread::sleep(Duration::from_secs(2));
        Ok(())
    })?;
    print("without a prune", calm);
    let mut pruned = 0;
    let loaded = writes(&path, &actor, || {
        pruned = vault.prune(&actor)?;
        Ok(())
    })?;
    print(&format!("while {pruned} uses were pruned"), loaded);
    Ok(())
}

/// The waits of a thread that creates keys for as long as `work` takes.
fn writes(
    path: &Path,
    actor: &Actor,
    work: impl FnOnce() -> keycask::Result<()>,
) -> keycask::Result<Vec<Duration>> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let vault = Vault::open(path)?;
            let mut waits = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let begin = Instant::now();
                vault.create_key(NewKey::new("acme_live"), actor)?;
                waits.push(begin.elapsed());
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(waits)
        });
        let worked = work();
        done.store(true, Ordering::Relaxed);
        let waits = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        worked.and(waits)
    })
}

#[allow(clippy::print_stdout, reason = "it measures for people")]
fn print(what: &str, mut waits: Vec<Duration>) {
    waits.sort_unstable();
    let at = |share: usize| waits.get((waits.len() * share / 1000).min(waits.len().saturating_sub(1)));
    println!("{what}: {} writes, p99 {:?}, longest {:?}", waits.len(), at(990), waits.last());
}
