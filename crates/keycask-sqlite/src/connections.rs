//! The connections of this process to each file, shared by all who have it open.
//!
//! The locks on a file belong to the process, so its connections are counted in one place: to know when there
//! must be a lock, when there must be none yet, and what to close before a fork. Whatever takes a mutex here holds
//! a [`Pass`](crate::Pass); a fork, which waits for passes, therefore finds each of them free.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, InterruptHandle};

use crate::error::OpenError;
use crate::inspect::Identity;
use crate::locks;
use crate::observer::Observer;
use crate::watch::Watch;

/// Readers that are kept open between calls.
const KEPT_READERS: usize = 8;

static REGISTRY: Mutex<Vec<Arc<Connections>>> = Mutex::new(Vec::new());

/// What connects this process to one file.
pub(crate) struct Connections {
    identity: Identity,
    /// Handles that may still ask for a connection.
    handles: AtomicUsize,
    /// Connections that are open, idle or not.
    open: AtomicUsize,
    first: Mutex<()>,
    readers: Mutex<Vec<Attached>>,
    writers: Mutex<Writers>,
    /// Threads that wait for the turn to write and are in a hurry.
    waiting: AtomicUsize,
    interrupts: Mutex<Vec<(usize, InterruptHandle)>>,
    observers: Mutex<Vec<Weak<Observer>>>,
    watch: Watch,
    /// Somebody took the locks away: nothing is lent until every connection is closed.
    lost: AtomicBool,
}

/// The connections that write, one at a time.
#[derive(Default)]
pub(crate) struct Writers {
    pub(crate) durable: Option<Attached>,
    pub(crate) quick: Option<Attached>,
}

/// An open connection that is counted.
pub(crate) struct Attached {
    db: Connection,
    number: usize,
    // Last: what is counted is closed by then.
    claim: Claim,
}

/// A place in the count of a file's open connections.
pub(crate) struct Claim(Arc<Connections>);

impl Connections {
    /// Those of a file, for one more handle.
    pub(crate) fn of(identity: Identity) -> Arc<Self> {
        let mut registry = lock(&REGISTRY);
        // Only a file that nobody has open can have lost its number to another one.
        registry.retain(|known| !known.is_unused());
        let known = registry.iter().find(|known| known.identity == identity).cloned();
        let connections = known.unwrap_or_else(|| {
            let new = Arc::new(Self::new(identity));
            registry.push(new.clone());
            new
        });
        connections.handles.fetch_add(1, Ordering::SeqCst);
        connections
    }

    /// Those of a database that is in memory, with the one that it has.
    pub(crate) fn in_memory(db: Connection) -> Arc<Self> {
        let connections = Arc::new(Self::new(Identity::NONE));
        connections.handles.fetch_add(1, Ordering::SeqCst);
        connections.open.fetch_add(1, Ordering::SeqCst);
        let claim = Claim(connections.clone());
        lock(&connections.writers).durable = Some(Attached { db, number: 0, claim });
        connections
    }

