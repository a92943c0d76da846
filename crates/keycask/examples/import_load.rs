//! What a large import takes: `cargo run --release -p keycask --example import_load [ROWS] [FOLDER]`.
//!
//! It imports ROWS digests from JSON lines while another process creates keys; time, memory, the size of the
//! file, the longest hold of the write lock and the waits of the other process are printed.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it measures for people, and reads no vault but by keycask"
)]

use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use keycask::{Actor, ImportFormat, ImportOptions, NewKey, Request, Vault};
use sha2::{Digest, Sha256};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["write", path] => write(Path::new(path)),
        [rows, folder] => load(rows.parse()?, folder),
        [rows] => load(rows.parse()?, "/dev/shm"),
        _ => load(100_000, "/dev/shm"),
    }
}

fn key(n: u64) -> String {
    format!("legacy.{n}.0123456789abcdefghijABCDEFGHIJ")
}

fn load(rows: u64, folder: &str) -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir_in(folder)?;
    let path = folder.path().join("keys.db");
    let vault = Vault::create(&path)?;
    let mut writer = Command::new(std::env::current_exe()?)
        .args(["write".as_ref(), path.as_os_str()])
        .stdin(Stdio::piped())
        .spawn()?;
    let begin = Instant::now();
    let text = BufReader::new(Lines { n: 0, rows, line: Vec::new() });
    let actor = Actor::new("load")?;
    let report = vault.import_from(text, Some(ImportFormat::JsonLines), &ImportOptions::new(), &actor)?;
    let took = begin.elapsed();
    drop(writer.stdin.take());
    writer.wait()?;
    let last = vault.verify(key(rows - 1), &Request::new())?.outcome();
    println!("{} of {rows} digests imported in {took:.1?}; the last is {last}", report.imported());
    println!("longest hold of the write lock: {:.1?}", report.longest_lock());
    println!("memory at most: {}", peak_memory()?);
    drop(vault);
    println!("file: {} MiB", std::fs::metadata(&path)?.len() >> 20);
    Ok(())
}

/// Creates keys until its input ends, and tells how long each waited.
fn write(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let vault = Vault::open(path)?;
    let actor = Actor::new("writer")?;
    let ended = std::thread::spawn(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let mut waits = Vec::new();
    while !ended.is_finished() {
        let begin = Instant::now();
        vault.create_key(NewKey::new("acme_live"), &actor)?;
        waits.push(begin.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
    waits.sort_unstable();
    let at = |share: usize| waits[(waits.len() * share / 1000).min(waits.len() - 1)];
    println!(
        "{} writes of another process waited {:.1?} (median), {:.1?} (99 %), {:.1?} (longest)",
        waits.len(),
        at(500),
        at(990),
        at(1000)
    );
    Ok(())
}

fn peak_memory() -> Result<String, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().to_owned())
}

/// JSON lines that are made when they are read.
struct Lines {
    n: u64,
    rows: u64,
    line: Vec<u8>,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.line.len() < buffer.len() && self.n < self.rows {
            let n = self.n;
            write!(self.line, "{{\"digest\":\"")?;
            for byte in Sha256::digest(key(n)) {
                write!(self.line, "{byte:02x}")?;
            }
            let owner = n / 3;
            writeln!(
                self.line,
                "\",\"owner\":\"acct_{owner}\",\"name\":\"key {n}\",\"scopes\":[\"reports:read\"]}}"
            )?;
            self.n += 1;
        }
        let taken = buffer.len().min(self.line.len());
        buffer[..taken].copy_from_slice(&self.line[..taken]);
        self.line.drain(..taken);
        Ok(taken)
    }
}
