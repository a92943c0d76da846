//! Recording uses, for as long as one likes.

use std::path::Path;
use std::time::{Duration, Instant};

use keycask::{Log, Request, Vault};
use rusqlite::types::Value;

use super::Bench;
use super::deck::{file_bytes, len, verify};
use super::hot::recording;
use super::plain::{Plain, Rows, insert_into};
use super::rounds::{alternate, number, timed};
use super::row::{Limit, Row, Unit};
use crate::failure::Failure;

/// Verifies before a flush: they fit the queue, so that nothing becomes a gap.
const BURST: usize = 50_000;
/// What the bare inserts commit at a time.
const BATCH: usize = 4_096;
/// A burst ends then, also where each use is committed at once.
const LONGEST: Duration = Duration::from_millis(200);
/// Verifies between two looks at the clock.
const STRIDE: usize = 100;

/// One thread verifies and flushes, all of it timed, beside bare inserts of the rows that come of it.
pub(super) fn sustained(bench: &Bench) -> Result<Vec<Row>, Failure> {
    let deck = &bench.main;
    let (vault, before) = (recording(deck)?, file_bytes(&deck.path)?);
    let mut uses = Recorder { logged: logged(&vault)?, vault, secrets: &deck.secrets, count: 0 };
    uses.burst()?;
    let mut bare = Bare::of(&uses.vault, &bench.folder.path().join("uses.db"))?;
    let pair = alternate(|| bare.insert(), || uses.burst())?;
    uses.check()?;
    let recorded = number(uses.count);
    drop(uses);
    let figure = (number(file_bytes(&deck.path)?) - number(before)) / recorded;
    let (floor, unit, limit) = (Some(bare.bytes_each()?), Unit::Bytes, Limit::AtMost(64.0));
    let speed = "uses recorded, sustained, one writer".to_owned();
    Ok(vec![
        Row::of_pair("uses_sustained", speed, Unit::PerSecond, pair, Limit::RatioAtLeast(0.5)),
        Row { work: "uses_bytes", about: "uses recorded, file, each".to_owned(), unit, floor, figure, limit },
    ])
}

/// A vault whose verifies are recorded, and counted here.
struct Recorder<'a> {
    vault: Vault,
    secrets: &'a [String],
    count: u64,
    /// What its log held before.
    logged: u64,
}

impl Recorder<'_> {
    /// Verifies and flushes. Uses a second.
    fn burst(&mut self) -> Result<f64, Failure> {
        let (begin, mut count) = (Instant::now(), 0);
        let secrets = &self.secrets[..self.secrets.len().min(BURST)];
        for some in secrets.chunks(STRIDE) {
            verify(&self.vault, some, &Request::new())?;
            count += len(some);
            if begin.elapsed() > LONGEST {
                break;
            }
        }
        self.vault.flush()?;
        self.count += u64::from(count);
        Ok(f64::from(count) / begin.elapsed().as_secs_f64())
    }

    /// Refuses a measurement in which uses were lost.
    fn check(&self) -> Result<(), Failure> {
        let (verified, recorded) = (self.count, logged(&self.vault)? - self.logged);
        if verified == recorded {
            return Ok(());
        }
        Err(Failure::not_found(format!("{verified} uses were verified, and {recorded} of them recorded")))
    }
}

fn logged(vault: &Vault) -> Result<u64, Failure> {
    let stats = vault.stats()?;
    Ok(stats.log_sizes().iter().find(|(log, _)| *log == Log::Uses).map_or(0, |(_, size)| *size))
}

/// A table of uses without keycask.
struct Bare {
    plain: Plain,
    statement: String,
    rows: Rows,
    inserted: u32,
    empty: f64,
}

impl Bare {
    fn of(vault: &Vault, path: &Path) -> Result<Self, Failure> {
        let plain = Plain::copy_of(vault, path)?;
        let rows = plain.rows("SELECT * FROM uses ORDER BY seq")?;
        plain.run("DELETE FROM uses; VACUUM; PRAGMA synchronous = NORMAL;")?;
        let (statement, empty) = (insert_into("uses", &rows), plain.bytes()?);
        Ok(Self { plain, statement, rows, inserted: 0, empty })
    }

    /// Inserts the rows once more, behind the others. Rows a second.
    fn insert(&mut self) -> Result<f64, Failure> {
        for row in &mut self.rows {
            self.inserted += 1;
            row[0] = Value::Integer(self.inserted.into());
        }
        let nanoseconds = timed(len(&self.rows), || {
            self.rows.chunks(BATCH).try_for_each(|rows| self.plain.insert(&[(&self.statement, rows)]))
        })?;
        Ok(1e9 / nanoseconds)
    }

    fn bytes_each(&self) -> Result<f64, Failure> {
        Ok((self.plain.bytes()? - self.empty) / f64::from(self.inserted))
    }
}
