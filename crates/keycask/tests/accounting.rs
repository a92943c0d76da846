//! Guards against uses that vanish: every valid verify is an event or part of a gap that the log of changes tells,
//! however many processes verify and however they end; and what a killed process can lose is bounded and told.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and tells its figures"
)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use common::{Choices, Home, alice, role, scaled, seed, this_test};
use keycask::{ChangeFilter, ChangeKind, Outcome, Request, UseAcknowledgement, UseMode, Vault};

const PROCESSES: usize = 4;
/// `tests/run` runs this test in release as well.
const VERIFIES: u32 = if cfg!(debug_assertions) { 20_000 } else { 250_000 };
/// What `batched` can lose of a killed process: the queue and one batch, and of what found no place, what no event
/// tells of yet: 64, and one a millisecond for the second in which it is told.
const BOUND: u64 = 65_536 + 4_096 + 64 + 1_000;

/// A process of this test in a role, with the vault and a secret on its standard input.
fn start(test: &str, role: &str, path: &Path, secret: &str) -> Child {
    let mut child = this_test(test, role).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.as_mut().unwrap();
    writeln!(input, "{}\n{secret}", path.display()).unwrap();
    child
}

/// What [`start`] was given.
fn given() -> (Vault, String) {
    let mut lines = std::io::stdin().lines();
    let path = PathBuf::from(lines.next().unwrap().unwrap());
    (Vault::open(path).unwrap(), lines.next().unwrap().unwrap())
}

fn verify(vault: &Vault, secret: &str, request: &Request<'_>) {
    assert_eq!(vault.verify(secret, request).unwrap().outcome(), Outcome::Valid);
}

/// Valid verifies that the log of uses has.
fn recorded(vault: &Vault) -> u64 {
    let stats = vault.stats().unwrap();
    stats.verifies().iter().filter(|(outcome, _)| *outcome == Outcome::Valid).map(|(_, count)| count).sum()
}

/// Uses that are told to be missing, and gaps of an unknown size.
fn missing(vault: &Vault) -> (u64, u64) {
    let gaps = vault.changes(ChangeFilter::new().kind(ChangeKind::UsesGap)).unwrap();
    gaps.fold((0, 0), |(known, unknown), gap| {
        let detail: serde_json::Value = serde_json::from_str(&gap.unwrap().detail()).unwrap();
        match detail["count"].as_u64() {
            Some(count) => (known + count, unknown),
            None => (known, unknown + 1),
        }
    })
}

fn assert_whole(vault: &Vault) {
    assert!(vault.verify_logs().unwrap().ok());
    let report = vault.check().unwrap();
    assert!(report.ok(), "{:?}", report.findings());
}

#[test]
fn valid_verifies_are_events_and_gaps_exactly() {
    const NAME: &str = "valid_verifies_are_events_and_gaps_exactly";
    if role().is_some() {
        let (vault, secret) = given();
        let request = Request::new().client_ip([192, 0, 2, 7].into());
        (0..scaled(VERIFIES)).for_each(|_| verify(&vault, &secret, &request));
        return;
    }
    for mode in [UseMode::Each, UseMode::Buckets] {
        let home = Home::in_memory();
        home.vault.update_policy(|policy| policy.use_mode = mode, &alice()).unwrap();
        let issued = home.create("acct_42");
        let began = Instant::now();
        let secret = issued.secret().expose();
        let children: Vec<Child> =
            (0..PROCESSES).map(|_| start(NAME, "verify", &home.path(), secret)).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        let valid = PROCESSES as u64 * u64::from(scaled(VERIFIES));
        let (events, (gaps, unknown)) = (recorded(&home.vault), missing(&home.vault));
        println!(
            "{}: {valid} valid = {events} events + {gaps} in gaps, {:?}",
            mode.as_str(),
            began.elapsed()
        );
        assert_eq!((events + gaps, unknown), (valid, 0));
        assert_eq!(home.vault.usage(issued.key().id()).unwrap().uses(), events);
        assert_whole(&home.vault);
    }
}

