//! Verify, answered from memory.

use std::collections::HashMap;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use keycask::{Request, UseMode, Vault};
use sha2::{Digest as _, Sha256};

use super::deck::{Deck, len, verify};
use super::rounds::{alternate, each, timed};
use super::row::{Limit, Row, Unit};
use super::{Bench, MAIN};
use crate::failure::Failure;

/// Uses that fit the queue, verified in a row.
const BURST: usize = 50_000;
/// A burst ends then, also where each use is committed at once.
const LONGEST: Duration = Duration::from_millis(200);
/// Verifies between two looks at the clock.
const STRIDE: usize = 100;

/// What a program without keycask would do: SHA-256 of the secret, and a look into a map of the standard library.
pub(super) struct Floor(HashMap<[u8; 32], u32>);

impl Floor {
    pub(super) fn of(secrets: &[String]) -> Self {
        Self((0..).zip(secrets).map(|(number, secret)| (digest(secret), number)).collect())
    }

    pub(super) fn look_up(&self, secrets: &[String]) -> Result<(), Failure> {
        for secret in secrets {
            let found = self.0.get(&digest(black_box(secret)));
            black_box(found).ok_or_else(|| Failure::not_found("a secret that was just put in is missing"))?;
        }
        Ok(())
    }
}

pub(super) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Uses off: nothing but the answer.
pub(super) fn hot(bench: &Bench) -> Result<Vec<Row>, Failure> {
    let (deck, vault) = (&bench.main, bench.main.open_warm()?);
    let (floor, count) = (Floor::of(&deck.secrets), len(&deck.secrets));
    let request = Request::new();
    let pair = alternate(
        || timed(count, || floor.look_up(&deck.secrets)),
        || timed(count, || verify(&vault, &deck.secrets, &request)),
    )?;
    let about = format!("verify, hot, {} keys, uses off", deck.keys);
    let limit = Limit::RatioAtMost(1.6);
    Ok(vec![Row::of_pair("verify_hot", about, Unit::Nanoseconds, pair, limit)])
}

/// Uses batched: a burst that fits the queue, with a flush after it that isn't timed.
pub(super) fn with_uses(bench: &Bench) -> Result<Vec<Row>, Failure> {
    let deck = &bench.main;
    let vault = recording(deck)?;
    let secrets = &deck.secrets[..deck.secrets.len().min(BURST)];
    let (floor, count) = (Floor::of(&deck.secrets), len(secrets));
    let address = Ipv4Addr::new(192, 0, 2, 7).into();
    let told = Request::new().scope("reports:read").prefix("acme_live").client_ip(address);
    let about = |what| format!("verify, hot, {} keys, uses batched{what}", deck.keys);
    let row = |work, about, request: &Request<'_>, limit| {
        let look_up = || timed(count, || floor.look_up(secrets));
        let pair = alternate(look_up, || burst(&vault, secrets, request))?;
        Ok::<_, Failure>(Row::of_pair(work, about, Unit::Nanoseconds, pair, limit))
    };
    Ok(vec![
        row("verify_batched", about(""), &Request::new(), Limit::RatioAtMost(2.5))?,
        row("verify_batched_told", about(", with a scope, a prefix and an address"), &told, Limit::None)?,
    ])
}

/// A warm vault that records each use.
pub(super) fn recording(deck: &Deck) -> Result<Vault, Failure> {
    let vault = deck.open(UseMode::Each)?;
    verify(&vault, &deck.secrets, &Request::new().no_event())?;
    Ok(vault)
}

/// Verifies until all are through or it took too long, then flushes.
fn burst(vault: &Vault, secrets: &[String], request: &Request<'_>) -> Result<f64, Failure> {
    let (begin, mut count) = (Instant::now(), 0);
    for some in secrets.chunks(STRIDE) {
        verify(vault, some, request)?;
        count += len(some);
        if begin.elapsed() > LONGEST {
            break;
        }
    }
    let took = each(begin.elapsed(), count);
    vault.flush()?;
    Ok(took)
}

/// As many keys as there are, beside a thousand: what the size of the map costs.
pub(super) fn many(bench: &Bench) -> Result<Vec<Row>, Failure> {
    let (few, many) = (&bench.few, &bench.largest);
    let (few_open, many_open) = (few.open_warm()?, many.open_warm()?);
    let request = Request::new();
    let measured = &many.secrets[..many.secrets.len().min(MAIN as usize * 2)];
    let times = len(measured).div_ceil(len(&few.secrets));
    let pair = alternate(
        || {
            timed(times * len(&few.secrets), || {
                (0..times).try_for_each(|_| verify(&few_open, &few.secrets, &request))
            })
        },
        || timed(len(measured), || verify(&many_open, measured, &request)),
    )?;
    let about = format!("verify, hot, {} keys, beside {}", many.keys, few.keys);
    Ok(vec![Row::of_pair("verify_hot_many", about, Unit::Nanoseconds, pair, Limit::RatioAtMost(3.0))])
}
