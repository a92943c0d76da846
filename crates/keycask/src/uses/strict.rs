//! Strict uses: verify answers `valid` only after its event is committed. Those that wait share a commit.

use std::sync::{Arc, OnceLock};

use super::counts::add_bucket;
use super::lane::{Lane, lock};
use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Change, Job, NewUse, Tallies};

/// A use, and how its commit went.
pub(super) struct Ticket {
    new: NewUse,
    done: OnceLock<std::result::Result<(), (ErrorKind, String)>>,
}

impl Ticket {
    pub(super) fn new(new: NewUse) -> Arc<Self> {
        Arc::new(Self { new, done: OnceLock::new() })
    }

    /// What came of it, once somebody tried.
    pub(super) fn outcome(&self) -> Option<Result<()>> {
        let done = self.done.get()?;
        Some(done.clone().map_err(|(kind, why)| Error::new(kind, why)))
    }
}

/// The job of committing a ticket, with all that wait beside it.
pub(super) struct CommitTickets<'l> {
    lane: &'l Lane,
    own: &'l Ticket,
    regression: Option<Timestamp>,
    taken: Vec<Arc<Ticket>>,
}

impl<'l> CommitTickets<'l> {
    pub(super) fn new(lane: &'l Lane, own: &'l Ticket, regression: Option<Timestamp>) -> Self {
        Self { lane, own, regression, taken: Vec::new() }
    }

    /// Tells the others who waited that it failed.
    pub(super) fn fail(&self, error: &Error) {
        for ticket in &self.taken {
            let _ = ticket.done.set(Err((error.kind(), error.to_string())));
        }
    }
}

impl Job for CommitTickets<'_> {
    fn is_done(&self) -> bool {
        self.own.done.get().is_some()
    }

    fn is_awaited(&self) -> bool {
        true
    }

    fn make(&mut self, change: &mut Change<'_>) -> Result<()> {
        self.taken.append(&mut lock(&self.lane.strict));
        if let Some(mark) = self.regression {
            change.record_regression(mark)?;
        }
        let (counted, single): (Vec<_>, Vec<_>) =
            self.taken.iter().map(|ticket| &ticket.new).partition(|new| new.bucket);
        change.append_uses(single)?;
        let mut tallies = Tallies::default();
        for new in counted {
            add_bucket(&mut tallies, new);
        }
        change.add_tallies(&tallies)?;
        change.close_counts(self.own.new.at.max(change.moment().at))
    }

    fn committed(&mut self) {
        self.taken.iter().for_each(|ticket| {
            let _ = ticket.done.set(Ok(()));
        });
    }
}
