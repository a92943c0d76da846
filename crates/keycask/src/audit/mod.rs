//! The two logs: what an event is, how it becomes a leaf, and the tree that makes an edit show.

mod change;
mod checkpoint;
mod leaf;
mod note;
mod proof;
mod tree;
mod usage;

pub use change::{Change, ChangeKind};
pub(crate) use change::{ChangeRow, Event, ImportedKey};
pub use checkpoint::Checkpoint;
pub(crate) use leaf::{Erased, Kept, Personal, address_bytes, write_use_leaf};
pub use note::{NoteSigner, NoteVerifier};
pub(crate) use proof::{Prover, extend};
pub(crate) use tree::{Frontier, Hash};
pub(crate) use usage::{Counted, UseRow};
pub use usage::{Usage, Use};

/// A hash in lower-case hexadecimal.
pub(crate) fn hex(hash: &Hash) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('?');
    hash.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

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
