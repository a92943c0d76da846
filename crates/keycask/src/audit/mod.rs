//! The two logs: what an event is, how it becomes a leaf, and the tree that makes an edit show.

mod change;
mod leaf;
mod tree;
mod usage;

pub use change::{Change, ChangeKind};
pub(crate) use change::{ChangeRow, Event};
pub(crate) use leaf::{Commitments, address_bytes, use_leaf};
pub(crate) use tree::{Frontier, Hash};
pub(crate) use usage::{Counted, UseRow};
pub use usage::{Usage, Use};

/// One of the vault's two logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Log {
    /// Changes of keys, the policy and the vault itself; kept for ever.
    Changes,
    /// Verifies of known keys; pruned by the policy.
    Uses,
}

impl Log {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Changes, Self::Uses];

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changes => "changes",
            Self::Uses => "uses",
        }
    }

    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Changes => 1,
            Self::Uses => 2,
        }
    }
}
