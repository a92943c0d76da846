//! Guards against a disk that strangers fill: a million secrets that are no keys leave a few rows.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and tells its figures"
)]

mod common;

use std::time::Instant;

use common::{Choices, Home, alice, seed};
use keycask::{NewKey, Outcome, Reason, Request, UseFilter};

/// `tests/run` runs this test in release as well.
const STRANGERS: u64 = if cfg!(debug_assertions) { 50_000 } else { 1_000_000 };
/// Rows of a minute: two outcomes, of at most 29 prefixes and of all others.
const ROWS: usize = 60;
const GROWTH_A_MINUTE: u64 = 64 * 1024;

/// Something that is no key: well formed, of a known prefix or another, or anything.
fn stranger(choices: &mut Choices, number: u64) -> String {
    let prefix = match choices.below(4) {
        0 => "acme_live".to_owned(),
        1 => format!("other_{}", choices.below(1_000)),
        2 => format!("known_{}", choices.below(40)),
        _ => return format!("nonsense {number}"),
    };
    let body = format!("{prefix}_{number:043}");
    let checksum =
        if choices.below(2) == 0 { base62(crc32fast::hash(body.as_bytes())) } else { "000000".to_owned() };
    format!("{body}{checksum}")
}

fn base62(mut number: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[number as usize % 62];
        number /= 62;
    }
    String::from_utf8(digits.to_vec()).unwrap()
}

#[test]
fn a_million_strangers_leave_a_few_rows_that_count_them_all() {
    let mut choices = Choices::new(seed());
    let home = Home::in_memory();
    home.create("acct_42");
    for known in 0..40 {
        home.vault.create_key(NewKey::new(format!("known_{known}")), &alice()).unwrap();
    }
    home.vault.flush().unwrap();
    let size = || home.path().metadata().unwrap().len();
    let (before, began) = (size(), Instant::now());
    for number in 0..STRANGERS {
        let presented = stranger(&mut choices, number);
        let outcome = home.vault.verify(&presented, &Request::new()).unwrap().outcome();
        assert!(matches!(outcome, Outcome::Refused(Reason::Unknown | Reason::Malformed)), "{outcome:?}");
    }
    let took = began.elapsed();
    home.vault.flush().unwrap();
    let events: Vec<_> = home.vault.uses(UseFilter::new()).unwrap().map(Result::unwrap).collect();
    let minutes = usize::try_from(took.as_secs() / 60).unwrap() + 2;
    let grown = size() - before;
    println!("{STRANGERS} strangers in {took:?}: {} rows, the file grew by {grown} bytes", events.len());
    assert!(events.len() <= ROWS * minutes, "{} rows in {minutes} minutes", events.len());
    assert!(grown <= GROWTH_A_MINUTE * minutes as u64, "{grown} bytes");
    assert_eq!(events.iter().map(keycask::Use::count).sum::<u64>(), STRANGERS);
    assert!(home.vault.verify_logs().unwrap().ok());
}
