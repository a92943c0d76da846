//! What waits to be written, and the sleep of the thread that writes it.
//!
//! A lane belongs to one process: a child of a fork leaves its parent's alone, since a thread that is gone may hold
//! any of its locks, and begins one of its own.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;

use super::batch::{BATCH, Batch};
use super::counts::{Counts, Urgency};
use super::strict::Ticket;
use super::writer_id;
use crate::error::{Error, Result};
use crate::store::{NewUse, Tallies, WriterId};

/// Uses that can wait. What finds no place is counted as missing.
pub(super) const QUEUE: usize = 65_536;

/// So many missing uses may be untold before more of them wait.
const UNTOLD: u64 = 64;
const UNTOLD_PAUSE: Duration = Duration::from_millis(1);

/// What the thread does: works; waits for more, or for the end of a short while; sleeps until it is woken.
const AWAKE: u8 = 0;
const WAITING: u8 = 1;
const ASLEEP: u8 = 2;

thread_local! {
    /// Whether this thread writes uses.
    static IS_WRITER: Cell<bool> = const { Cell::new(false) };
}

/// What there is to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    Nothing,
    Later,
    Soon,
    Now,
}

pub(super) struct Lane {
    pub(super) writer: WriterId,
    generation: u32,
    queue: ArrayQueue<NewUse>,
    /// Uses that found no place and that no event tells of yet.
    missing: AtomicU64,
    /// Whether the last batch couldn't be written.
    failing: AtomicBool,
    counts: Mutex<Counts>,
    /// Locked by who has the turn to write.
    pub(super) batch: Mutex<Batch>,
    pub(super) strict: Mutex<Vec<Arc<Ticket>>>,
    state: AtomicU8,
    closed: AtomicBool,
    thread: OnceLock<Thread>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl Lane {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            writer: writer_id::new()?,
            generation: keycask_sqlite::generation(),
            queue: ArrayQueue::new(QUEUE),
            missing: AtomicU64::new(0),
            failing: AtomicBool::new(false),
            counts: Mutex::default(),
            batch: Mutex::default(),
            strict: Mutex::default(),
            state: AtomicU8::new(AWAKE),
            closed: AtomicBool::new(false),
            thread: OnceLock::new(),
            handle: Mutex::default(),
        })
    }

    pub(super) fn is_of_this_process(&self) -> bool {
        self.generation == keycask_sqlite::generation()
    }

    /// Queues a use. An error where the lane was closed: it may not be written then.
    pub(super) fn push(&self, new: NewUse) -> Result<()> {
        if self.queue.push(new).is_err() {
            self.miss();
        }
        // After the push, in the one order of all: who sleeps now has seen it, and who doesn't is seen here.
        match self.state.load(Ordering::SeqCst) {
            ASLEEP => self.wake(),
            WAITING if self.queue.len() >= BATCH => self.wake(),
            _ => {}
        }
        self.check_open()
    }

    /// Counts by `count`.
    pub(super) fn count(&self, count: impl FnOnce(&mut Counts)) -> Result<()> {
        let (before, after) = {
            let mut counts = lock(&self.counts);
            let before = counts.urgency();
            count(&mut counts);
            (before, counts.urgency())
        };
        if before != after && self.state.load(Ordering::SeqCst) == ASLEEP {
            self.wake();
        }
        self.check_open()
    }

    pub(super) fn knows_prefixes(&self) -> bool {
        lock(&self.counts).knows_prefixes()
    }

    pub(super) fn set_prefixes(&self, prefixes: Vec<(i64, String)>) {
        lock(&self.counts).set_prefixes(prefixes);
    }

    pub(super) fn pop(&self) -> Option<NewUse> {
        self.queue.pop()
    }

    pub(super) fn is_queue_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Uses that wait, taken or not.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len() + lock(&self.batch).taken()
    }

    /// Takes the counts that wait.
    pub(super) fn take_counts(&self) -> Tallies {
        let (tallies, missing) = lock(&self.counts).take();
        self.missing.fetch_add(missing, Ordering::Relaxed);
        tallies
    }

    /// Uses that no event tells of.
    pub(super) fn missing(&self) -> u64 {
        self.missing.load(Ordering::Relaxed)
    }

    /// Notes that an event in the file tells of so many of them.
    pub(super) fn told_missing(&self, count: u64) {
        self.missing.fetch_sub(count, Ordering::Relaxed);
    }

    /// Says whether batches can't be written now.
    pub(super) fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }

    /// Counts a use that found no place. Where uses come faster than they can be written, it then waits, so that what
    /// a killed process leaves untold stays small.
    #[cold]
    fn miss(&self) {
        let missing = self.missing.fetch_add(1, Ordering::Relaxed);
        if missing >= UNTOLD && !self.failing.load(Ordering::Relaxed) {
            std::thread::sleep(UNTOLD_PAUSE);
        }
    }

    /// Whether nothing is left to write.
    pub(super) fn is_settled(&self) -> bool {
        self.demand() == Demand::Nothing && self.missing() == 0 && lock(&self.batch).is_settled()
    }

    pub(super) fn demand(&self) -> Demand {
        match self.queue.len() {
            BATCH.. => return Demand::Now,
            1.. => return Demand::Soon,
            0 => {}
        }
        match lock(&self.counts).urgency() {
            Some(Urgency::Soon) => Demand::Soon,
            Some(Urgency::Later) => Demand::Later,
            None => Demand::Nothing,
        }
    }

    /// Says that this thread is the one that writes.
    pub(super) fn begin_writing() {
        IS_WRITER.set(true);
    }

    pub(super) fn set_thread(&self, handle: JoinHandle<()>) {
        let _ = self.thread.set(handle.thread().clone());
        *lock(&self.handle) = Some(handle);
        // Who closed meanwhile found no thread to wait for.
        if self.is_closed() {
            self.join();
        }
    }

    /// Waits while there is no more to write than `demand`, at most for `time`.
    pub(super) fn rest(&self, demand: Demand, time: Duration) {
        let state = if demand == Demand::Soon { WAITING } else { ASLEEP };
        self.state.store(state, Ordering::SeqCst);
        if self.demand() == demand && !self.is_closed() {
            std::thread::park_timeout(time);
        }
        self.state.store(AWAKE, Ordering::SeqCst);
    }

    fn wake(&self) {
        // One of those who find it asleep is enough.
        if self.state.swap(AWAKE, Ordering::SeqCst) != AWAKE
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    fn check_open(&self) -> Result<()> {
        if self.is_closed() { Err(Error::closed()) } else { Ok(()) }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Refuses what comes from now on, and waits for the thread to end. `false` the second time.
    pub(super) fn close(&self) -> bool {
        if self.closed.swap(true, Ordering::SeqCst) {
            return false;
        }
        self.join();
        true
    }

    fn join(&self) {
        let handle = lock(&self.handle).take();
        // A log's callback that ends the process from the thread would wait for itself.
        if let Some(handle) = handle.filter(|_| !IS_WRITER.get()) {
            handle.thread().unpark();
            // A thread that panicked has nothing more to say: what it left is written by who closes.
            let _ = handle.join();
        }
    }
}

/// A panic under one of these locks left a list that is whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
