//! A plan at work.

use std::ffi::c_int;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::process::{Signal, getpid, kill_process};

use super::plan::{Fault, Operation, Plan};
use super::trace::Record;

pub(super) struct State {
    folder: PathBuf,
    plan: Plan,
    count: AtomicU64,
    came: AtomicBool,
    over: AtomicBool,
    trace: Option<Mutex<File>>,
    /// The number of the next file that is opened.
    next_file: AtomicU64,
}

impl State {
    pub(super) fn new(folder: &Path, plan: Plan) -> Self {
        let trace = plan.trace.as_ref().map(|path| {
            Mutex::new(File::create_new(path).unwrap_or_else(|error| panic!("create the trace: {error}")))
        });
        // As SQLite will name its files.
        let folder = folder.canonicalize().unwrap_or_else(|error| panic!("find the folder: {error}"));
        let (came, over) = (AtomicBool::new(false), AtomicBool::new(false));
        let (count, next_file) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { folder, plan, count, came, over, trace, next_file }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    pub(super) fn came(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }

    /// Ends the plan, for files that are open as well.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    pub(super) fn number_file(&self) -> u64 {
        self.next_file.fetch_add(1, Ordering::SeqCst)
    }

    /// Counts an operation that is about to be done. The fault that comes instead, if one does.
    pub(super) fn next(&self, operation: Operation) -> Option<Fault> {
        if self.over.load(Ordering::SeqCst) || !self.plan.counted.contains(&operation) {
            return None;
        }
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        let (n, fault) = self.plan.fault?;
        let is_it = number == n || (self.plan.for_ever && number > n);
        if is_it {
            self.came.store(true, Ordering::SeqCst);
        }
        is_it.then_some(fault)
    }

    /// The same, for what is done as a whole or not at all. `Err` has the result that stands for its failure.
    pub(super) fn before(&self, operation: Operation) -> Result<(), c_int> {
        self.next(operation).map_or(Ok(()), |fault| Err(strike(fault, operation)))
    }

    /// Writes down what was done. A process that is killed leaves it behind.
    pub(super) fn record(&self, record: &Record) {
        let Some(trace) = self.trace.as_ref().filter(|_| self.is_traced()) else { return };
        let mut file = trace.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&record.to_bytes()).unwrap_or_else(|error| panic!("write the trace: {error}"));
    }

    pub(super) fn is_traced(&self) -> bool {
        self.trace.is_some() && !self.over.load(Ordering::SeqCst)
    }
}

/// Lets a fault come: ends the process, or tells the result.
pub(super) fn strike(fault: Fault, operation: Operation) -> c_int {
    match fault {
        Fault::Error(which) => operation.error(which),
        Fault::Kill => {
            let _ = kill_process(getpid(), Signal::KILL);
            // The signal is on its way.
            loop {
                std::thread::park();
            }
        }
    }
}
