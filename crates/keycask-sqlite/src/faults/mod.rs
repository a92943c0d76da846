//! Faults on demand, for tests only: a layer between SQLite and the operating system that fails, kills its own
//! process, and writes down what a disk was asked to do.
//!
//! [`arm`] gives a folder a [`Plan`] until what it returns is dropped: connections that are opened to files in it go
//! through the layer, and those to other files don't. [`replay`] makes of what was written down what a power cut could have left.

mod file;
mod plan;
pub mod replay;
mod state;
pub mod trace;
mod vfs;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

pub use plan::{ERRORS, Fault, Operation, Plan};
use state::State;
pub(crate) use vfs::name_for;

/// Folders with a plan.
static ARMED: Mutex<Vec<Arc<State>>> = Mutex::new(Vec::new());

/// A folder whose files are reached through the layer, and ruled by its plan for as long as this lives.
pub struct Armed(Arc<State>);

/// Lets `plan` rule the files in a folder. What is open in it already is left alone.
///
/// # Panics
///
/// Where the plan's trace can't be created.
#[must_use]
pub fn arm(folder: &Path, plan: Plan) -> Armed {
    let state = Arc::new(State::new(folder, plan));
    armed().push(state.clone());
    Armed(state)
}

impl Armed {
    /// How many operations that the plan counts there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count()
    }

    /// Whether the fault came.
    #[must_use]
    pub fn came(&self) -> bool {
        self.0.came()
    }

    /// Writes down what the program itself knows at this moment.
    pub fn mark(&self, what: &[u8]) {
        self.0.record(&trace::Record::Mark(what.into()));
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        self.0.end();
        armed().retain(|state| !Arc::ptr_eq(state, &self.0));
    }
}

/// The plan for a file.
fn state_of(path: &Path) -> Option<Arc<State>> {
    armed().iter().find(|state| path.parent() == Some(state.folder())).cloned()
}

fn armed() -> std::sync::MutexGuard<'static, Vec<Arc<State>>> {
    ARMED.lock().unwrap_or_else(PoisonError::into_inner)
}
