//! Seeing, without asking the file, whether anybody committed; and asking it what changed.

use std::sync::atomic::{AtomicI64, Ordering};

use keycask_sqlite::{Header, Observed, Pass};
use rusqlite::{Connection, named_params};

use super::keys::{Found, News};
use super::{Snapshot, Store};
use crate::audit::Log;
use crate::clock::{Moment, coarse_time, wall_time};
use crate::error::{ErrorKind, Result};
use crate::planted::{Bug, is_planted};
use crate::secret::Digest;

/// How long the file is believed to be in its place, and its locks to be held, without a look.
const UNSEEN_NS: i64 = 100_000_000;

/// Moves the mark of the clock, which any commit may do. A value that stays would not be written.
pub(super) const TOUCH: &str = "UPDATE logs SET clock_ms = max(clock_ms, :now) WHERE log = :log";

/// When the file was last looked after.
#[derive(Default)]
pub(super) struct LastLook(AtomicI64);

impl LastLook {
    fn is_due(&self) -> bool {
        coarse_time() - self.0.load(Ordering::Relaxed) >= UNSEEN_NS
    }

    fn note(&self) {
        self.0.store(coarse_time(), Ordering::Relaxed);
    }
}

/// Some calls in a row, to a file that was found in its place.
pub(crate) struct Session<'s> {
    store: &'s Store,
    pass: &'s Pass,
}

/// The connection that sees commits. Whoever has it changes what is remembered of the file.
pub(crate) struct Observation<'s> {
    observed: Observed<'s>,
}

impl Store {
    /// Whether what is remembered may be answered: the handle is open, nothing made it distrust the file, and that
    /// was looked after a moment ago.
    pub(crate) fn is_sound(&self) -> bool {
        keycask_sqlite::is_usable()
            && !self.handle.is_closed()
            && self.poison.get().is_none()
            && !self.last_look.is_due()
    }

    /// The header of the log's index now, possibly torn.
    pub(crate) fn header(&self) -> Header {
        self.handle.header()
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.handle.is_in_memory()
    }

    pub(crate) fn session<T>(&self, work: impl FnOnce(&Session<'_>) -> Result<T>) -> Result<T> {
        self.guarded(|pass| work(&Session { store: self, pass }))
    }

    /// Commits that it is now, so that there is a log, without which nothing can be remembered.
    pub(crate) fn touch(&self) {
        let moment = Moment { at: wall_time(), from_clock: true };
        let touched = self.change(moment, |change| {
            let parameters = named_params! { ":now": moment.at.ms(), ":log": Log::Changes.number() };
            Ok(change.db.execute(TOUCH, parameters).map(drop)?)
        });
        if let Err(error) = touched
            && error.kind() != ErrorKind::Busy
        {
            log::warn!(target: "keycask::store", "{error}; nothing is remembered of what verify reads");
        }
    }
}

impl Session<'_> {
    pub(crate) fn observe<T>(&self, work: impl FnOnce(&mut Observation<'_>) -> Result<T>) -> Result<T> {
        let observed = self.store.handle.observe(self.pass, || self.store.connect())?;
        self.store.last_look.note();
        work(&mut Observation { observed })
    }

    /// Looks up a digest, by a statement that looks at `min_schema` itself.
    pub(crate) fn find(&self, digest: &Digest) -> Result<Found> {
        let db = self.store.handle.reader(self.pass, || self.store.connect())?;
        Snapshot { db: &db }.find(digest).map_err(|error| super::explain(&db, error))
    }
}

impl Observation<'_> {
    /// The header now, whole; none that is cacheable where it can't be seen.
    pub(crate) fn header(&self) -> Header {
        self.observed.header()
    }

    /// What changed since `epoch`. No statement stays open: it would pin what it read.
    pub(crate) fn news(&mut self, epoch: i64, limit: i64) -> Result<News> {
        let Some(db) = self.observed.connection() else { return Err(super::head::missing_row("head")) };
        read_news(db, epoch, limit).map_err(|error| super::explain(db, error))
    }
}

fn read_news(db: &mut Connection, epoch: i64, limit: i64) -> Result<News> {
    if is_planted(Bug::StatementLeftOpen) {
        if db.is_autocommit() {
            db.execute_batch("BEGIN")?;
        }
        return Snapshot { db }.news(epoch, limit);
    }
    let tx = db.transaction()?;
    let news = Snapshot { db: &tx }.news(epoch, limit)?;
    tx.finish()?;
    Ok(news)
}
