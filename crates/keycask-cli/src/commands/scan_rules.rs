//! `scan-rules`: what a secret scanner must know to find the vault's keys.

use clap::ValueEnum as _;
use keycask::Prefix;
use serde_json::json;

use crate::args::ScanRulesArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::scan_rules;

pub(super) fn run(args: &ScanRulesArgs, context: &mut Context) -> Result<Exit, Failure> {
    let prefixes = context.vault()?.prefixes()?;
    if prefixes.is_empty() {
        return Err(Failure::not_found(
            "scan-rules: the vault knows no prefix yet; create a key first, or name prefixes in its policy",
        ));
    }
    let rules = scan_rules::render(args.format, &prefixes);
    if !context.output.is_json() {
        context.output.text(&rules)?;
        return Ok(Exit::Yes);
    }
    let format = args.format.to_possible_value();
    let format = format.as_ref().map(|value| value.get_name());
    let prefixes: Vec<_> = prefixes.iter().map(Prefix::as_str).collect();
    context.output.json(&json!({ "format": format, "prefixes": prefixes, "rules": rules }))?;
    Ok(Exit::Yes)
}
