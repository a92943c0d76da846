//! Writing: one change at a time, by whoever has the turn.

use std::time::Duration;

use keycask_sqlite::Turn;
use rusqlite::Transaction;

use super::changes::Told;
use super::{Change, Store, explain, wait};
use crate::clock::{Moment, Stopwatch};
use crate::error::{ErrorKind, Result};
use crate::planted::{Bug, is_planted};

/// Short changes after which their pages are moved from the log into the file.
const CHANGES_A_CHECKPOINT: u32 = 8;

impl Store {
    /// Makes one change on a connection that is closed afterwards, so that none is held.
    pub(crate) fn change_once(
        &self,
        moment: Moment,
        make: impl FnOnce(&mut Change<'_>) -> Result<()>,
    ) -> Result<()> {
        self.in_turn(true, make, |turn, make| {
            let db = turn.once(|| self.connect())?;
            let Some(tx) = self.waits.begin(&db, &self.handle, true)? else { return Ok(Err(make)) };
            transact(tx, moment, make).map(Ok)
        })
    }

    /// Makes one change: all of it durable when this returns, or none of it.
    pub(crate) fn change<T>(
        &self,
        moment: Moment,
        make: impl FnOnce(&mut Change<'_>) -> Result<T>,
    ) -> Result<T> {
        self.in_turn(true, make, |turn, make| {
            let db = turn.durable(|| self.connect())?;
            let Some(tx) = self.waits.begin(db, &self.handle, true)? else { return Ok(Err(make)) };
            let result = transact(tx, moment, make);
            match &result {
                Ok(_) => self.shorten_log(db),
                Err(error) if error.kind() == ErrorKind::VaultFull => self.make_room(db),
                Err(_) => {}
            }
            result.map(Ok)
        })
    }

    /// Does a job that may be done by the time that its turn comes.
    pub(crate) fn run(&self, job: &mut dyn Job, durability: Durability, moment: Moment) -> Result<()> {
        let hurry = job.is_awaited();
        self.in_turn(hurry, job, |turn, job| {
            if job.is_done() {
                return Ok(Ok(()));
            }
            let db = match durability {
                Durability::Now => turn.durable(|| self.connect())?,
                Durability::WithNext => turn.quick(|| self.connect_quick())?,
            };
            let Some(tx) = self.waits.begin(db, &self.handle, hurry)? else { return Ok(Err(job)) };
            let made = transact(tx, moment, |change| job.make(change));
            if !is_planted(Bug::BatchErrorIgnored) {
                made?;
            }
            job.committed();
            Ok(Ok(()))
        })
    }

    /// Runs `work` with the turn to write and with `make`, again while it gives that back: that is when a fork
    /// waits for the turn, or somebody who is in a hurry, unlike this one.
    pub(super) fn in_turn<F, T>(
        &self,
        hurry: bool,
        mut make: F,
        mut work: impl FnMut(&mut Turn<'_>, F) -> Result<Result<T, F>>,
    ) -> Result<T> {
        loop {
            let done = self.guarded(|pass| {
                if !hurry {
                    wait::let_others_go_first(&self.handle);
                }
                let mut turn = self.handle.turn(pass, hurry);
                self.waits.note(turn.waited());
                if keycask_sqlite::is_awaited() { Ok(Err(make)) } else { work(&mut turn, make) }
            })?;
            match done {
                Ok(result) => return Ok(result),
                Err(unused) => make = unused,
            }
        }
    }

    /// A second writer for many short changes that needn't be durable one by one.
    pub(crate) fn quick_writer(&self) -> QuickWriter<'_> {
        QuickWriter { store: self, changes: 0 }
    }
}

/// When a change is safe from a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// When it returns.
    Now,
    /// With the next change that is durable when it returns.
    WithNext,
}

/// What is to be changed, known only when its turn has come.
pub(crate) trait Job {
    /// Whether somebody else did it meanwhile.
    fn is_done(&self) -> bool {
        false
    }

    /// Whether a caller waits for it: then it goes before those that nobody waits for.
    fn is_awaited(&self) -> bool;

    fn make(&mut self, change: &mut Change<'_>) -> Result<()>;

    /// Called once it is in the file, before anybody else has the turn.
    fn committed(&mut self) {}
}

/// A connection whose commits become durable with the next change of the store's own writer.
pub(crate) struct QuickWriter<'s> {
    store: &'s Store,
    /// Since the last checkpoint.
    changes: u32,
}

impl QuickWriter<'_> {
    /// Makes one change: all of it visible when this returns, or none of it. `make` is told how long it has
    /// held the write lock, and the caller how long that was in the end.
    pub(crate) fn change<T>(
        &mut self,
        moment: Moment,
        make: impl FnOnce(&Stopwatch, &mut Change<'_>) -> Result<T>,
    ) -> Result<(T, Duration)> {
        let store = self.store;
        store.in_turn(false, make, |turn, make| {
            let db = turn.quick(|| store.connect_quick())?;
            let Some(tx) = store.waits.begin(db, &store.handle, false)? else { return Ok(Err(make)) };
            let mut held = None;
            let result = transact(tx, moment, |change| make(held.insert(Stopwatch::start()), change))?;
            Ok(Ok((result, held.map_or(Duration::ZERO, |watch| watch.elapsed()))))
        })
    }

    /// Moves what was committed from the log into the file now and then; others may write meanwhile.
    pub(crate) fn checkpoint(&mut self) -> Result<()> {
        self.changes += 1;
        if self.changes < CHANGES_A_CHECKPOINT { Ok(()) } else { self.checkpoint_now() }
    }

    /// The same at once.
    pub(crate) fn checkpoint_now(&mut self) -> Result<()> {
        self.changes = 0;
        self.store.checkpoint_beside_others()
    }
}

pub(super) fn transact<T>(
    tx: Transaction<'_>,
    moment: Moment,
    make: impl FnOnce(&mut Change<'_>) -> Result<T>,
) -> Result<T> {
    let mut change = Change::new(&tx, moment);
    change.check_min_schema().map_err(|error| explain(&tx, error))?;
    let result = make(&mut change)?;
    let told = std::mem::take(&mut change.told);
    change.finish()?;
    match tx.commit() {
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.code == rusqlite::ErrorCode::DiskFull && is_planted(Bug::FullSwallowed) => {}
        committed => committed?,
    }
    told.iter().for_each(Told::log);
    Ok(result)
}
