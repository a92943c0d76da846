//! What keys take: time to make, bytes of the file, bytes of memory.

use keycask::{Request, UseMode};

use super::Bench;
use super::deck::{Deck, verify};
use super::rounds::number;
use super::row::{Limit, Row, Unit};
use crate::failure::Failure;

pub(super) fn sizes(bench: &Bench) -> Vec<Row> {
    let deck = &bench.largest;
    let keys = f64::from(deck.keys);
    let speed = keys / deck.took.as_secs_f64();
    let about = |what| format!("{what}, {} keys", deck.keys);
    let on_disk = number(deck.file_bytes) / keys;
    vec![
        Row::alone(
            "build",
            about("create a vault, policy and audit included"),
            Unit::PerSecond,
            speed,
            Limit::None,
        ),
        Row::alone("file_bytes", about("file, a key with its event"), Unit::Bytes, on_disk, Limit::None),
        Row::alone(
            "memory_bytes",
            about("memory, a key that is remembered"),
            Unit::Bytes,
            bench.remembered,
            Limit::None,
        ),
    ]
}

/// What the process grows by, for each key that is verified for the first time: to be asked while it has no memory
/// left over from other work.
pub(super) fn remembered(deck: &Deck) -> Result<f64, Failure> {
    let vault = deck.open(UseMode::Off)?;
    let secrets = &deck.secrets;
    let request = Request::new();
    verify(&vault, &secrets[..1], &request)?;
    let before = resident()?;
    verify(&vault, secrets, &request)?;
    Ok((resident()? - before) / number(secrets.len() as u64))
}

/// The bytes of this process that are in memory.
fn resident() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|error| Failure::io("read /proc/self/status", &error))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.map(|kib| kib * 1024.0).ok_or_else(|| Failure::not_found("/proc/self/status has no VmRSS"))
}
