//! One opener's share of the connections to a file.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};

use rusqlite::Connection;

use crate::connections::{Attached, Connections, Writers};
use crate::error::OpenError;
use crate::fork::{self, Pass};
use crate::inspect::DatabaseFile;
use crate::observer::Observer;

/// A file that was opened: lends connections to it, and keeps them between calls.
///
/// All handles of one file in a process share its connections, and a fork closes them. Before each loan, at most
/// once a second, the kernel's list of locks is compared with what SQLite believes to hold.
pub struct Handle {
    file: DatabaseFile,
    connections: Arc<Connections>,
    observer: Arc<Observer>,
    closed: AtomicBool,
}

impl Handle {
    /// A handle of a file that was inspected. Nothing is opened yet.
    #[must_use]
    pub fn new(file: DatabaseFile, _: &Pass) -> Self {
        Self::of(Connections::of(file.identity()), file)
    }

    /// A handle of a database in memory, whose only connection is `db`.
    #[must_use]
    pub fn in_memory(db: Connection, _: &Pass) -> Self {
        Self::of(Connections::in_memory(db), DatabaseFile::in_memory())
    }

    fn of(connections: Arc<Connections>, file: DatabaseFile) -> Self {
        let observer = Arc::new(Observer::new());
        connections.add_observer(&observer);
        Self { file, connections, observer, closed: AtomicBool::new(false) }
    }

    pub(crate) fn observer(&self) -> &Arc<Observer> {
        &self.observer
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        self.connections.is_in_memory()
    }

    pub(crate) fn attach<E: From<OpenError>>(
        &self,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<Attached, E> {
        self.connections.attach_reader(self.path(), open)
    }

    pub(crate) fn watch(&self) -> Result<(), OpenError> {
        self.connections.watch(self.path())
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &DatabaseFile {
        &self.file
    }

    /// Closes the handle for good. Of the last handle, every connection is closed that isn't in use; those are as
    /// soon as they aren't any more. Never fails, and does nothing the second time.
    pub fn close(&self) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            // A copy of the process that can't use SQLite leaves what it inherited alone.
            let Ok(_pass) = fork::enter() else { return };
            self.observer.close(true, drop);
            self.connections.release();
        }
    }

    /// Whether [`close`](Self::close) was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Lends a connection for reading: one that is idle, else a new one by `open`.
    pub fn reader<'h, E: From<OpenError>>(
        &'h self,
        _: &'h Pass,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<Reader<'h>, E> {
        if self.connections.is_in_memory() {
            return Ok(self.only_one()?);
        }
        let idle = self.connections.idle_reader();
        let db = idle.map_or_else(|| self.connections.attach_reader(self.path(), open), Ok)?;
        self.connections.watch(self.path())?;
        Ok(Reader(Loan::Own(Some(db), &self.connections)))
    }

    /// Waits for the turn to write. Who is in a `hurry` shows in [`is_turn_awaited`](Self::is_turn_awaited).
    pub fn turn<'h>(&'h self, _: &'h Pass, hurry: bool) -> Turn<'h> {
        let (writers, waited) = self.connections.writers(hurry);
        Turn { handle: self, writers, waited }
    }

    /// Whether a thread in a hurry waits for the turn to write.
    #[must_use]
    pub fn is_turn_awaited(&self) -> bool {
        self.connections.is_turn_awaited()
    }

    /// Opens a connection that is not kept.
    pub fn once<'h, E: From<OpenError>>(
        &'h self,
        _: &'h Pass,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<Reader<'h>, E> {
        if self.connections.is_in_memory() {
            return Ok(self.only_one()?);
        }
        let db = self.connections.attach_reader(self.path(), open)?;
        Ok(Reader(Loan::Once(db)))
    }

    fn only_one(&self) -> Result<Reader<'_>, OpenError> {
        let (writers, _) = self.connections.writers(false);
        if writers.durable.is_none() { Err(OpenError::Closed) } else { Ok(Reader(Loan::Shared(writers))) }
    }

    fn path(&self) -> &Path {
        self.file.path()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

/// A connection that is lent for reading.
pub struct Reader<'h>(Loan<'h>);

enum Loan<'h> {
    /// Goes back to the others. Always there until then.
    Own(Option<Attached>, &'h Connections),
    Once(Attached),
    /// The only one of a database in memory.
    Shared(MutexGuard<'h, Writers>),
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        let db = match &self.0 {
            Loan::Own(db, _) => db.as_ref(),
            Loan::Once(db) => Some(db),
            Loan::Shared(writers) => writers.durable.as_ref(),
        };
        db.map(|db| &**db).expect("a loan has its connection")
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        let db = match &mut self.0 {
            Loan::Own(db, _) => db.as_mut(),
            Loan::Once(db) => Some(db),
            Loan::Shared(writers) => writers.durable.as_mut(),
        };
        db.map(|db| &mut **db).expect("a loan has its connection")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if let Loan::Own(db, connections) = &mut self.0
            && let Some(db) = db.take()
        {
            connections.put_back(db);
        }
    }
}

/// The turn to write: no other thread of the process writes until it is dropped.
pub struct Turn<'h> {
    handle: &'h Handle,
    writers: MutexGuard<'h, Writers>,
    waited: bool,
}

impl Turn<'_> {
    /// Whether another thread had it first.
    #[must_use]
    pub fn waited(&self) -> bool {
        self.waited
    }

    /// The connection for changes that are durable when they return; a new one by `open` where there is none.
    pub fn durable<E: From<OpenError>>(
        &mut self,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<&mut Connection, E> {
        self.connection(|writers| &mut writers.durable, open)
    }

    /// The one for changes that become durable with the next durable one. Of a database in memory, the same.
    pub fn quick<E: From<OpenError>>(
        &mut self,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<&mut Connection, E> {
        if self.handle.connections.is_in_memory() {
            return self.durable(open);
        }
        self.connection(|writers| &mut writers.quick, open)
    }

    /// One that is not kept.
    pub fn once<E: From<OpenError>>(
        &self,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<impl Deref<Target = Connection>, E> {
        self.handle.connections.attach_writer(self.handle.path(), open)
    }

    fn connection<E: From<OpenError>>(
        &mut self,
        slot: fn(&mut Writers) -> &mut Option<Attached>,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<&mut Connection, E> {
        let connections = &self.handle.connections;
        let path = self.handle.path();
        if slot(&mut self.writers).is_none() {
            // Who waited for the turn while the handle was closed would open what nobody closes.
            if connections.is_in_memory() || self.handle.is_closed() {
                return Err(OpenError::Closed.into());
            }
            *slot(&mut self.writers) = Some(connections.attach_writer(path, open)?);
        }
        if let Err(lost) = connections.watch(path) {
            self.writers.close_as_they_are();
            return Err(lost.into());
        }
        Ok(slot(&mut self.writers).as_mut().expect("it was opened above"))
    }
}
