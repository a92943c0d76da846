//! The `keycask` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(keycask_cli::run(std::env::args_os()))
}
