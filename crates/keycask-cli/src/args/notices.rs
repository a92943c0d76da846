//! The arguments of `notices` and `notify`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use keycask::NoticeKind;

use super::value::{duration, notice_kind};

/// `notices`.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticesCommand {
    /// List the notices that nobody acknowledged, oldest first
    #[command(after_help = "Example:\n  keycask notices list --dead")]
    List(NoticeListArgs),
    /// Acknowledge notices: they are told no more
    #[command(after_help = "Example:\n  keycask notices ack ID")]
    Ack(NoticeIdsArgs),
    /// Let notices that were given up, or that wait, be sent in the next round
    #[command(after_help = "Example:\n  keycask notices retry ID")]
    Retry(NoticeIdsArgs),
}

/// `notices list`.
#[derive(Args, Debug)]
pub(crate) struct NoticeListArgs {
    /// The acknowledged ones too, and those that no longer hold
    #[arg(long)]
    pub(crate) all: bool,
    /// Only those that were given up after too many failures
    #[arg(long)]
    pub(crate) dead: bool,
    /// Only of this kind
    #[arg(long, value_parser = notice_kind())]
    pub(crate) kind: Option<NoticeKind>,
    /// Only what was written after this notice: the last of the page before
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// Which notices.
#[derive(Args, Debug)]
pub(crate) struct NoticeIdsArgs {
    /// The notices' ids
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
}

/// `notify`.
#[allow(clippy::doc_markdown, reason = "clap prints these words as they stand")]
#[derive(Args, Debug)]
pub(crate) struct NotifyArgs {
    /// The mail server: smtp://HOST[:PORT], with STARTTLS, or smtps://HOST[:PORT]
    #[arg(long, value_name = "URL")]
    pub(crate) smtp: String,
    /// Send without TLS; to a server on this machine only
    #[arg(long)]
    pub(crate) smtp_plaintext: bool,
    /// Who the server should know; else KEYCASK_SMTP_USER
    #[arg(long, value_name = "NAME")]
    pub(crate) smtp_user: Option<String>,
    /// The file of the password; else KEYCASK_SMTP_PASSWORD
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) password_file: Option<PathBuf>,
    /// The certificates to trust, as PEM, instead of the system's
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) ca_file: Option<PathBuf>,
    /// The sender, such as "API keys <keys@example.com>"
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: String,
    /// The recipient for keys that name none
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<String>,
    /// The folder of your own KIND.subject, KIND.txt and KIND.html
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    pub(crate) templates: Option<PathBuf>,
    /// Send what there is, and end: exit 1 where a delivery failed
    #[arg(long)]
    pub(crate) once: bool,
    /// How often to look
    #[arg(long, value_name = "D", value_parser = duration, default_value = "30s", conflicts_with = "once")]
    pub(crate) interval: Duration,
    /// How long a delivery may take before another process may try it
    #[arg(long, value_name = "D", value_parser = duration, default_value = "5m")]
    pub(crate) lease: Duration,
    /// How long to wait after a failure; doubled after each further one, up to 6 hours
    #[arg(long, value_name = "D", value_parser = duration, default_value = "1m")]
    pub(crate) backoff: Duration,
    /// How many deliveries to try before a notice is given up
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) attempts: u32,
}
