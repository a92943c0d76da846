//! The store: every SQL statement of the crate, behind verbs that speak of keys and events.
//!
//! [`Store::read`] lends a [`Snapshot`], [`Store::change`] a [`Change`], which is a snapshot that can
//! write and commits whole. Neither shows a type of the database, so that another one can stand here.

mod batches;
mod changes;
mod checkpointer;
mod checkpoints;
mod deep;
mod erase;
mod head;
mod imports;
mod keys;
mod logs;
mod migrate;
mod observe;
mod outbox;
mod peppers;
#[cfg(test)]
mod plans;
mod prune;
mod replace;
mod requests;
mod row;
mod segments;
mod usage;
mod uses;
mod wait;

use std::ops::Deref;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use keycask_sqlite::{DatabaseFile, Handle, Pass, Permissions, Turn};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::audit::Frontier;
use crate::clock::{Moment, Stopwatch};
use crate::error::{Error, ErrorKind, Result};
use crate::planted::{Bug, is_planted};
use crate::schema::{self, FORMAT};
use crate::secret::Digest;

pub(crate) use batches::{NewUse, OpenWriter, Tallies, Tally, Window, WriterId};
pub(crate) use changes::ChangeQuery;
use changes::Told;
use checkpointer::Checkpointed;
pub(crate) use imports::{ImportNo, Staged, Staging};
pub(crate) use keys::{Found, KeyQuery, News, Settings};
pub(crate) use logs::LogState;
use observe::LastLook;
pub(crate) use observe::{Observation, Session};
pub(crate) use outbox::{DeliverableQuery, NoticeQuery};
pub(crate) use peppers::Generation;
pub(crate) use replace::Place;
pub(crate) use uses::UseQuery;
use wait::Waits;

const STATEMENTS: usize = 64;
/// Short changes after which their pages are moved from the log into the file.
const CHANGES_A_CHECKPOINT: u32 = 8;

/// The connections to one vault's file.
pub(crate) struct Store {
    handle: Handle,
    busy_timeout: Duration,
    waits: Waits,
    last_look: LastLook,
    checkpointed: Checkpointed,
    /// Set once by an error after which the file can't be trusted: every later call fails with it.
    poison: OnceLock<(ErrorKind, String)>,
}

