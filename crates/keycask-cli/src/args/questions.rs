//! The arguments of questions about many keys.

use std::time::Duration;

use clap::Args;

use super::value::{Moment, duration, moment};

/// `due`.
#[derive(Args, Debug)]
pub(crate) struct DueArgs {
    /// How far to look ahead, such as 14d; as far as the policy's notices where nothing is said
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) within: Option<Duration>,
}

/// `unused`.
#[derive(Args, Debug)]
pub(crate) struct UnusedArgs {
    /// Without a use since this time: 2026-11-24T13:30:00Z, or how long ago it was; 30d where nothing is said
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) since: Option<Moment>,
    /// Without any use at all, however new they are unless --since is given
    #[arg(long)]
    pub(crate) never: bool,
}
