//! The arguments of `update`.

use std::time::{Duration, SystemTime};

use clap::Args;

use super::value::{duration, time};

/// `update`.
#[derive(Args, Debug)]
pub(crate) struct UpdateArgs {
    /// The key's id, as `list` shows it
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) fields: FieldArgs,
}

/// The fields that are set or cleared.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Args, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldArgs {
    /// A prefix for an imported key that has none
    #[arg(long)]
    pub(crate) prefix: Option<String>,
    /// What its owner calls it
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Take its name away
    #[arg(long, conflicts_with = "name")]
    pub(crate) no_name: bool,
    /// What it may do from now on; repeat it for the whole list
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// Take all its scopes away
    #[arg(long, conflicts_with = "scopes")]
    pub(crate) no_scopes: bool,
    /// A JSON object of your own
    #[arg(long, value_name = "JSON")]
    pub(crate) metadata: Option<String>,
    /// Take its metadata away
    #[arg(long, conflicts_with = "metadata")]
    pub(crate) no_metadata: bool,
    /// Where notices about the key go
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) notify_email: Option<String>,
    /// Send no notices about it
    #[arg(long, conflicts_with = "notify_email")]
    pub(crate) no_notify_email: bool,
    /// When it begins to be accepted
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) not_before: Option<SystemTime>,
    /// Let it begin at once
    #[arg(long, conflicts_with = "not_before")]
    pub(crate) no_not_before: bool,
    /// When it stops being accepted, such as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with_all = ["expires_in", "no_expires_at"])]
    pub(crate) expires_at: Option<SystemTime>,
    /// How long it is accepted from now on, such as 90d
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "no_expires_at")]
    pub(crate) expires_in: Option<Duration>,
    /// Let it never expire
    #[arg(long)]
    pub(crate) no_expires_at: bool,
    /// How long after its creation it should be rotated, such as 30d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) rotate_after: Option<Duration>,
    /// Let it never be due
    #[arg(long, conflicts_with = "rotate_after")]
    pub(crate) no_rotate_after: bool,
}

impl FieldArgs {
    /// Whether none is named.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
