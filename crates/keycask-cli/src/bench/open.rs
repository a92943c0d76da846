//! Opening a vault that was closed cleanly.

use keycask::Vault;

use super::Bench;
use super::rounds::{alone, timed};
use super::row::{Limit, Row, Unit};
use crate::failure::Failure;

pub(super) fn open(bench: &Bench) -> Result<Vec<Row>, Failure> {
    let deck = &bench.largest;
    let nanoseconds = alone(|| timed(1, || Vault::open(&deck.path).map(drop).map_err(Failure::from)))?;
    let about = format!("open a cleanly closed vault, {} keys", deck.keys);
    Ok(vec![Row::alone("open", about, Unit::Milliseconds, nanoseconds / 1e6, Limit::AtMost(10.0))])
}
