//! The arguments of `audit`.

use clap::{Args, Subcommand};
use keycask::{ChangeKind, Outcome};

use super::value::{Moment, kind, moment, outcome};

/// `audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List changes of keys, the policy and the vault
    Changes(ChangesArgs),
    /// List verifies of known keys
    Uses(UsesArgs),
    /// Recompute both logs' trees from their rows; exit 1 where they aren't what the file states
    Verify,
}

/// `audit changes`.
#[derive(Args, Debug)]
pub(crate) struct ChangesArgs {
    /// Only of this kind
    #[arg(long, value_parser = kind(), hide_possible_values = true)]
    pub(crate) kind: Option<ChangeKind>,
    /// Only by this actor
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) range: RangeArgs,
}

/// `audit uses`.
#[derive(Args, Debug)]
pub(crate) struct UsesArgs {
    /// Only with this outcome
    #[arg(long, value_parser = outcome(), hide_possible_values = true)]
    pub(crate) outcome: Option<Outcome>,
    #[command(flatten)]
    pub(crate) range: RangeArgs,
}

/// The stretch of a log that is listed.
#[derive(Args, Debug)]
pub(crate) struct RangeArgs {
    /// Only of this key
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,
    /// Only at this time or later: 2026-11-24T13:30:00Z, or 24h for a day ago
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) since: Option<Moment>,
    /// Only before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) until: Option<Moment>,
    /// Only what follows this number: the last of the page before
    #[arg(long, value_name = "SEQ")]
    pub(crate) after: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// The newest first
    #[arg(long)]
    pub(crate) newest_first: bool,
}
