//! An import at work: its rows in short transactions, its effect in one, its events in short ones again.

use std::collections::VecDeque;
use std::time::Duration;

use super::Vault;
use super::import::{Checked, Intake, PREPARED};
use crate::clock::{Moment, Stopwatch};
use crate::error::Result;
use crate::import::{Candidate, ImportOptions, ImportProgress, Line};
use crate::key::Actor;
use crate::store::{Change, ImportNo, QuickWriter, Staged, Staging};

/// How long a transaction may hold the write lock, its commit included, before the next one is made shorter.
const HOLD: Duration = Duration::from_millis(8);
/// How long a transaction goes on before it commits: at first, and at least.
const CHUNK: Duration = Duration::from_millis(4);
const SHORTEST_CHUNK: Duration = Duration::from_millis(1);
/// How long an import may rest before the next one clears its rows away.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

impl Vault {
    /// Stages one row.
    fn stage(&self, change: &Change<'_>, import: ImportNo, row: &mut Candidate) -> Result<Staging> {
        let (digest, pepper) = self.stored_form(change, &row.digest)?;
        if self.is_known_under_older(change, &row.digest)? {
            return Ok(Staging::Exists);
        }
        let scheme = row.scheme_name();
        let strength_bits = row.strength_bits;
        let key = &mut row.key;
        change
            .stage_key(import, &mut Staged { key, digest, pepper, scheme: scheme.as_deref(), strength_bits })
    }
}

/// An import at work.
pub(super) struct Run<'v> {
    vault: &'v Vault,
    moment: Moment,
    writer: QuickWriter<'v>,
    /// How long a transaction goes on before it commits.
    chunk: Duration,
    longest: Duration,
}

impl<'v> Run<'v> {
    pub(super) fn new(vault: &'v Vault, moment: Moment) -> Self {
        let writer = vault.store.quick_writer();
        Self { vault, moment, writer, chunk: CHUNK, longest: Duration::ZERO }
    }

    /// The longest time that others were kept from writing.
    pub(super) fn longest_lock(&self) -> Duration {
        self.longest
    }

    /// Rows and events in one transaction.
    pub(super) fn import_few(
        &mut self,
        mut rows: VecDeque<Checked>,
        intake: &mut Intake<'_, impl Iterator<Item = Result<Line>>>,
    ) -> Result<()> {
        let vault = self.vault;
        let staged = self.durable_change(|change| {
            let import = change.begin_import()?;
            let staged = rows
                .iter_mut()
                .map(|checked| vault.stage(change, import, &mut checked.row))
                .collect::<Result<Vec<_>>>()?;
            let done = staged.iter().filter(|staging| **staging == Staging::Done).count();
            if done == 0 {
                change.discard_import(import)?;
                return Ok(staged);
            }
            change.count_staged(import, done as u64)?;
            change.activate_import(import)?;
            change.record_imported(import, Some(intake.actor), || false)?;
            Ok(staged)
        })?;
        rows.iter().zip(staged).for_each(|(row, staging)| intake.tell(row, staging));
        Ok(())
    }

    /// Stages rows in short transactions, brings them into effect in one, and gives each key its event.
    pub(super) fn import_many(
        &mut self,
        mut rows: VecDeque<Checked>,
        intake: &mut Intake<'_, impl Iterator<Item = Result<Line>>>,
    ) -> Result<()> {
        let import = self.change(|_, change| change.begin_import())?;
        let staged = loop {
            if !intake.is_doomed()
                && let Err(error) = self.stage_all(import, rows, intake)
            {
                break Err(error);
            }
            match intake.take(PREPARED) {
                Ok(next) if next.is_empty() => break Ok(()),
                Ok(next) => rows = next,
                Err(error) => break Err(error),
            }
        };
        if staged.is_err() || intake.is_doomed() || intake.report.imported() == 0 {
            // Where clearing up fails too, the next import does it.
            let cleared = self.discard(import);
            return staged.and(cleared);
        }
        let keys = self.activate(import, intake.actor)?;
        intake.report.set_imported(keys);
        self.record(import, Some(intake.actor), intake.options)
    }

