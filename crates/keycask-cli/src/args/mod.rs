//! The arguments, as clap reads them.
//!
//! Key ids are plain text here and parsed later: clap would repeat a wrong one, and it may be a secret.

mod audit;
mod bench;
mod import;
mod keys;
mod notices;
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
pub(crate) use bench::BenchArgs;
pub(crate) use import::{ImportArgs, RowFormat};
pub(crate) use keys::{CreateArgs, IdArgs, ListArgs, RevokeArgs, VerifyArgs};
pub(crate) use notices::{NoticeIdsArgs, NoticeListArgs, NoticesCommand, NotifyArgs};
pub(crate) use pepper::{PepperCommand, SetPepperArgs};
pub(crate) use policy::{PolicyArgs, PolicyCommand};
pub(crate) use questions::{DueArgs, UnusedArgs};
pub(crate) use rotation::{CancelArgs, ExtendArgs, RotateArgs, RotationCommand};
pub(crate) use update::{FieldArgs, UpdateArgs};
use value::mode;

/// What the main help ends with.
const AFTER_HELP: &str = "\
Input and output:
  Secrets come on standard input, never as an argument.
  stdout is data, stderr the rest.

Environment:
  KEYCASK_VAULT          the vault's file
  KEYCASK_ACTOR          who makes the change
  KEYCASK_PEPPER_FILE    the file of the vault's pepper
  KEYCASK_PEPPER         the pepper itself
  KEYCASK_SMTP_USER      who the mail server of notify should know
  KEYCASK_SMTP_PASSWORD  the password for it
  NO_COLOR               no colours

Example:
  keycask create --vault keys.db --prefix acme_live --owner acct_42

Exit codes:
  0  yes
  1  no: refused, not found, conflict, findings, audit mismatch
  2  usage and bad arguments
  3  the vault is missing, damaged, newer, not one, read-only or full, or its pepper is wrong
  4  busy, try again";

/// API keys for your API, in one file: issue, verify, rotate, revoke, audit
#[derive(Debug, Parser)]
#[command(name = "keycask", version, after_help = AFTER_HELP)]
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
    #[command(after_help = "Example:\n  keycask demo")]
    Demo,
    /// Create a vault
    #[command(after_help = "Example:\n  keycask init --vault keys.db")]
    Init(InitArgs),
    /// Issue a key and print its secret, which is shown this once
    #[command(
        after_help = "Example:\n  keycask create --prefix acme_live --owner acct_42 --scope reports:read --expires-in 90d"
    )]
    Create(CreateArgs),
    /// Judge the secret on standard input: exit 0 where it is valid, 1 where it is refused
    #[command(
        after_help = "Example:\n  printf %s \"$KEY\" | keycask verify --scope reports:read --prefix acme_live"
    )]
    Verify(VerifyArgs),
    /// List keys, in any state where none is given
    #[command(after_help = "Example:\n  keycask list --owner acct_42 --state active")]
    List(ListArgs),
    /// Show one key, and how often it was used
    #[command(after_help = "Example:\n  keycask show ID")]
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
    #[command(after_help = "Example:\n  keycask rotate ID --grace 24h")]
    Rotate(RotateArgs),
    /// Finish, extend or cancel a running rotation
    #[command(subcommand, after_help = "Example:\n  keycask rotation finish ID")]
    Rotation(RotationCommand),
    /// Revoke a key, an owner's keys, or the key of the secret on standard input; for ever
    #[command(after_help = "Example:\n  keycask revoke ID --reason owner_left")]
    Revoke(RevokeArgs),
    /// Show whose key the secret on standard input is
    #[command(after_help = "Example:\n  printf %s \"$KEY\" | keycask identify")]
    Identify,
    /// Read and verify the audit log
    #[command(subcommand, after_help = "Example:\n  keycask audit changes --since 24h")]
    Audit(AuditCommand),
    /// Show and change what the vault allows
    #[command(subcommand, after_help = "Example:\n  keycask policy show")]
    Policy(PolicyCommand),
    /// Introduce, rotate and retire the vault's pepper
    #[command(subcommand, after_help = "Example:\n  keycask pepper set FILE")]
    Pepper(PepperCommand),
    /// List and acknowledge what people should hear of
    #[command(subcommand, after_help = "Example:\n  keycask notices list")]
    Notices(NoticesCommand),
    /// Send notices by e-mail
    #[command(
        after_help = "Example:\n  keycask notify --smtp smtp://mail.example.com --from keys@example.com --to ops@example.com"
    )]
    Notify(NotifyArgs),
    /// Look for damage; exit 1 where there is some
    #[command(after_help = "Example:\n  keycask check --deep")]
    Check(CheckArgs),
    /// Show figures: keys by state, verifies by outcome, sizes
    #[command(after_help = "Example:\n  keycask stats --json")]
    Stats,
    /// Copy the vault to a new file while it is in use; the copy is a vault that opens as it is
    #[command(after_help = "Example:\n  keycask backup /backup/keys-2026-11-24.db")]
    Backup(BackupArgs),
    /// Put a copy of a backup in the vault's place, which no process may have open
    #[command(after_help = "Example:\n  keycask restore /backup/keys-2026-11-24.db --reapply-revocations")]
    Restore(RestoreArgs),
    /// Make keys of the digests that another system keeps, so that its clients go on; `-` reads standard input
    #[command(
        after_help = "Example:\n  keycask import keys.csv --recipe django-rest-knox --prefix acme_live"
    )]
    Import(ImportArgs),
    /// Upgrade the vault to this version's schema, a copy first; opening never does so
    #[command(after_help = "Example:\n  keycask migrate")]
    Migrate(MigrateArgs),
    /// Measure this machine, in vaults of its own: what verifying and changing cost, beside the bare work
    #[command(after_help = "Example:\n  keycask bench --keys 100000")]
    Bench(BenchArgs),
    /// Print rules that let a secret scanner find your keys
    #[command(after_help = "Example:\n  keycask scan-rules gitleaks")]
    ScanRules(ScanRulesArgs),
    /// Print a shell's completions
    #[command(after_help = "Example:\n  keycask completions bash")]
    Completions(CompletionsArgs),
    /// Print the manual's main page, or write the pages of all commands to a folder
    #[command(after_help = "Example:\n  keycask man --dir /usr/local/share/man/man1")]
    Man(ManArgs),
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

