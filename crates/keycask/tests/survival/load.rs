//! Eight processes that call every verb at once: none is turned away, the log stays bounded, each use is counted, and
//! no process grows.

use std::fmt::Debug;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Place, Role};
use crate::common::{Choices, role, rounds, seed};

const NAME: &str = "load::eight_processes_are_served_and_each_use_is_counted";
const PROCESSES: usize = 8;
/// How long each process works between two looks at what it holds.
const A_LOOK: Duration = Duration::from_millis(500);
/// 16 MiB, and what eight processes write at once before they look.
const LONGEST_LOG: u64 = 18 << 20;

fn seconds() -> Duration {
    Duration::from_secs(rounds(60, 1_800))
}

/// What a process holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    kib: u64,
    descriptors: usize,
    threads: usize,
}

impl Held {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kib = kib.trim().trim_end_matches(" kB").parse().unwrap();
        let entries = |folder| std::fs::read_dir(folder).unwrap().count();
        Self { kib, descriptors: entries("/proc/self/fd"), threads: entries("/proc/self/task") }
    }

    /// The middle of each figure.
    fn middle(held: &[Self]) -> Self {
        fn middle<T: Ord + Copy>(held: &[Held], figure: impl Fn(&Held) -> T) -> T {
            let mut figures: Vec<T> = held.iter().map(figure).collect();
            figures.sort_unstable();
            figures[figures.len() / 2]
        }
        Self {
            kib: middle(held, |held| held.kib),
            descriptors: middle(held, |held| held.descriptors),
            threads: middle(held, |held| held.threads),
        }
    }
}

/// The second quarter, in which most is open and every memory is full, beside the last one. What is opened once and
/// late is no growth.
fn has_grown(held: &[Held]) -> Option<impl Debug> {
    let quarter = held.len() / 4;
    let (early, late) = (Held::middle(&held[quarter..2 * quarter]), Held::middle(&held[3 * quarter..]));
    let has_grown = late.kib > early.kib + early.kib / 10 + 2048
        || late.descriptors > early.descriptors + 4
        || late.threads > early.threads + 1;
    has_grown.then_some((early, late))
}

#[test]
fn growth_is_noticed() {
    let flat = vec![Held { kib: 20_000, descriptors: 9, threads: 3 }; 40];
    assert!(has_grown(&flat).is_none());
    let leaks: [fn(usize, &mut Held); 3] = [
        |n, held| held.kib += 300 * n as u64,
        |n, held| held.descriptors += n / 4,
        |n, held| held.threads += n / 8,
    ];
    for leak in leaks {
        let mut grown = flat.clone();
        grown.iter_mut().enumerate().for_each(|(n, held)| leak(n, held));
        assert!(has_grown(&grown).is_some(), "{:?}", grown.last());
    }
}

/// Works until the time is over, and closes the vault in good order.
fn work(told: &str) {
    let mut worker = Role::parse(told).worker();
    let began = Instant::now();
    let (mut steps, mut held) = (0, Vec::new());
    while began.elapsed() < seconds() {
        worker.step().unwrap_or_else(|error| panic!("{}: {error}", error.kind().as_str()));
        steps += 1;
        if began.elapsed() >= A_LOOK * u32::try_from(held.len()).unwrap() {
            held.push(Held::now());
        }
    }
    println!("{steps} steps, at last {:?}", held.last());
    assert!(has_grown(&held).is_none(), "from its second quarter to its last: {:?}", has_grown(&held));
    worker.reopen().unwrap();
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
    let (longest, ends) = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch_log(&place.vault(), &stop));
        let roles = (0..PROCESSES).map(|n| Role::new(&place, format!("w{n}"), &mut choices, false));
        let workers: Vec<_> = roles.map(|role| role.start(NAME)).collect();
        let ends: Vec<_> = workers.into_iter().map(|worker| worker.wait_with_output().unwrap()).collect();
        stop.store(true, Ordering::Relaxed);
        (watcher.join().unwrap(), ends)
    });
    for end in ends {
        let told = String::from_utf8_lossy(&end.stdout);
        assert!(end.status.success(), "seed {seed}: {told}");
        println!("{}", told.lines().find(|line| line.contains(" steps, ")).unwrap_or_default());
    }
    let journal = place.journal();
    println!("{} verbs, the log was {longest} bytes at most", journal.attempts.len());
    assert!(longest <= LONGEST_LOG, "the log grew to {longest} bytes");
    place.judge(&format!("seed {seed}"));
}
