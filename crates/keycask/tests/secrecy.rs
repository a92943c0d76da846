//! Guards against a secret that outlives the value that carries it: after a thousand random operations no
//! twenty characters of any secret are in the database, its log, its shared memory, an error, `Debug` or what
//! the program's own log is told; that says no owner and no note either.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and opens files of its own"
)]

mod common;

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Mutex;

use common::{Choices, HOUR, Home, alice, bytes_of, scaled, seed};
use keycask::{Encoding, Issued, NewKey, Request, Revocation, RevocationReason, Rotation};

const OPERATIONS: u32 = 1_000;
const WINDOW: usize = 20;

/// What the program's log was told.
static LOGGED: Mutex<String> = Mutex::new(String::new());

struct Capture;

impl log::Log for Capture {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        writeln!(LOGGED.lock().unwrap(), "{} {}", record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

#[test]
fn no_part_of_a_secret_is_left_anywhere() {
    let seed = seed();
    log::set_logger(&Capture).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let home = Home::new();
    let mut choices = Choices::new(seed);
    let mut issued = vec![home.create("acct_0")];
    let mut printed = String::new();
    for _ in 0..scaled(OPERATIONS) {
        operate(&home, &mut choices, &mut issued, &mut printed);
    }
    assert!(issued.len() > OPERATIONS as usize / 4, "too few secrets to tell");
    let windows = windows_of(&issued);
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", home.path().display());
        let bytes = bytes_of(path.as_ref());
        assert!(!bytes.is_empty(), "{path} is empty: nothing was looked at");
        assert!(!contains_any(&bytes, &windows), "a secret is in {path}");
    }
    assert!(printed.len() > 100_000, "too little was printed to tell");
    assert!(!contains_any(printed.as_bytes(), &windows), "a secret was printed");
    let logged = LOGGED.lock().unwrap();
    assert!(logged.len() > 20_000, "too little was logged to tell");
    assert!(!contains_any(logged.as_bytes(), &windows), "a secret was logged");
    assert!(!logged.contains("acct_") && !logged.contains("by a test"), "an owner or a note was logged");
    // The search itself can find one.
    assert!(contains_any(issued[7].secret().expose().as_bytes(), &windows));
}

fn operate(home: &Home, choices: &mut Choices, issued: &mut Vec<Issued>, printed: &mut String) {
    let pick = choices.below(issued.len());
    let secret = issued[pick].secret().expose();
    let id = issued[pick].key().id();
    match choices.below(8) {
        0..=2 => {
            let encoding = [Encoding::Base62, Encoding::Base64Url][choices.below(2)];
            let request = NewKey::new("acme_live").owner(format!("acct_{pick}")).encoding(encoding);
            issued.push(home.vault.create_key(request, &alice()).unwrap());
        }
        3 => {
            let rotation = [Rotation::planned().grace(HOUR), Rotation::emergency()][choices.below(2)].clone();
            match home.vault.rotate(id, rotation, &alice()) {
                Ok(new) => issued.push(new),
                Err(error) => write!(printed, "{error} {error:?} ").unwrap(),
            }
        }
        4 => {
            let revocation = Revocation::new(RevocationReason::Policy).note("by a test");
            write!(printed, "{:?} ", home.vault.revoke_secret(secret, revocation, &alice())).unwrap();
        }
        5 => write!(printed, "{:?} ", home.vault.verify(secret, &Request::new().scope("a:b"))).unwrap(),
        6 => {
            // A secret in the wrong place: an id, a prefix, an owner's name in an error.
            write!(printed, "{:?} ", secret.parse::<keycask::KeyId>()).unwrap();
            write!(printed, "{:?} ", keycask::Prefix::new(secret)).unwrap();
            write!(printed, "{:?} ", keycask::Timestamp::parse(secret)).unwrap();
            write!(printed, "{:?} ", secret.parse::<RevocationReason>()).unwrap();
            write!(printed, "{:?} ", secret.parse::<keycask::ChangeKind>()).unwrap();
            let misplaced = [
                NewKey::new(secret),
                NewKey::new("ab").metadata(secret),
                NewKey::new("ab").notify_email(secret),
            ];
            for request in misplaced {
                write!(printed, "{:?} ", home.vault.create_key(request, &alice()).unwrap_err()).unwrap();
            }
            write!(printed, "{:?} ", home.vault.verify(&secret[1..], &Request::new())).unwrap();
            write!(
                printed,
                "{:?} ",
                home.vault.revoke_secret(&secret[1..], RevocationReason::Policy, &alice())
            )
            .unwrap();
        }
        _ => write!(printed, "{:?} {:?} ", home.vault, home.vault.identify(secret)).unwrap(),
    }
    write!(printed, "{:?} ", issued[issued.len() - 1]).unwrap();
}

/// Each stretch of `WINDOW` random characters of each secret.
fn windows_of(issued: &[Issued]) -> HashSet<Vec<u8>> {
    let random = |issued: &Issued| {
        let text = issued.secret().expose();
        text.as_bytes()[text.len() - 49..].to_vec()
    };
    issued.iter().flat_map(|i| random(i).windows(WINDOW).map(<[u8]>::to_vec).collect::<Vec<_>>()).collect()
}

fn contains_any(bytes: &[u8], windows: &HashSet<Vec<u8>>) -> bool {
    bytes.windows(WINDOW).any(|window| windows.contains(window))
}