/// Tells how many verifies are done, and flushes and tells that too when asked.
fn verify_and_tell() {
    let (vault, secret) = given();
    let mut output = std::io::stdout();
    verify(&vault, &secret, &Request::new());
    let mut done = 1_u64;
    writeln!(output, "\n{done}").unwrap();
    loop {
        for _ in 0..500 {
            verify(&vault, &secret, &Request::new());
        }
        done += 500;
        writeln!(output, "\n{done}").unwrap();
        if role().as_deref() == Some("flush") {
            vault.flush().unwrap();
            writeln!(output, "\nflushed {done}").unwrap();
        }
    }
}

/// Kills a process some time after its first verify. The last number that it told, and the last after a flush.
fn kill_after(mut child: Child, time: Duration) -> (u64, u64) {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line != "1\n" {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0, "the process ended");
    }
    let reader = std::thread::spawn(move || told(output));
    std::thread::sleep(time);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// The last number that a killed process told, and the last that it told after a flush.
fn told(output: BufReader<ChildStdout>) -> (u64, u64) {
    output.lines().map_while(Result::ok).fold((1, 0), |(done, flushed), line| {
        match line.strip_prefix("flushed ") {
            Some(number) => (done, number.parse().unwrap_or(flushed)),
            None => (line.parse().unwrap_or(done), flushed),
        }
    })
}

#[test]
fn a_killed_process_loses_at_most_the_queue_and_a_batch_and_the_next_open_says_so() {
    const NAME: &str = "a_killed_process_loses_at_most_the_queue_and_a_batch_and_the_next_open_says_so";
    if role().is_some() {
        return verify_and_tell();
    }
    let mut choices = Choices::new(seed());
    for round in 0..scaled(10) {
        let home = Home::in_memory();
        let issued = home.create("acct_42");
        let role = if round % 2 == 0 { "flush" } else { "verify" };
        let child = start(NAME, role, &home.path(), issued.secret().expose());
        let (done, flushed) = kill_after(child, Duration::from_millis(choices.below(500) as u64));
        let before = recorded(&home.vault);
        let next = Vault::open(home.path()).unwrap();
        let (gaps, unknown) = missing(&next);
        println!("round {round}: {done} done, {flushed} flushed, {before} recorded, {gaps} in gaps");
        assert!(before + gaps >= flushed, "a use was lost that flush had acknowledged");
        assert!(before + gaps + BOUND >= done, "more is lost than the queue and a batch");
        assert_eq!(unknown, 1, "the loss is not told once");
        drop(next);
        assert_eq!(missing(&Vault::open(home.path()).unwrap()).1, unknown, "the loss is told again");
        assert_whole(&home.vault);
    }
}

#[test]
fn a_strict_use_is_there_when_verify_answers() {
    const NAME: &str = "a_strict_use_is_there_when_verify_answers";
    if role().is_some() {
        return verify_and_tell();
    }
    let mut choices = Choices::new(seed());
    for _ in 0..scaled(3) {
        let home = Home::in_memory();
        home.vault
            .update_policy(|policy| policy.use_acknowledgement = UseAcknowledgement::Strict, &alice())
            .unwrap();
        let issued = home.create("acct_42");
        let child = start(NAME, "verify", &home.path(), issued.secret().expose());
        let (done, _) = kill_after(child, Duration::from_millis(200 + choices.below(300) as u64));
        assert!(recorded(&home.vault) >= done, "{done}");
        assert_whole(&home.vault);
    }
}

#[test]
fn a_process_that_exits_without_closing_writes_what_waits() {
    const NAME: &str = "a_process_that_exits_without_closing_writes_what_waits";
    if role().is_some() {
        let (vault, secret) = given();
        (0..1_000).for_each(|_| verify(&vault, &secret, &Request::new()));
        std::mem::forget(vault);
        std::process::exit(0);
    }
    let home = Home::in_memory();
    let issued = home.create("acct_42");
    let mut child = start(NAME, "exit", &home.path(), issued.secret().expose());
    let mut told = String::new();
    child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(child.wait().unwrap().success(), "{told}");
    let vault = Vault::open(home.path()).unwrap();
    assert_eq!((recorded(&vault), missing(&vault)), (1_000, (0, 0)));
}
