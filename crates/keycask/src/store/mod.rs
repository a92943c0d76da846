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
mod write;

use std::ops::Deref;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use keycask_sqlite::{DatabaseFile, Handle, Pass, Permissions};
use rusqlite::{Connection, TransactionBehavior};

use crate::audit::Frontier;
use crate::clock::Moment;
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
pub(crate) use write::{Durability, Job, QuickWriter};

const STATEMENTS: usize = 64;

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
            .map_err(|error: Error| {
                error.rename("open vault:", "copy the vault:").rename("open vault", "copy the vault to")
            })
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
