//! `audit`: the two logs, and whether they are whole.

use keycask::{ChangeFilter, KeyId, UseFilter};
use serde::Serialize;

use crate::args::{ChangesArgs, RangeArgs, UsesArgs};
use crate::context::{Context, key_id};
use crate::failure::{Exit, Failure};
use crate::output::Rows;
use crate::output::json::{ChangeView, LogView, UseView};

/// Both filters have the same setters, but no trait in common.
macro_rules! within {
    ($range:expr, $filter:expr) => {{
        let (range, mut filter): (&RangeArgs, _) = ($range, $filter);
        if let Some(id) = key(range)? {
            filter = filter.key(id);
        }
        if let Some(moment) = range.since {
            filter = filter.since(moment.time());
        }
        if let Some(moment) = range.until {
            filter = filter.until(moment.time());
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

fn key(range: &RangeArgs) -> Result<Option<KeyId>, Failure> {
    range.key.as_deref().map(key_id).transpose()
}

pub(super) fn changes(args: &ChangesArgs, context: &mut Context) -> Result<Exit, Failure> {
    let mut filter = within!(&args.range, ChangeFilter::new());
    if let Some(kind) = args.kind {
        filter = filter.kind(kind);
    }
    if let Some(actor) = &args.by {
        filter = filter.actor(actor);
    }
    let vault = context.vault()?;
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

pub(super) fn uses(args: &UsesArgs, context: &mut Context) -> Result<Exit, Failure> {
    let mut filter = within!(&args.range, UseFilter::new());
    if let Some(outcome) = args.outcome {
        filter = filter.outcome(outcome);
    }
    let vault = context.vault()?;
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

pub(super) fn verify(context: &mut Context) -> Result<Exit, Failure> {
    let report = context.vault()?.verify_logs()?;
    let logs: Vec<_> = report.logs().iter().map(LogView::of).collect();
    if let (true, [changes, uses]) = (context.output.is_json(), logs.as_slice()) {
        context.output.json(&LogsView { ok: report.ok(), changes, uses })?;
    } else {
        logs.iter().try_for_each(|log| print(log, context))?;
    }
    Ok(Exit::of_answer(report.ok()))
}

fn print(log: &LogView<'_>, context: &mut Context) -> Result<(), Failure> {
    let verdict = if log.findings.is_empty() { "ok" } else { "MISMATCH" };
    let LogView { name, size, root, .. } = log;
    context.output.line(format_args!("{name:7}  size {size}  root {root}  {verdict}"))?;
    log.findings.iter().try_for_each(|finding| context.output.line(format_args!("  {}", finding.text())))
}
