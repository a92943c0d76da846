//! Taking over digests that another system made: what a row may say, and how rows are read from text.

mod csv;
mod json;
mod options;
mod read;
mod report;
mod row;

pub(crate) use options::Defaults;
pub use options::{ImportOptions, ImportProgress};
pub use read::ImportFormat;
pub(crate) use read::{Line, lines};
pub use report::{ImportNote, ImportOutcome, ImportReport};
pub(crate) use row::Candidate;
pub use row::ImportRow;
