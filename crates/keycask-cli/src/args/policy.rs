//! The arguments of `policy`.

use std::time::Duration;

use clap::{Args, Subcommand};
use keycask::{UseAcknowledgement, UseMode};

use super::value::{acknowledgement, seconds, size, use_mode};

/// `policy`.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show the policy
    #[command(after_help = "Example:\n  keycask policy show")]
    Show,
    /// Change parts of the policy, which rules what is issued from now on
    #[command(after_help = "Example:\n  keycask policy set --prefixes acme_live,acme_test --max-grace 14d")]
    Set(Box<PolicyArgs>),
}

/// `policy set`.
#[derive(Args, Debug, Default, PartialEq, Eq)]
pub(crate) struct PolicyArgs {
    /// The prefixes that keys may have, separated by commas
    #[arg(long, value_name = "PREFIXES", value_delimiter = ',')]
    pub(crate) prefixes: Vec<String>,
    /// Let keys have any prefix
    #[arg(long, conflicts_with = "prefixes")]
    pub(crate) any_prefix: bool,
    /// The grace of a rotation that names none, such as 24h
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) default_grace: Option<Duration>,
    /// The shortest grace that a rotation may name
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) min_grace: Option<Duration>,
    /// The longest grace that a rotation may name; 30 days at most
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) max_grace: Option<Duration>,
    /// How long after its creation a key must expire, such as 365d
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) max_lifetime: Option<Duration>,
    /// Let keys live without an expiry
    #[arg(long, conflicts_with = "max_lifetime")]
    pub(crate) no_max_lifetime: bool,
    /// How many living keys an owner may have, superseded ones not counted
    #[arg(long, value_name = "N")]
    pub(crate) max_living_keys: Option<u32>,
    /// Let an owner have any number of keys
    #[arg(long, conflicts_with = "max_living_keys")]
    pub(crate) no_max_living_keys: bool,
    /// How uses are recorded: one event for each verify, exact counts of five minutes, or not at all
    #[arg(long, value_name = "MODE", value_parser = use_mode())]
    pub(crate) use_mode: Option<UseMode>,
    /// When a verify is answered: before its use is committed, or after
    #[arg(long, value_name = "WAY", value_parser = acknowledgement())]
    pub(crate) acknowledgement: Option<UseAcknowledgement>,
    /// How long uses are kept, such as 90d
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) retain_uses: Option<Duration>,
    /// How many bytes of uses are kept, such as 1GiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) retain_uses_bytes: Option<u64>,
    /// How long before an expiry or a due rotation its notice is made, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub(crate) notice_ahead: Option<Duration>,
}

impl PolicyArgs {
    /// Whether nothing is named at all.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
