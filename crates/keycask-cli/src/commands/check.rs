//! `check`: whether the vault is whole.

use serde::Serialize;

use crate::args::CheckArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::json::FindingView;
use crate::output::progress;

#[derive(Serialize)]
struct CheckView<'a> {
    ok: bool,
    findings: &'a [FindingView<'a>],
}

pub(super) fn run(args: &CheckArgs, context: &mut Context) -> Result<Exit, Failure> {
    let vault = context.vault()?;
    let report = if args.deep {
        let spinner = progress::spinner();
        vault.check_deep(|part| spinner.set_message(part.as_str()))?
    } else {
        vault.check()?
    };
    let findings = FindingView::all(report.findings());
    let output = &mut context.output;
    if output.is_json() {
        output.json(&CheckView { ok: report.ok(), findings: &findings })?;
    } else if report.ok() {
        output.line("ok")?;
    } else {
        findings.iter().try_for_each(|finding| output.line(finding.text()))?;
    }
    Ok(Exit::of_answer(report.ok()))
}
