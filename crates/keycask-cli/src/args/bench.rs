//! The arguments of `bench`.

use std::path::PathBuf;

use clap::Args;

/// `bench`.
#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    /// Keys of the largest vault; 10000000 takes an hour and 20 GB of the folder
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=100_000_000))]
    pub(crate) keys: u32,
    /// Threads that verify at once, in the row on threads
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..=64))]
    pub(crate) threads: u32,
    /// Where the vaults are made, and removed; the system's folder for temporary files where none is given
    #[arg(long, value_hint = clap::ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}
