//! Several threads, each with keys of its own.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use keycask::Request;

use super::Bench;
use super::deck::{len, verify};
use super::hot::Floor;
use super::rounds::{alternate, each};
use super::row::{Limit, Row, Unit};
use crate::failure::Failure;

type Work<'a> = &'a (dyn Fn(&[String]) -> Result<(), Failure> + Sync);

/// What the threads gain, beside what the floor's loop gains by as many.
pub(super) fn threads(bench: &Bench) -> Result<Vec<Row>, Failure> {
    let (deck, vault) = (&bench.main, bench.main.open_warm()?);
    let (floor, request) = (Floor::of(&deck.secrets), Request::new());
    let share = deck.secrets.len() / bench.threads as usize;
    let shares: Vec<&[String]> = deck.secrets.chunks_exact(share).take(bench.threads as usize).collect();
    let look_up: Work<'_> = &|secrets| floor.look_up(secrets);
    let verify: Work<'_> = &|secrets| verify(&vault, secrets, &request);
    let pair = alternate(|| gain(&shares, look_up), || gain(&shares, verify))?;
    let about = format!("verify, hot, gain by {} threads, uses off", bench.threads);
    Ok(vec![Row::of_pair("verify_threads", about, Unit::Gain, pair, Limit::RatioAtLeast(0.9))])
}

/// How many times as much is done by a thread for each share as by one thread.
fn gain(shares: &[&[String]], work: Work<'_>) -> Result<f64, Failure> {
    let alone = together(&shares[..1], work)?;
    Ok(alone / together(shares, work)?)
}

/// What one piece of work takes of the clock on the wall, where each share has a thread.
fn together(shares: &[&[String]], work: Work<'_>) -> Result<f64, Failure> {
    let barrier = Barrier::new(shares.len() + 1);
    thread::scope(|scope| {
        let running: Vec<_> = shares
            .iter()
            .map(|share| {
                scope.spawn(|| {
                    barrier.wait();
                    work(share)
                })
            })
            .collect();
        barrier.wait();
        let begin = Instant::now();
        for thread in running {
            thread.join().map_err(|_| Failure::not_found("a thread of the measurement panicked"))??;
        }
        Ok(each(begin.elapsed(), shares.iter().map(|share| len(share)).sum()))
    })
}
