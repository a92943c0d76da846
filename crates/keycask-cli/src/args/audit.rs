//! The arguments of `audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use keycask::{ChangeKind, Outcome};

use super::value::{Moment, kind, moment, outcome};

/// `audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List changes of keys, the policy and the vault
    #[command(after_help = "Example:\n  keycask audit changes --kind key.revoked --since 24h")]
    Changes(ChangesArgs),
    /// List verifies of known keys
    #[command(after_help = "Example:\n  keycask audit uses --key ID --newest-first --limit 20")]
    Uses(UsesArgs),
    /// Recompute both logs' trees from their rows; exit 1 where they aren't what the file states
    #[command(after_help = "Example:\n  keycask audit verify --since elsewhere.txt")]
    Verify(VerifyLogsArgs),
    /// Print both logs' sizes and roots, to keep elsewhere: C2SP checkpoints
    #[command(after_help = "Example:\n  keycask audit checkpoint --sign-key signer.key")]
    Checkpoint(CheckpointArgs),
    /// Make a key that signs checkpoints, and print what verifies its signatures
    #[command(after_help = "Example:\n  keycask audit keygen example.com/vault --out signer.key")]
    Keygen(KeygenArgs),
    /// Print a whole log for other programs
    #[command(after_help = "Example:\n  keycask audit export changes --format csv")]
    Export(ExportArgs),
    /// Delete the uses that the policy no longer keeps; the roots stay provable
    #[command(after_help = "Example:\n  keycask audit prune")]
    Prune,
    /// Erase what names a person from the log and from their dead keys; the roots stay provable
    #[command(after_help = "Example:\n  keycask audit erase alice --yes")]
    Erase(EraseArgs),
}

/// `audit verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyLogsArgs {
    /// Prove that the logs begin with what the checkpoints of this file say
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) since: Option<PathBuf>,
    /// Demand that each checkpoint is signed by the key that this text verifies: NAME+ID+KEY
    #[arg(long, value_name = "VKEY", requires = "since")]
    pub(crate) verifier: Option<String>,
}

/// `audit checkpoint`.
#[derive(Args, Debug)]
pub(crate) struct CheckpointArgs {
    /// Sign with the Ed25519 key in this file, as `audit keygen` makes it
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) sign_key: Option<PathBuf>,
}

/// `audit keygen`.
#[derive(Args, Debug)]
pub(crate) struct KeygenArgs {
    /// The name that signatures will carry, such as example.com/vault
    pub(crate) name: String,
    /// Where the private key goes: a new file, readable by you alone
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) out: PathBuf,
}

/// `audit export`.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// The log
    pub(crate) log: ExportLog,
    /// The form of a line
    #[arg(long, default_value = "jsonl")]
    pub(crate) format: ExportFormat,
    #[command(flatten)]
    pub(crate) range: RangeArgs,
}

/// The logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportLog {
    /// Changes of keys, the policy and the vault
    Changes,
    /// Verifies of known keys
    Uses,
}

/// The forms that a log can be exported in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// JSON Lines
    Jsonl,
    /// RFC 4180, with a line of names first
    Csv,
}

/// `audit erase`.
#[derive(Args, Debug)]
pub(crate) struct EraseArgs {
    /// The person, as the log names them: an actor, an owner
    pub(crate) person: String,
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
