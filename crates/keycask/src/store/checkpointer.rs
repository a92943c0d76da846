//! Moving what was committed from the write-ahead log into the file.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use super::Store;
use crate::clock::Stopwatch;
use crate::error::Result;

/// So many frames of the log are worth a checkpoint: 4 MiB.
const WORTH_IT: u64 = 1_000;
/// A log of so many frames is made to begin anew, for which writers wait a moment: 12 MiB.
const TOO_LONG: u64 = 3_000;
/// At so many, 16 MiB, the next change of a key does it.
const LONGEST: u64 = 4_000;
const FRAME_BYTES: u64 = 4_096 + 24;
/// How often a new beginning looks whether writers, and then readers, of other processes are done: about every
/// millisecond.
const TRIES: i32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(1);
/// How long a new beginning is tried where another connection moves the log.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many frames of the log were in the file after the last checkpoint.
#[derive(Default)]
pub(super) struct Checkpointed(AtomicU64);

impl Store {
    /// Moves the log into the file where it has become long. Others read and write meanwhile, unless it is so long
    /// that it must begin anew.
    pub(crate) fn checkpoint_when_long(&self) -> Result<()> {
        let frames = self.frames();
        let done = self.checkpointed.0.load(Ordering::Relaxed);
        // A log that is shorter than what was moved has begun anew.
        let waiting = if frames < done { frames } else { frames - done };
        if self.is_in_memory() || waiting < WORTH_IT {
            return Ok(());
        }
        self.checkpoint_beside_others()?;
        if self.frames() < TOO_LONG {
            return Ok(());
        }
        self.guarded(|pass| {
            let mut turn = self.handle.turn(pass, true);
            self.begin_log_anew(turn.quick(|| self.connect_quick())?)
        })
    }

    /// Does so after a change that made the log longer than it may be, where the thread that writes uses is late or
    /// there is none. The change was made, whatever comes of this.
    pub(super) fn shorten_log(&self, db: &mut Connection) {
        if self.frames() >= LONGEST {
            self.make_room(db);
        }
    }

    /// Does so after a change that found no room, too: the next one then uses the log's space again.
    pub(super) fn make_room(&self, db: &mut Connection) {
        if !self.is_in_memory()
            && let Err(error) = self.begin_log_anew(db)
        {
            log::warn!(target: "keycask::store", "{error}; the write-ahead log goes on growing");
        }
    }

    /// Others wait meanwhile, and this one for another that moves the log already: else all would go on writing.
    fn begin_log_anew(&self, db: &mut Connection) -> Result<()> {
        db.busy_handler(Some(try_soon))?;
        let _precedence = self.file().precede(db);
        let waited = Stopwatch::start();
        while !self.checkpoint(db, "PRAGMA wal_checkpoint(RESTART)")?
            && self.frames() >= TOO_LONG
            && waited.elapsed() < PATIENCE
            && !keycask_sqlite::is_awaited()
        {
            std::thread::sleep(BETWEEN_TRIES);
        }
        Ok(())
    }

    /// Moves into the file what can be moved while others read and write.
    pub(super) fn checkpoint_beside_others(&self) -> Result<()> {
        self.guarded(|pass| {
            let db = self.handle.reader(pass, || self.connect())?;
            self.checkpoint(&db, "PRAGMA wal_checkpoint(PASSIVE)").map(drop)
        })
    }

    /// The length of the log, from its file where the header can't be seen.
    fn frames(&self) -> u64 {
        let header = self.header();
        if header.is_cacheable() { u64::from(header.frames()) } else { self.sizes().1 / FRAME_BYTES }
    }

    /// Does what it can where others read and write; `false` where another connection moves the log.
    fn checkpoint(&self, db: &Connection, sql: &str) -> Result<bool> {
        const DONE: usize = 2;
        let done = u64::try_from(db.query_row(sql, [], |row| row.get::<_, i64>(DONE))?);
        if let Ok(done) = done {
            self.checkpointed.0.store(done, Ordering::Relaxed);
        }
        Ok(done.is_ok())
    }
}

/// Waits a moment for SQLite's next try. Its own way sleeps longer each time, and writers in a loop starve it.
fn try_soon(tries: i32) -> bool {
    std::thread::sleep(BETWEEN_TRIES);
    tries < TRIES
}
