//! The arguments, as clap reads them.
//!
//! Key ids are plain text here and parsed later: clap would repeat a wrong one, and it may be a secret.

mod audit;
mod keys;
mod pepper;
mod policy;
mod questions;
mod rotation;
mod update;
mod value;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use audit::{
    AuditCommand, ChangesArgs, CheckpointArgs, EraseArgs, ExportArgs, ExportFormat, ExportLog, KeygenArgs,
    RangeArgs, UsesArgs, VerifyLogsArgs,
};
pub(crate) use keys::{CreateArgs, IdArgs, ListArgs, RevokeArgs, VerifyArgs};
pub(crate) use pepper::{PepperCommand, SetPepperArgs};
pub(crate) use policy::{PolicyArgs, PolicyCommand};
pub(crate) use questions::{DueArgs, UnusedArgs};
pub(crate) use rotation::{CancelArgs, ExtendArgs, RotateArgs, RotationCommand};
pub(crate) use update::{FieldArgs, UpdateArgs};
use value::mode;

/// API keys for your API, in one file: issue, verify, rotate, revoke, audit.
#[derive(Debug, Parser)]
#[command(
    name = "keycask",
    version,
    after_help = "Secrets come on standard input, never as an argument.\n\
                  Exit codes: 0 yes; 1 no; 2 usage; 3 the vault can't be used; 4 busy, try again."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command accepts.
#[allow(clippy::doc_markdown, reason = "clap prints these words as they stand")]
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// The vault's file, else KEYCASK_VAULT
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) vault: Option<PathBuf>,
    /// The file of the vault's pepper, else KEYCASK_PEPPER_FILE, else KEYCASK_PEPPER; repeat it for an older one
    #[arg(long = "pepper-file", global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) pepper_files: Vec<PathBuf>,
    /// One line of JSON a row; errors too, on stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Don't ask before what can't be undone
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    /// Who makes the change, for the audit log; else KEYCASK_ACTOR, else unix:NAME
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) actor: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole life of some keys, on a temporary vault or on the new one that --vault names
    Demo,
    /// Create a vault
    Init(InitArgs),
    /// Issue a key and print its secret, which is shown this once
    Create(CreateArgs),
    /// Judge the secret on standard input: exit 0 where it is valid, 1 where it is refused
    Verify(VerifyArgs),
    /// List keys, in any state where none is given
    List(ListArgs),
    /// Show one key, and how often it was used
    Show(IdArgs),
    /// Show the chain of rotations that a key belongs to
    #[command(after_help = "Example:\n  keycask lineage ID")]
    Lineage(IdArgs),
    /// List keys whose rotation, expiry or end of a grace window is near, the most urgent first
    #[command(after_help = "Example:\n  keycask due --within 14d")]
    Due(DueArgs),
    /// List living keys that nobody used of late
    #[command(after_help = "Example:\n  keycask unused --since 90d")]
    Unused(UnusedArgs),
    /// Change fields of a living key; the very next verify goes by them
    #[command(after_help = "Example:\n  keycask update ID --scope reports:read --no-expires-at")]
    Update(UpdateArgs),
    /// Disable a living key until somebody enables it
    #[command(after_help = "Example:\n  keycask disable ID")]
    Disable(IdArgs),
    /// Enable a disabled key
    #[command(after_help = "Example:\n  keycask enable ID")]
    Enable(IdArgs),
    /// Issue a key's successor and print its secret; both work until the grace window ends
    Rotate(RotateArgs),
    /// Finish, extend or cancel a running rotation
    #[command(subcommand)]
    Rotation(RotationCommand),
    /// Revoke a key, an owner's keys, or the key of the secret on standard input; for ever
    Revoke(RevokeArgs),
    /// Show whose key the secret on standard input is
    Identify,
    /// Read and verify the audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Show and change what the vault allows
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Introduce, rotate and retire the vault's pepper
    #[command(subcommand)]
    Pepper(PepperCommand),
    /// Look for damage; exit 1 where there is some
    Check,
    /// Print rules that let a secret scanner find your keys
    ScanRules(ScanRulesArgs),
    /// Print a shell's completions
    Completions(CompletionsArgs),
}

/// `init`.
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// The file's mode, whatever the umask; 0600 where none is given
    #[arg(long, value_parser = mode)]
    pub(crate) mode: Option<u32>,
    /// The file's group, by name or number
    #[arg(long)]
    pub(crate) group: Option<String>,
}

/// `scan-rules`.
#[derive(Args, Debug)]
pub(crate) struct ScanRulesArgs {
    /// The scanner
    pub(crate) format: ScanFormat,
}

/// The scanners that rules can be printed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// A configuration for Gitleaks and Betterleaks, on top of their own rules
    Gitleaks,
    /// Custom detectors for TruffleHog
    Trufflehog,
    /// What to enter as custom patterns of GitHub secret scanning
    Github,
    /// One regular expression a line, for RE2, PCRE and everything between
    Regex,
}

/// `completions`.
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}