    fn new(identity: Identity) -> Self {
        Self {
            identity,
            handles: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            first: Mutex::default(),
            readers: Mutex::default(),
            writers: Mutex::default(),
            waiting: AtomicUsize::new(0),
            interrupts: Mutex::default(),
            observers: Mutex::default(),
            watch: Watch::default(),
            lost: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.identity == Identity::NONE
    }

    /// One handle less. The last one closes what is idle.
    pub(crate) fn release(&self) {
        if self.handles.fetch_sub(1, Ordering::SeqCst) == 1 {
            drop(std::mem::take(&mut *lock(&self.readers)));
            drop(std::mem::take(&mut *lock(&self.writers)));
        }
    }

    fn is_unused(&self) -> bool {
        self.handles.load(Ordering::SeqCst) == 0 && self.open.load(Ordering::SeqCst) == 0
    }

    /// Counts a connection that is about to be opened.
    ///
    /// # Errors
    ///
    /// [`OpenError::ForeignAccess`] where the process has a lock on the file that isn't ours: a second copy of
    /// SQLite, whose locks and ours would not see each other.
    pub(crate) fn claim(self: &Arc<Self>, path: &Path) -> Result<Claim, OpenError> {
        let _first = lock(&self.first);
        if self.open.load(Ordering::SeqCst) == 0 {
            self.lost.store(false, Ordering::SeqCst);
            self.watch.forget();
            if locks::is_locked_by_us(self.identity) {
                return Err(OpenError::ForeignAccess(path.to_owned()));
            }
        }
        self.check_lost(path)?;
        self.open.fetch_add(1, Ordering::SeqCst);
        Ok(Claim(self.clone()))
    }

    /// The same for a connection without a handle.
    pub(crate) fn claim_once(identity: Identity, path: &Path) -> Result<Claim, OpenError> {
        let connections = Self::of(identity);
        let claim = connections.claim(path);
        connections.release();
        claim
    }

    /// Opens a connection by `open`. A fork interrupts it, if it takes long.
    pub(crate) fn attach_reader<E: From<OpenError>>(
        self: &Arc<Self>,
        path: &Path,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<Attached, E> {
        static NUMBER: AtomicUsize = AtomicUsize::new(1);
        let mut attached = self.attach_writer(path, open)?;
        attached.number = NUMBER.fetch_add(1, Ordering::Relaxed);
        lock(&self.interrupts).push((attached.number, attached.db.get_interrupt_handle()));
        Ok(attached)
    }

    /// Opens a connection by `open`. A fork waits for it.
    pub(crate) fn attach_writer<E: From<OpenError>>(
        self: &Arc<Self>,
        path: &Path,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<Attached, E> {
        let claim = self.claim(path)?;
        Ok(Attached { db: open()?, number: 0, claim })
    }

    pub(crate) fn idle_reader(&self) -> Option<Attached> {
        lock(&self.readers).pop()
    }

    /// Keeps a reader for the next caller, or closes it.
    pub(crate) fn put_back(&self, reader: Attached) {
        if self.lost.load(Ordering::SeqCst) {
            return reader.close_as_it_is();
        }
        let mut readers = lock(&self.readers);
        if readers.len() < KEPT_READERS && self.handles.load(Ordering::SeqCst) > 0 {
            readers.push(reader);
        }
    }

    /// The one writer's turn, and whether another thread had it. Who is in a `hurry` is counted while waiting.
    pub(crate) fn writers(&self, hurry: bool) -> (MutexGuard<'_, Writers>, bool) {
        if let Ok(writers) = self.writers.try_lock() {
            return (writers, false);
        }
        self.waiting.fetch_add(usize::from(hurry), Ordering::SeqCst);
        let writers = lock(&self.writers);
        self.waiting.fetch_sub(usize::from(hurry), Ordering::SeqCst);
        (writers, true)
    }

    /// Whether a thread in a hurry waits for its turn.
    pub(crate) fn is_turn_awaited(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Now and then looks whether the locks of an open connection are still there. The caller has one.
    pub(crate) fn watch(&self, path: &Path) -> Result<(), OpenError> {
        if !self.is_in_memory() && !self.lost.load(Ordering::SeqCst) && !self.watch.holds(path, self.identity)
        {
            self.lost.store(true, Ordering::SeqCst);
            log::error!(target: "keycask::locks", "the locks on {} were lost", path.display());
            self.close_idle();
        }
        self.check_lost(path)
    }

    pub(crate) fn check_lost(&self, path: &Path) -> Result<(), OpenError> {
        if self.lost.load(Ordering::SeqCst) { Err(OpenError::ForeignAccess(path.to_owned())) } else { Ok(()) }
    }

    /// One that is closed before a fork, and where the locks were lost.
    pub(crate) fn add_observer(&self, observer: &Arc<Observer>) {
        let mut observers = lock(&self.observers);
        observers.retain(|known| known.strong_count() > 0);
        observers.push(Arc::downgrade(observer));
    }

    /// Closes what nobody uses, without waiting.
    fn close_idle(&self) {
        if let Ok(mut readers) = self.readers.try_lock() {
            std::mem::take(&mut *readers).into_iter().for_each(Attached::close_as_it_is);
        }
        if let Ok(mut writers) = self.writers.try_lock() {
            writers.close_as_they_are();
        }
        if let Ok(observers) = self.observers.try_lock() {
            let observers = observers.iter().filter_map(Weak::upgrade);
            observers.for_each(|observer| observer.close(false, Attached::close_as_it_is));
        }
    }
}

impl Writers {
    pub(crate) fn close_as_they_are(&mut self) {
        let Self { durable, quick } = std::mem::take(self);
        durable.into_iter().chain(quick).for_each(Attached::close_as_it_is);
    }
}

/// Before a fork: closes every connection that nobody uses. Whether none is open then.
#[cfg(not(feature = "test-no-fork-handlers"))]
pub(crate) fn close_idle() -> bool {
    let Ok(registry) = REGISTRY.try_lock() else { return false };
    registry.iter().for_each(|file| file.close_idle());
    registry.iter().all(|file| file.open.load(Ordering::SeqCst) == 0)
}

/// Ends what readers are doing, with SQLite's `SQLITE_INTERRUPT`.
#[cfg(not(feature = "test-no-fork-handlers"))]
pub(crate) fn interrupt_readers() {
    let Ok(registry) = REGISTRY.try_lock() else { return };
    for interrupts in registry.iter().filter_map(|file| file.interrupts.try_lock().ok()) {
        interrupts.iter().for_each(|(_, reader)| reader.interrupt());
    }
}

impl Attached {
    /// Closes without moving the log into the file: for a fork, which must not wait for that, and where the
    /// locks that it takes can't be relied on.
    pub(crate) fn close_as_it_is(self) {
        let _ = self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }
}

impl Deref for Attached {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.db
    }
}

impl DerefMut for Attached {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.db
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        if self.number != 0 {
            lock(&self.claim.0.interrupts).retain(|(number, _)| *number != self.number);
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A panic under one of these locks left a connection whose transaction was rolled back, or a list without it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
