//! The arguments of `pepper`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// `pepper`.
#[derive(Debug, Subcommand)]
pub(crate) enum PepperCommand {
    /// Introduce a pepper to the vault, or rotate to a new one
    #[command(after_help = "Example:\n  keycask pepper set new.pepper --pepper-file old.pepper")]
    Set(SetPepperArgs),
    /// List the living keys that are still stored under an older pepper
    #[command(after_help = "Example:\n  keycask pepper status")]
    Status,
    /// Retire every pepper but the current one; exit 1 while a living key is stored under it
    #[command(after_help = "Example:\n  keycask pepper retire")]
    Retire,
}

/// `pepper set`.
#[derive(Args, Debug)]
pub(crate) struct SetPepperArgs {
    /// The new pepper: 32 to 4096 bytes, one newline at the end not counted
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
}
