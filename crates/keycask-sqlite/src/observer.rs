//! A connection that is kept open to see, without asking it, whether anybody committed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::connections::Attached;
use crate::error::OpenError;
use crate::fork::Pass;
use crate::handle::Handle;
use crate::window::{Header, Window};

/// The window of one handle, and the connection that keeps it true.
pub(crate) struct Observer {
    window: Window,
    db: Mutex<Option<Attached>>,
}

impl Observer {
    pub(crate) fn new() -> Self {
        Self { window: Window::new(), db: Mutex::default() }
    }

    #[inline]
    pub(crate) fn header(&self) -> Header {
        self.window.header()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Attached>> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connection, the window first. `wait` says whether to wait for who has it.
    pub(crate) fn close(&self, wait: bool, close: fn(Attached)) {
        let db = if wait { Ok(self.lock()) } else { self.db.try_lock().map_err(drop) };
        let Ok(mut db) = db else { return };
        self.window.hide();
        db.take().into_iter().for_each(close);
    }
}

/// The connection of a handle's observer, one thread's at a time.
pub struct Observed<'h> {
    observer: &'h Observer,
    db: MutexGuard<'h, Option<Attached>>,
}

impl Observed<'_> {
    /// The header now; none that is cacheable where a window can't be had.
    #[must_use]
    pub fn header(&self) -> Header {
        self.observer.window.settled_header()
    }

    /// The connection. No statement of it may be left open: it would pin what it reads.
    #[must_use]
    pub fn connection(&mut self) -> Option<&mut Connection> {
        self.db.as_deref_mut()
    }
}

impl Handle {
    /// Who sees commits, for a look that takes no lock.
    #[inline]
    #[must_use]
    pub fn header(&self) -> Header {
        self.observer().header()
    }

    /// Waits for the observer's connection, which is opened by `open` where it isn't yet, and looks after the locks.
    pub fn observe<'h, E: From<OpenError>>(
        &'h self,
        _: &'h Pass,
        open: impl FnOnce() -> Result<Connection, E>,
    ) -> Result<Observed<'h>, E> {
        let observer: &'h Arc<Observer> = self.observer();
        let mut db = observer.lock();
        if db.is_none() && !self.is_in_memory() {
            if self.is_closed() {
                return Err(OpenError::Closed.into());
            }
            let attached = self.attach(open)?;
            observer.window.show(&attached);
            *db = Some(attached);
        }
        self.watch().inspect_err(|_| {
            observer.window.hide();
            db.take().into_iter().for_each(Attached::close_as_it_is);
        })?;
        Ok(Observed { observer, db })
    }
}
