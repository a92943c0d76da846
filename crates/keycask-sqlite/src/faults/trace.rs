//! What a disk was asked to do, in order.

use std::path::Path;

/// One thing that was asked, or that the program told about itself. Files have numbers, since a name can come to mean
/// another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A file was opened under a name; `created` says whether it was made then.
    Open {
        /// Its number from now on.
        file: u64,
        /// Its name in the folder.
        name: String,
        /// Whether it wasn't there before.
        created: bool,
    },
    /// Bytes were written.
    Write {
        /// Where.
        file: u64,
        /// From which byte on.
        offset: u64,
        /// What.
        bytes: Vec<u8>,
    },
    /// A file was given a length.
    Truncate {
        /// Which.
        file: u64,
        /// Its length.
        size: u64,
    },
    /// Everything in a file is on the disk.
    Sync {
        /// Which.
        file: u64,
        /// Whether the folder is, too.
        folder: bool,
    },
    /// A name was taken away.
    Delete {
        /// Which.
        name: String,
        /// Whether the folder was synced then.
        folder: bool,
    },
    /// What the program told.
    Mark(Vec<u8>),
}

impl Record {
    /// A tag, two numbers, and bytes with their length before them.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let (tag, numbers, bytes): (u8, [u64; 2], &[u8]) = match self {
            Self::Open { file, name, created } => (0, [*file, u64::from(*created)], name.as_bytes()),
            Self::Write { file, offset, bytes } => (1, [*file, *offset], bytes),
            Self::Truncate { file, size } => (2, [*file, *size], &[]),
            Self::Sync { file, folder } => (3, [*file, u64::from(*folder)], &[]),
            Self::Delete { name, folder } => (4, [u64::from(*folder), 0], name.as_bytes()),
            Self::Mark(bytes) => (5, [0, 0], bytes),
        };
        let mut all = vec![tag];
        all.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        all.extend((bytes.len() as u64).to_le_bytes());
        all.extend(bytes);
        all
    }

    /// The first record of a trace, and what follows it; `None` where it is torn.
    fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (tag, rest) = bytes.split_first()?;
        let (first, rest) = number(rest)?;
        let (second, rest) = number(rest)?;
        let (length, rest) = number(rest)?;
        let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let text = || String::from_utf8_lossy(bytes).into_owned();
        let record = match tag {
            0 => Self::Open { file: first, name: text(), created: second != 0 },
            1 => Self::Write { file: first, offset: second, bytes: bytes.to_vec() },
            2 => Self::Truncate { file: first, size: second },
            3 => Self::Sync { file: first, folder: second != 0 },
            4 => Self::Delete { name: text(), folder: first != 0 },
            5 => Self::Mark(bytes.to_vec()),
            _ => return None,
        };
        Some((record, rest))
    }
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    bytes.split_first_chunk().map(|(number, rest)| (u64::from_le_bytes(*number), rest))
}

/// Reads a trace, as far as it is whole.
///
/// # Errors
///
/// Where the file can't be read.
#[allow(clippy::disallowed_methods, reason = "a trace is no vault")]
pub fn read(path: &Path) -> std::io::Result<Vec<Record>> {
    let bytes = std::fs::read(path)?;
    let mut rest = bytes.as_slice();
    Ok(std::iter::from_fn(|| {
        let (record, next) = Record::split(rest)?;
        rest = next;
        Some(record)
    })
    .collect())
}
