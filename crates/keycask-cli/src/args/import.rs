//! The arguments of `import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `import`.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// CSV with a header, or JSON Lines; `-` for standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// The form of the file; told by its first character where none is given
    #[arg(long)]
    pub(crate) format: Option<RowFormat>,
    /// What was digested, for rows that don't say: sha256, sha512-after-pipe, ...; sha256 where none is given
    #[arg(long, conflicts_with = "recipe")]
    pub(crate) scheme: Option<String>,
    /// The package whose digests these are, such as django-rest-knox or laravel-sanctum
    #[arg(long)]
    pub(crate) recipe: Option<String>,
    /// The owner of rows that name none
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// The prefix of rows that name none
    #[arg(long)]
    pub(crate) prefix: Option<String>,
    /// Import nothing where any line is refused
    #[arg(long)]
    pub(crate) all_or_nothing: bool,
    /// Say what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// The forms of a file of digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// RFC 4180, with a line of names first
    Csv,
    /// JSON Lines
    Jsonl,
}