impl Store {
    /// Creates the file; `fill` writes what a vault begins with.
    pub(crate) fn create(
        path: &Path,
        permissions: Permissions,
        busy_timeout: Duration,
        moment: Moment,
        fill: impl FnOnce(&mut Change<'_>) -> Result<()>,
    ) -> Result<Self> {
        let created = keycask_sqlite::create(path, permissions, FORMAT, |db| fill_new(db, moment, fill))?;
        Ok(Self::of(Handle::new(created, &keycask_sqlite::enter()?), busy_timeout))
    }

    /// The same without a file: what it holds ends with it.
    pub(crate) fn create_in_memory(
        busy_timeout: Duration,
        moment: Moment,
        fill: impl FnOnce(&mut Change<'_>) -> Result<()>,
    ) -> Result<Self> {
        let pass = keycask_sqlite::enter()?;
        let mut db = keycask_sqlite::open_in_memory(FORMAT)?;
        fill_new(&mut db, moment, fill)?;
        Ok(Self::of(Handle::in_memory(db, &pass), busy_timeout))
    }

    /// Looks at the file; connections are made when they are used.
    pub(crate) fn open(path: &Path, busy_timeout: Duration) -> Result<Self> {
        let file = DatabaseFile::inspect(path, FORMAT)?;
        Ok(Self::of(Handle::new(file, &keycask_sqlite::enter()?), busy_timeout))
    }

    fn of(handle: Handle, busy_timeout: Duration) -> Self {
        Self {
            handle,
            busy_timeout,
            waits: Waits::new(busy_timeout),
            last_look: LastLook::default(),
            checkpointed: Checkpointed::default(),
            poison: OnceLock::new(),
        }
    }

    /// Ends the use of the vault by this store. Calls in flight finish; later ones fail.
    pub(crate) fn close(&self) {
        self.handle.close();
    }

    /// The file, with symbolic links resolved.
    pub(crate) fn path(&self) -> &Path {
        self.file().path()
    }

    fn file(&self) -> &DatabaseFile {
        self.handle.file()
    }

    /// The bytes of the file and of its log.
    pub(crate) fn sizes(&self) -> (u64, u64) {
        let size = |path: &Path| path.metadata().map_or(0, |file| file.len());
        let mut log = self.path().as_os_str().to_owned();
        log.push("-wal");
        (size(self.path()), size(Path::new(&log)))
    }

    /// How many changes had to wait for another writer.
    pub(crate) fn waits(&self) -> u64 {
        self.waits.count()
    }

    /// Lends one consistent state of the vault.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<T> {
        self.with_reader(|db| {
            let tx = db.transaction()?;
            let snapshot = Snapshot { db: &tx };
            snapshot.check_min_schema()?;
            read(&snapshot)
        })
    }

    /// The same for a single statement, which is consistent by itself and needs no transaction.
    pub(crate) fn peek<T>(&self, read: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<T> {
        self.with_reader(|db| {
            let snapshot = Snapshot { db };
            let result = read(&snapshot)?;
            // Afterwards: what was read before is no newer than what is known to be understood.
            snapshot.check_min_schema()?;
            Ok(result)
        })
    }

    /// Looks up a digest, in a session of its own.
    pub(crate) fn find(&self, digest: &Digest) -> Result<Found> {
        self.session(|session| session.find(digest))
    }

    /// Lends one consistent state on a connection that is closed afterwards, so that none is held. Only once
    /// `read` is content may the file be changed at all: one that was copied without its log gets one again.
    pub(crate) fn read_once<T>(&self, read: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<T> {
        self.guarded(|pass| {
            let mut db = self.handle.once(pass, || self.file().connect(self.busy_timeout))?;
            let tx = db.transaction()?;
            let result = read(&Snapshot { db: &tx })?;
            drop(tx);
            self.file().ensure_wal(&db)?;
            Ok(result)
        })
    }

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
            let result = transact(tx, moment, make)?;
            self.shorten_log(db);
            Ok(Ok(result))
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
    fn in_turn<F, T>(
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

    /// Copies the vault as of one moment to a new file of mode 0600, which appears once `admit` is content.
    pub(crate) fn copy_to(
        &self,
        path: &Path,
        progress: &mut dyn FnMut(u64, u64),
        admit: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let pass = keycask_sqlite::enter()?;
        let mut db = self.guarded(|_| self.handle.once(&pass, || self.connect()))?;
        // What can go wrong from here on is the copy's, and no reason to distrust the vault.
        keycask_sqlite::copy(&mut db, path, Permissions::default(), FORMAT, progress, admit)
            .map(drop)
            .map_err(|error: Error| error.rename("open vault", "copy the vault to"))
    }

    /// A second writer for many short changes that needn't be durable one by one.
    pub(crate) fn quick_writer(&self) -> QuickWriter<'_> {
        QuickWriter { store: self, changes: 0 }
    }

    fn with_reader<T>(&self, read: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        self.guarded(|pass| {
            let mut db = self.handle.reader(pass, || self.connect())?;
            read(&mut db).map_err(|error| explain(&db, error))
        })
    }

    /// Runs `work` unless the file can't be trusted, and remembers when it turns out so.
    fn guarded<T>(&self, work: impl FnOnce(&Pass) -> Result<T>) -> Result<T> {
        let pass = keycask_sqlite::enter().map_err(|error| Error::from(error).rename("open", "use"))?;
        if self.handle.is_closed() {
            return Err(Error::closed());
        }
        if let Some((kind, why)) = self.poison.get() {
            return Err(Error::new(
                *kind,
                format!("use the vault: it failed before, so nothing is answered; open it anew ({why})"),
            ));
        }
        let result = if self.file().is_in_place() {
            work(&pass)
        } else {
            Err(Error::new(
                ErrorKind::VaultMissing,
                format!("use vault {}: its file was deleted, renamed or replaced", self.path().display()),
            ))
        };
        if let Err(error) = &result
            && (error.poisons() || error.kind() == ErrorKind::VaultMissing)
            && self.poison.set((error.kind(), error.to_string())).is_ok()
        {
            log::error!(target: "keycask::store", "{error}; this handle answers nothing from now on");
        }
        result
    }

    fn connect(&self) -> Result<Connection> {
        let db = self.file().connect(self.busy_timeout)?;
        self.file().ensure_wal(&db)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.pragma_update(None, "wal_autocheckpoint", 0)?;
        if is_planted(Bug::KeyChangesNormal) {
            db.pragma_update(None, "synchronous", "NORMAL")?;
        }
        Ok(db)
    }

    fn connect_quick(&self) -> Result<Connection> {
        let db = self.connect()?;
        db.pragma_update(None, "synchronous", "NORMAL")?;
        // What it writes is named by no other row yet: looking for one would read whole tables.
        db.pragma_update(None, "foreign_keys", false)?;
        Ok(db)
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

/// Writes what a vault begins with.
fn fill_new(
    db: &mut Connection,
    moment: Moment,
    fill: impl FnOnce(&mut Change<'_>) -> Result<()>,
) -> Result<()> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(schema::INITIAL)?;
    schema::STEPS.iter().try_for_each(|step| tx.execute_batch(step.sql))?;
    let mut change = Change::new(&tx, moment);
    fill(&mut change)?;
    change.finish()?;
    Ok(tx.commit()?)
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
        self.store.checkpoint_beside_others().map(drop)
    }
}

fn transact<T>(
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

/// A statement that fails since a later schema took away what it speaks of is no defect.
fn explain(db: &Connection, error: Error) -> Error {
    match db.pragma_query_value(None, "user_version", |row| row.get(0)).map(head::known_schema) {
        Ok(Err(newer)) => newer,
        _ => error,
    }
}

/// One consistent state of the vault.
pub(crate) struct Snapshot<'c> {
    db: &'c Connection,
}

/// A change in the making. Dropped without [`finish`](Self::finish) and commit, it leaves nothing behind.
pub(crate) struct Change<'c> {
    snapshot: Snapshot<'c>,
    moment: Moment,
    /// The epoch of this transaction, once something that verify reads was touched.
    epoch: Option<i64>,
    changes: Option<Frontier>,
    uses: Option<Frontier>,
    /// Where the stored high-water mark of the clock must go, down as well as up.
    clock_corrected: bool,
    /// What to log once it is committed.
    told: Vec<Told>,
}

impl<'c> Change<'c> {
    fn new(db: &'c Connection, moment: Moment) -> Self {
        Self {
            snapshot: Snapshot { db },
            moment,
            epoch: None,
            changes: None,
            uses: None,
            clock_corrected: false,
            told: Vec::new(),
        }
    }

    /// The time that the change is made at.
    pub(crate) fn moment(&self) -> Moment {
        self.moment
    }
}

impl<'c> Deref for Change<'c> {
    type Target = Snapshot<'c>;

    fn deref(&self) -> &Self::Target {
        &self.snapshot
    }
}
