//! `audit export`: a whole log for other programs.

use keycask::{ChangeFilter, UseFilter};
use serde::Serialize;
use serde_json::Value;

use super::audit::{key, within};
use crate::args::{ExportArgs, ExportFormat, ExportLog, RangeArgs};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::output::json::{ChangeView, UseView};

/// The columns of a CSV export, which are the fields of an event.
const CHANGES: [&str; 8] = ["seq", "at", "kind", "key_id", "actor", "client_ip", "request_id", "detail"];
const USES: [&str; 8] = ["seq", "at", "outcome", "key_id", "actor", "client_ip", "request_id", "detail"];

pub(super) fn run(args: &ExportArgs, context: &mut Context) -> Result<Exit, Failure> {
    let vault = context.vault()?;
    let output = &mut context.output;
    match args.log {
        ExportLog::Changes => {
            let writer = Writer::begin(args.format, &CHANGES, output)?;
            for change in vault.changes(within!(&args.range, ChangeFilter::new(), vault.now()))? {
                if !writer.event(&ChangeView::of(&change?), output)? {
                    break;
                }
            }
        }
        ExportLog::Uses => {
            let writer = Writer::begin(args.format, &USES, output)?;
            for used in vault.uses(within!(&args.range, UseFilter::new(), vault.now()))? {
                if !writer.event(&UseView::of(&used?), output)? {
                    break;
                }
            }
        }
    }
    Ok(Exit::Yes)
}

struct Writer<'a> {
    format: ExportFormat,
    columns: &'a [&'a str],
}

impl<'a> Writer<'a> {
    fn begin(format: ExportFormat, columns: &'a [&'a str], output: &mut Output) -> Result<Self, Failure> {
        if format == ExportFormat::Csv {
            output.text(&record(columns.iter().copied())?)?;
        }
        Ok(Self { format, columns })
    }

    /// Whether anybody reads on.
    fn event(&self, event: &impl Serialize, output: &mut Output) -> Result<bool, Failure> {
        match self.format {
            ExportFormat::Jsonl => output.json(event)?,
            ExportFormat::Csv => {
                let event = serde_json::to_value(event)
                    .map_err(|error| Failure::io("write an event", &error.into()))?;
                output.text(&record(self.columns.iter().map(|column| cell(&event[*column])))?)?;
            }
        }
        Ok(!output.is_closed())
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A line of RFC 4180.
fn record(cells: impl Iterator<Item = impl AsRef<[u8]>>) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Failure::io("write a line of CSV", &error.into());
    writer.write_record(cells).map_err(failed)?;
    let bytes = writer.into_inner().map_err(|error| Failure::io("write a line of CSV", error.error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
