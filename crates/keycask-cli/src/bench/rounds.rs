//! Measuring two sides in turns.

use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Rounds of a row.
pub(super) const ROUNDS: u32 = 9;

/// What one round gave, both in the same unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) floor: f64,
    pub(super) figure: f64,
}

/// Lets both sides take turns, and gives the round whose ratio is the median. A round before them warms both.
pub(super) fn alternate(
    mut floor: impl FnMut() -> Result<f64, Failure>,
    mut figure: impl FnMut() -> Result<f64, Failure>,
) -> Result<Pair, Failure> {
    let mut pairs = Vec::new();
    for round in 0..=ROUNDS {
        let pair = Pair { floor: floor()?, figure: figure()? };
        if round > 0 {
            pairs.push(pair);
        }
    }
    Ok(median(pairs))
}

fn median(mut pairs: Vec<Pair>) -> Pair {
    let ratio = |pair: &Pair| pair.figure / pair.floor;
    pairs.sort_by(|left, right| ratio(left).total_cmp(&ratio(right)));
    pairs[pairs.len() / 2]
}

/// The median of a figure that has no floor.
pub(super) fn alone(figure: impl FnMut() -> Result<f64, Failure>) -> Result<f64, Failure> {
    Ok(alternate(|| Ok(1.0), figure)?.figure)
}

/// What one of `count` pieces of work took, in nanoseconds.
pub(super) fn each(took: Duration, count: u32) -> f64 {
    took.as_secs_f64() * 1e9 / f64::from(count.max(1))
}

/// How long the work takes, in nanoseconds for each of `count`.
pub(super) fn timed(count: u32, work: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let begin = Instant::now();
    work()?;
    Ok(each(begin.elapsed(), count))
}

/// A count as a figure.
#[allow(clippy::cast_precision_loss, reason = "a figure for people has three digits")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

/// An order that no prefetcher guesses, the same in each run: the numbers below `count`, shuffled.
pub(super) fn shuffled(count: u32) -> Vec<u32> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut order: Vec<u32> = (0..count).collect();
    for place in (1..order.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = state % (place as u64 + 1);
        order.swap(place, usize::try_from(other).unwrap_or(0));
    }
    order
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_round_with_the_median_ratio_is_told_whole() {
        let pair = |floor, figure| Pair { floor, figure };
        let pairs = vec![pair(1.0, 9.0), pair(10.0, 20.0), pair(5.0, 5.0)];
        assert_eq!(median(pairs), pair(10.0, 20.0));
    }

    #[test]
    fn the_first_round_is_not_counted() {
        let mut call = 0;
        let figure = alone(|| {
            call += 1;
            Ok(if call == 1 { 1000.0 } else { 1.0 })
        });
        assert!((figure.unwrap() - 1.0).abs() < f64::EPSILON);
        assert_eq!(call, ROUNDS + 1);
    }

    #[test]
    fn an_order_has_every_number_once() {
        let mut order = shuffled(1_000);
        assert_ne!(order[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        order.sort_unstable();
        assert_eq!(order, (0..1_000).collect::<Vec<_>>());
    }
}
