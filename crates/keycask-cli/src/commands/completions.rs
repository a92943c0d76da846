//! `completions`: a shell's script.

use clap::CommandFactory as _;
use serde_json::json;

use crate::args::{Cli, CompletionsArgs};
use crate::context::Context;
use crate::failure::{Exit, Failure};

pub(super) fn run(args: &CompletionsArgs, context: &mut Context) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "keycask", &mut script);
    let script = String::from_utf8_lossy(&script);
    if context.output.is_json() {
        context.output.json(&json!({ "shell": args.shell.to_string(), "script": script }))?;
    } else {
        context.output.text(&script)?;
    }
    Ok(Exit::Yes)
}
