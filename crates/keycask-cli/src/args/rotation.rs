//! The arguments of `rotate` and `rotation`.

use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};

use super::keys::IdArgs;
use super::value::{duration, time};

/// `rotate`.
#[derive(Args, Debug)]
pub(crate) struct RotateArgs {
    /// The key's id, as `list` shows it
    pub(crate) id: String,
    /// How long the old key is accepted beside the new one, such as 24h
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "emergency")]
    pub(crate) grace: Option<Duration>,
    /// The secret leaked: revoke the key and every living relative at once
    #[arg(long)]
    pub(crate) emergency: bool,
    /// When the new key stops being accepted; the old key's expiry where none is given
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) expires_at: Option<SystemTime>,
    /// Answer a repeat under the same id with the same key, without its secret
    #[arg(long, value_name = "REQUEST")]
    pub(crate) request_id: Option<String>,
}

/// `rotation`.
#[derive(Debug, Subcommand)]
pub(crate) enum RotationCommand {
    /// End the grace window of a rotated key now
    #[command(after_help = "Example:\n  keycask rotation finish ID")]
    Finish(IdArgs),
    /// Give the client of a rotated key more time
    #[command(after_help = "Example:\n  keycask rotation extend ID --grace 48h")]
    Extend(ExtendArgs),
    /// Undo a rotation: revoke the successor, and make the old key whole again
    #[command(after_help = "Example:\n  keycask rotation cancel ID --yes")]
    Cancel(CancelArgs),
}

/// `rotation extend`.
#[derive(Args, Debug)]
pub(crate) struct ExtendArgs {
    /// The old key's id, as `list` shows it
    pub(crate) id: String,
    /// How long the old key is accepted beside the new one, counted from the rotation, such as 48h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) grace: Duration,
}

/// `rotation cancel`.
#[derive(Args, Debug)]
pub(crate) struct CancelArgs {
    /// The old key's id, as `list` shows it
    pub(crate) id: String,
    /// Also where the successor was used: its client is locked out
    #[arg(long)]
    pub(crate) force: bool,
}
