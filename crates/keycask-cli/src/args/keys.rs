//! The arguments of the commands that work with keys.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use clap::{ArgGroup, Args};
use keycask::{Encoding, KeyState, RevocationReason};

use super::value::{duration, encoding, reason, state, time};

/// `create`.
#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// What the secret begins with: a-z, 0-9 and single underscores between
    #[arg(long)]
    pub(crate) prefix: String,
    /// The account that the key belongs to, in your own words
    #[arg(long)]
    pub(crate) owner: String,
    /// What its owner calls it
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What it may do, such as reports:read or reports:*; repeat it for more
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// A JSON object of your own
    #[arg(long, value_name = "JSON")]
    pub(crate) metadata: Option<String>,
    /// Where notices about the key go
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) notify_email: Option<String>,
    /// When it begins to be accepted
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) not_before: Option<SystemTime>,
    /// When it stops being accepted, such as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "expires_in")]
    pub(crate) expires_at: Option<SystemTime>,
    /// How long it is accepted, such as 90d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) expires_in: Option<Duration>,
    /// How long after its creation it should be rotated, such as 30d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) rotate_after: Option<Duration>,
    /// How the random part is written
    #[arg(long, value_parser = encoding(), default_value = "base62")]
    pub(crate) encoding: Encoding,
    /// Answer a repeat under the same id with the same key, without its secret
    #[arg(long, value_name = "REQUEST")]
    pub(crate) request_id: Option<String>,
}

/// `verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Demand a scope; repeat it for more
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// Demand a prefix, so that a test key never enters production
    #[arg(long)]
    pub(crate) prefix: Option<String>,
    /// The client's address, for the log of uses
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) client_ip: Option<IpAddr>,
    /// Leave no trace in the log of uses
    #[arg(long)]
    pub(crate) no_event: bool,
}

/// `list`.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only this owner's
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// Only with this prefix
    #[arg(long)]
    pub(crate) prefix: Option<String>,
    /// Only with this name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Only keys whose scopes cover this one
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// Only in this state; repeat it for more
    #[arg(long = "state", value_name = "STATE", value_parser = state())]
    pub(crate) states: Vec<KeyState>,
    /// Only what was created after this key: the last of the page before
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// `show`, and whatever else works with one key.
#[derive(Args, Debug)]
pub(crate) struct IdArgs {
    /// The key's id, as `list` shows it
    pub(crate) id: String,
}

/// `revoke`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true).args(["id", "owner", "secret"]))]
pub(crate) struct RevokeArgs {
    /// The key's id, as `list` shows it
    pub(crate) id: Option<String>,
    /// All keys of this owner
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// The key of the secret on standard input
    #[arg(long)]
    pub(crate) secret: bool,
    /// Why
    #[arg(long, value_parser = reason(), default_value = "unspecified")]
    pub(crate) reason: RevocationReason,
    /// A note for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}
