//! Eight processes that call every verb at once: none is turned away, the log stays bounded, and each use is counted.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Place, Role};
use crate::common::{Choices, role, scaled, seed};

const NAME: &str = "load::eight_processes_are_served_and_each_use_is_counted";
const PROCESSES: usize = 8;
const SECONDS: u32 = 60;
/// 16 MiB, and what one batch adds before somebody looks.
const LONGEST_LOG: u64 = 18 << 20;

fn seconds() -> Duration {
    let told = std::env::var("KEYCASK_LOAD_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(told.unwrap_or(scaled(SECONDS)).into())
}

/// Works until the time is over, and closes the vault in good order.
fn work(told: &str) {
    let mut worker = Role::parse(told).worker();
    let began = Instant::now();
    let mut steps = 0;
    while began.elapsed() < seconds() {
        worker.step().unwrap_or_else(|error| panic!("{}: {error}", error.kind().as_str()));
        steps += 1;
    }
    worker.reopen().unwrap();
    println!("steps {steps}");
}

/// The longest that the log was.
fn watch_log(vault: &Path, stop: &AtomicBool) -> u64 {
    let log = format!("{}-wal", vault.display());
    let mut longest = 0;
    while !stop.load(Ordering::Relaxed) {
        longest = std::fs::metadata(&log).map_or(longest, |file| longest.max(file.len()));
        std::thread::sleep(Duration::from_millis(5));
    }
    longest
}

#[test]
fn eight_processes_are_served_and_each_use_is_counted() {
    if let Some(told) = role() {
        return work(&told);
    }
    let seed = seed();
    let mut choices = Choices::new(seed);
    let place = Place::with_vault();
    let stop = AtomicBool::new(false);
    let longest = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch_log(&place.vault(), &stop));
        let roles = (0..PROCESSES).map(|n| Role::new(&place, format!("w{n}"), &mut choices, false));
        let workers: Vec<_> = roles.map(|role| role.start(NAME)).collect();
        for worker in workers {
            let output = worker.wait_with_output().unwrap();
            assert!(output.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&output.stdout));
        }
        stop.store(true, Ordering::Relaxed);
        watcher.join().unwrap()
    });
    let journal = place.journal();
    println!("{} verbs, the log was {longest} bytes at most", journal.attempts.len());
    assert!(longest <= LONGEST_LOG, "the log grew to {longest} bytes");
    place.judge(&format!("seed {seed}"));
}
