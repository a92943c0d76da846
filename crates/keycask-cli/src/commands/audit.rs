//! `audit`: the two logs, whether they are whole, and what is no longer kept of them.

use keycask::{ChangeFilter, Checkpoint, KeyId, NoteVerifier, UseFilter};
use serde::Serialize;
use serde_json::json;

use super::{checkpoint, export};
use crate::args::{AuditCommand, ChangesArgs, EraseArgs, RangeArgs, UsesArgs, VerifyLogsArgs};
use crate::context::{Context, key_id};
use crate::failure::{Exit, Failure};
use crate::output::Rows;
use crate::output::json::{ChangeView, LogView, UseView};

/// Both filters have the same setters, but no trait in common.
macro_rules! within {
    ($range:expr, $filter:expr, $now:expr) => {{
        let (range, mut filter): (&RangeArgs, _) = ($range, $filter);
        if let Some(id) = key(range)? {
            filter = filter.key(id);
        }
        if let Some(moment) = range.since {
            filter = filter.since(moment.time($now));
        }
        if let Some(moment) = range.until {
            filter = filter.until(moment.time($now));
        }
        if let Some(seq) = range.after {
            filter = filter.after(seq);
        }
        if let Some(limit) = range.limit {
            filter = filter.limit(limit);
        }
        if range.newest_first { filter.newest_first() } else { filter }
    }};
}

pub(super) use within;

pub(super) fn run(command: &AuditCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        AuditCommand::Changes(args) => changes(args, context),
        AuditCommand::Uses(args) => uses(args, context),
        AuditCommand::Verify(args) => verify(args, context),
        AuditCommand::Checkpoint(args) => checkpoint::run(args, context),
        AuditCommand::Keygen(args) => checkpoint::keygen(args, context),
        AuditCommand::Export(args) => export::run(args, context),
        AuditCommand::Prune => prune(context),
        AuditCommand::Erase(args) => erase(args, context),
    }
}

pub(super) fn key(range: &RangeArgs) -> Result<Option<KeyId>, Failure> {
    range.key.as_deref().map(key_id).transpose()
}

fn changes(args: &ChangesArgs, context: &mut Context) -> Result<Exit, Failure> {
    let vault = context.vault()?;
    let mut filter = within!(&args.range, ChangeFilter::new(), vault.now());
    if let Some(kind) = args.kind {
        filter = filter.kind(kind);
    }
    if let Some(actor) = &args.by {
        filter = filter.actor(actor);
    }
    let output = &mut context.output;
    let mut rows = Rows::new::<ChangeView<'_>>(output);
    for change in vault.changes(filter)? {
        rows.push(&ChangeView::of(&change?), output)?;
        if output.is_closed() {
            break;
        }
    }
    rows.finish(output)
}

fn uses(args: &UsesArgs, context: &mut Context) -> Result<Exit, Failure> {
    let vault = context.vault()?;
    let mut filter = within!(&args.range, UseFilter::new(), vault.now());
    if let Some(outcome) = args.outcome {
        filter = filter.outcome(outcome);
    }
    let output = &mut context.output;
    let mut rows = Rows::new::<UseView<'_>>(output);
    for used in vault.uses(filter)? {
        rows.push(&UseView::of(&used?), output)?;
        if output.is_closed() {
            break;
        }
    }
    rows.finish(output)
}

#[derive(Serialize)]
struct LogsView<'a> {
    ok: bool,
    changes: &'a LogView<'a>,
    uses: &'a LogView<'a>,
}

fn verify(args: &VerifyLogsArgs, context: &mut Context) -> Result<Exit, Failure> {
    let kept = match &args.since {
        None => Vec::new(),
        Some(file) => Checkpoint::parse_all(&checkpoint::read(file)?)?,
    };
    let verifier = args.verifier.as_deref().map(NoteVerifier::parse).transpose()?;
    let report = context.vault()?.verify_logs_since(&kept, verifier.as_ref())?;
    let logs: Vec<_> = report.logs().iter().map(LogView::of).collect();
    if let (true, [changes, uses]) = (context.output.is_json(), logs.as_slice()) {
        context.output.json(&LogsView { ok: report.ok(), changes, uses })?;
    } else {
        logs.iter().try_for_each(|log| print(log, context))?;
    }
    Ok(Exit::of_answer(report.ok()))
}

fn prune(context: &mut Context) -> Result<Exit, Failure> {
    let pruned = context.vault()?.prune(&context.actor()?)?;
    if context.output.is_json() {
        context.output.json(&json!({ "pruned": pruned }))?;
    } else {
        context.output.line(format_args!("{pruned} uses pruned"))?;
    }
    Ok(Exit::Yes)
}

fn erase(args: &EraseArgs, context: &mut Context) -> Result<Exit, Failure> {
    context.check_consent("an erasure")?;
    let vault = context.vault()?;
    context.ask("erase this person from the log and their dead keys for ever?")?;
    let changes = vault.erase_person(&args.person, &context.actor()?)?;
    if context.output.is_json() {
        context.output.json(&json!({ "erased_changes": changes }))?;
    } else {
        context.output.line(format_args!("{changes} changes erased"))?;
    }
    Ok(Exit::Yes)
}

fn print(log: &LogView<'_>, context: &mut Context) -> Result<(), Failure> {
    let verdict = if log.findings.is_empty() { "ok" } else { "MISMATCH" };
    let LogView { name, size, root, .. } = log;
    context.output.line(format_args!("{name:7}  size {size}  root {root}  {verdict}"))?;
    log.findings.iter().try_for_each(|finding| context.output.line(format_args!("  {}", finding.text())))
}