    /// Stages every row, in as many transactions as it takes.
    fn stage_all(
        &mut self,
        import: ImportNo,
        mut rows: VecDeque<Checked>,
        intake: &mut Intake<'_, impl Iterator<Item = Result<Line>>>,
    ) -> Result<()> {
        let vault = self.vault;
        while !rows.is_empty() {
            let staged = self.change(|enough, change| {
                let mut staged = Vec::new();
                for checked in &mut rows {
                    staged.push(vault.stage(change, import, &mut checked.row)?);
                    if enough() {
                        break;
                    }
                }
                let done = staged.iter().filter(|staging| **staging == Staging::Done).count();
                change.count_staged(import, done as u64)?;
                Ok(staged)
            })?;
            rows.drain(..staged.len()).zip(staged).for_each(|(row, staging)| intake.tell(&row, staging));
        }
        Ok(())
    }

    fn activate(&mut self, import: ImportNo, actor: &Actor) -> Result<u64> {
        self.durable_change(|change| {
            let keys = change.activate_import(import)?;
            change.record_import(import, keys, actor)?;
            Ok(keys)
        })
    }

    /// Gives each key of an import its event.
    fn record(&mut self, import: ImportNo, actor: Option<&Actor>, options: &ImportOptions) -> Result<()> {
        loop {
            let (keys, of) = self.change(|enough, change| change.record_imported(import, actor, enough))?;
            options.tell(ImportProgress::Recorded { keys, of });
            if keys >= of {
                break;
            }
        }
        // A durable commit makes those before it durable too.
        self.durable_change(|change| change.touch_import(import))
    }

    /// Deletes an import's keys, none of which was ever in effect.
    fn discard(&mut self, import: ImportNo) -> Result<()> {
        if !self.change(|_, change| change.discard_import(import))? {
            return Ok(());
        }
        loop {
            let keys = self.vault.store.peek(|snapshot| snapshot.left_over(import, PREPARED))?;
            if keys.is_empty() {
                return Ok(());
            }
            self.change(|enough, change| change.delete_left_over(import, &keys, enough))?;
        }
    }

    /// Finishes what imports left that were killed: events of keys in effect, rows of keys that never were.
    pub(super) fn clear_leftovers(&mut self) -> Result<()> {
        let before = self.moment.at.saturating_sub(ABANDONED_AFTER);
        let (unrecorded, abandoned) = self
            .vault
            .store
            .read(|snapshot| Ok((snapshot.unrecorded_imports()?, snapshot.abandoned_imports(before)?)))?;
        for import in unrecorded {
            self.record(import, None, &ImportOptions::new())?;
        }
        abandoned.into_iter().try_for_each(|import| self.discard(import))
    }

    /// One short transaction, after which whoever waits for the write lock gets its turn. `make` asks between
    /// two rows whether it's enough.
    fn change<T>(&mut self, make: impl FnOnce(&dyn Fn() -> bool, &mut Change<'_>) -> Result<T>) -> Result<T> {
        let (moment, chunk) = (self.fresh(), self.chunk);
        let (result, took) =
            self.writer.change(moment, |watch, change| make(&|| watch.elapsed() > chunk, change))?;
        self.longest = self.longest.max(took);
        self.chunk = if took > HOLD { (chunk / 2).max(SHORTEST_CHUNK) } else { (chunk * 5 / 4).min(CHUNK) };
        std::thread::sleep(took / 2);
        // Outside of the lock, so that a durable commit, of whomever, finds little left to sync.
        self.writer.checkpoint()?;
        Ok(result)
    }

    /// One change that is on disk when this returns.
    fn durable_change<T>(&mut self, make: impl FnOnce(&mut Change<'_>) -> Result<T>) -> Result<T> {
        let mut held = None;
        let result = self.vault.change(self.fresh(), |change| {
            held = Some(Stopwatch::start());
            make(change)
        });
        self.longest = self.longest.max(held.map_or(Duration::ZERO, |watch| watch.elapsed()));
        result
    }

    fn fresh(&self) -> Moment {
        if self.moment.from_clock { self.vault.clock.now() } else { self.moment }
    }
}