/// `check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Look at everything: every index, the rules between tables, both logs leaf by leaf
    #[arg(long)]
    pub(crate) deep: bool,
}

/// `migrate`.
#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    /// Make no copy of the vault first
    #[arg(long)]
    pub(crate) no_backup: bool,
}

/// `backup`.
#[derive(Args, Debug)]
pub(crate) struct BackupArgs {
    /// The new file, which must not exist
    #[arg(value_hint = clap::ValueHint::FilePath)]
    pub(crate) file: PathBuf,
}

/// `restore`.
#[derive(Args, Debug)]
pub(crate) struct RestoreArgs {
    /// The backup, which stays as it is
    #[arg(value_hint = clap::ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Revoke again what the vault that is replaced had revoked since
    #[arg(long)]
    pub(crate) reapply_revocations: bool,
    /// A file of newer checkpoints, by which the lost changes are counted
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) since: Option<PathBuf>,
    /// The backup may be of another vault
    #[arg(long)]
    pub(crate) another_vault: bool,
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

/// `man`.
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// The folder for the pages, one a command; it is made where it is missing
    #[arg(long, value_hint = clap::ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Every command with its own words, such as `rotation finish`.
    fn commands(command: &clap::Command, words: &[&str], found: &mut Vec<(String, clap::Command)>) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let words = [words, &[sub.get_name()]].concat();
            found.push((words.join(" "), sub.clone()));
            commands(sub, &words, found);
        }
    }

    fn all() -> Vec<(String, clap::Command)> {
        let mut command = Cli::command();
        command.build();
        let mut found = Vec::new();
        commands(&command, &[], &mut found);
        found
    }

    #[test]
    fn the_help_of_every_command_is_one_sentence_and_an_example() {
        for (name, command) in all() {
            let about = command.get_about().unwrap().to_string();
            assert!(about.starts_with(char::is_uppercase) && !about.contains('.'), "{name}: {about}");
            assert!(command.get_long_about().is_none(), "{name}");
            let example = command.get_after_help().unwrap_or_else(|| panic!("{name} has no example"));
            assert!(example.to_string().starts_with("Example:\n  "), "{name}: {example}");
        }
    }

    /// An example that doesn't run is worse than none.
    #[test]
    fn the_examples_are_calls_of_their_command() {
        for (name, command) in all() {
            let text = command.get_after_help().unwrap().to_string();
            let line = text.lines().nth(1).unwrap().trim();
            let call = line.rsplit("| ").next().unwrap();
            assert!(call.starts_with(&format!("keycask {name}")), "{name}: {call}");
            Cli::try_parse_from(call.split(' ')).unwrap_or_else(|error| panic!("{call}: {error}"));
        }
    }
}
