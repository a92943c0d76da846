//! Measures what others cost: `contention revoke` revokes keys while 32 processes verify; `contention flood` verifies
//! valid keys beside a thread that presents what is no key, and beside one that presents valid ones.
//!
//! ```text
//! cargo run --release -p keycask --example contention -- revoke
//! cargo run --release -p keycask --example contention -- flood
//! ```

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement ends where it can't go on")]

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use keycask::{Actor, ErrorKind, NewKey, Request, RevocationReason, Vault};
use tempfile::TempDir;

const PROCESSES: usize = 32;
const REVOCATIONS: usize = 100;
const VERIFIES: usize = 200_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["revoke"] => revoke(),
        ["flood"] => flood(),
        ["verify", path, secret] => verify_for_ever(path, secret),
        _ => println!("contention revoke | flood"),
    }
}

fn home() -> (TempDir, Vault) {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let vault = Vault::create(folder.path().join("keys.db")).unwrap();
    (folder, vault)
}

fn create(vault: &Vault) -> keycask::Issued {
    vault.create_key(NewKey::new("acme_live").owner("acct_42"), &alice()).unwrap()
}

fn alice() -> Actor {
    Actor::new("alice").unwrap()
}

fn verify_for_ever(path: &str, secret: &str) {
    let vault = Vault::open(path).unwrap();
    println!("ready");
    while vault.verify(secret, &Request::new()).is_ok() {}
}

fn revoke() {
    let (_folder, vault) = home();
    let known = create(&vault);
    let mut others: Vec<Child> = (0..PROCESSES)
        .map(|_| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.arg("verify").arg(vault.path()).arg(known.secret().expose()).stdout(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    std::thread::sleep(Duration::from_secs(2));
    let keys: Vec<_> = (0..REVOCATIONS).map(|_| create(&vault)).collect();
    let mut busy = 0;
    let mut times: Vec<Duration> = Vec::new();
    for key in &keys {
        let began = Instant::now();
        match vault.revoke(key.key().id(), RevocationReason::Compromised, &alice()) {
            Ok(_) => times.push(began.elapsed()),
            Err(error) if error.kind() == ErrorKind::Busy => busy += 1,
            Err(error) => panic!("{error}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    for other in &mut others {
        other.kill().unwrap();
        other.wait().unwrap();
    }
    let (_, wal) = (vault.stats().unwrap().file_bytes(), vault.stats().unwrap().wal_bytes());
    let told = percentiles(&mut times);
    println!("revoke beside {PROCESSES} processes that verify: {told}, {busy} busy, {wal} bytes of log");
}

fn flood() {
    let (_folder, vault) = home();
    let known = create(&vault);
    let other = create(&vault);
    let valid = |_: usize| other.secret().expose().to_owned();
    let stranger = |number: usize| format!("acme_live_{number:043}000000");
    let beside_valid = times_beside(&vault, known.secret().expose(), &valid);
    vault.flush().unwrap();
    let beside_strangers = times_beside(&vault, known.secret().expose(), &stranger);
    let [one, two] = [beside_valid, beside_strangers].map(|mut times| {
        println!("{}", percentiles(&mut times));
        times[times.len() * 99 / 100].as_secs_f64()
    });
    println!("valid keys beside strangers, p99 as a ratio to that beside valid ones: {:.2}", two / one);
}

/// How long each verify took while another thread presents what `flood` gives it.
fn times_beside(vault: &Vault, secret: &str, flood: &(impl Fn(usize) -> String + Sync)) -> Vec<Duration> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let flooding = scope.spawn(|| {
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                let _ = vault.verify(flood(number), &Request::new()).unwrap();
                number += 1;
            }
            number
        });
        let times = (0..VERIFIES).map(|_| {
            let began = Instant::now();
            let _ = vault.verify(secret, &Request::new()).unwrap();
            began.elapsed()
        });
        let times = times.collect();
        stop.store(true, Ordering::Relaxed);
        println!("the other thread presented {}", flooding.join().unwrap());
        times
    })
}

fn percentiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 1000).min(times.len() - 1)];
    format!("p50 {:?}, p99 {:?}, longest {:?}", at(500), at(990), at(1000))
}
