//! The `keycask` command as a library, so that a package of another language can ship it as it is.
//!
//! stdout is data, stderr the rest. Secrets come on stdin and never in an argument; what is issued is
//! printed once, alone on its line. With `--json` every row is one line, and an error is
//! `{"error":{"code","message"}}` on stderr.
//!
//! | exit | meaning |
//! |---|---|
//! | 0 | yes |
//! | 1 | no: refused, not found, conflict, findings, audit mismatch |
//! | 2 | usage and bad arguments |
//! | 3 | the vault is missing, damaged, newer, not one, read-only or full; its pepper is missing or wrong |
//! | 4 | busy, try again |

#![forbid(unsafe_code)]

mod actor;
mod args;
mod bench;
mod commands;
mod context;
mod demo;
mod failure;
mod input;
mod notify;
mod output;
mod pepper;
mod scan_rules;
mod usage;

use std::ffi::OsString;

use clap::Parser as _;

use crate::args::Cli;
use crate::context::Context;
use crate::failure::Exit;
use crate::output::Output;

/// Runs the command that `args` asks for, the program's own name first, and returns its exit code.
///
/// It reads stdin and writes stdout and stderr, and never ends the process.
///
/// ```
/// assert_eq!(keycask_cli::run(["keycask", "--version"]), 0);
/// assert_eq!(keycask_cli::run(["keycask", "no-such-command"]), 2);
/// ```
pub fn run<I>(args: I) -> u8
where
    I: IntoIterator,
    I::Item: Into<OsString>,
{
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let exit = match Cli::try_parse_from(&args) {
        Ok(cli) => execute(cli, args.first()),
        Err(error) => usage::report(&error, &args),
    };
    exit.code()
}

fn execute(cli: Cli, program: Option<&OsString>) -> Exit {
    let mut context = Context::new(cli.global, program);
    let result = commands::run(&cli.command, &mut context);
    let finished = context.output.finish();
    match result.and_then(|exit| finished.map(|()| exit)) {
        Ok(exit) => exit,
        Err(failure) => {
            Output::report(&failure, context.output.is_json());
            failure.exit
        }
    }
}
