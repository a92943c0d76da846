//! Events of the log of uses.

use std::net::IpAddr;
use std::time::SystemTime;

use super::leaf::write_use_leaf;
use crate::clock::Timestamp;
use crate::key::{KeyId, KeyNo, Outcome};

/// A row of `uses` as it is stored, with the id of the request as text of some kind.
#[derive(Clone, Debug)]
pub(crate) struct UseRow<T = String> {
    pub(crate) seq: i64,
    pub(crate) at: Timestamp,
    /// `None` for counted strangers.
    pub(crate) key: Option<KeyNo>,
    pub(crate) outcome: Outcome,
    /// The epoch that the outcome was judged under.
    pub(crate) epoch: i64,
    pub(crate) client: Option<IpAddr>,
    pub(crate) request: Option<T>,
    /// `None` for a single use.
    pub(crate) counted: Option<Counted>,
    /// The known prefix that strangers presented.
    pub(crate) prefix_no: Option<i64>,
}

impl<T: AsRef<str>> UseRow<T> {
    /// The leaf.
    pub(crate) fn leaf(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        write_use_leaf(&mut bytes, self);
        bytes
    }
}

/// How many uses a row stands for, and when the last of them was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) count: i64,
    pub(crate) last: Timestamp,
}

/// An event of the log of uses: one verify, or several that were counted together.
#[derive(Clone, Debug)]
pub struct Use {
    pub(crate) row: UseRow,
    pub(crate) key_id: Option<KeyId>,
}

impl Use {
    /// Its place in the log, from 1 on without holes; `None` while its count is still open.
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        (self.row.seq > 0).then(|| self.row.seq.unsigned_abs())
    }

    /// When verify judged; of several, the first time.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        self.row.at.into()
    }

    /// When verify judged the last of them.
    #[must_use]
    pub fn last_at(&self) -> SystemTime {
        self.row.counted.map_or(self.row.at, |counted| counted.last).into()
    }

    /// How many verifies this stands for.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.row.counted.map_or(1, |counted| counted.count.unsigned_abs())
    }

    /// What verify found.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.row.outcome
    }

    /// The key that was presented.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        self.key_id
    }

    /// The client's address.
    #[must_use]
    pub fn client_ip(&self) -> Option<IpAddr> {
        self.row.client
    }

    /// The id of the client's request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.row.request.as_deref()
    }
}

/// How often a key was used, and when last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub(crate) uses: u64,
    pub(crate) last_used: Option<Timestamp>,
}

impl Usage {
    /// Valid verifies, as far as they were recorded.
    #[must_use]
    pub fn uses(&self) -> u64 {
        self.uses
    }

    /// The last of them.
    #[must_use]
    pub fn last_used_at(&self) -> Option<SystemTime> {
        self.last_used.map(Into::into)
    }
}
