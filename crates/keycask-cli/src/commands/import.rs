//! `import`: keys that another system issued.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use indicatif::ProgressBar;
use keycask::{ImportFormat, ImportOptions, ImportOutcome, ImportProgress, ImportReport, Recipe, Scheme};
use serde_json::json;

use crate::args::{ImportArgs, RowFormat};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::progress;

/// Lines with a known digest that are told one by one: a repeated import has nothing else.
const EXISTING_TOLD: u64 = 20;

pub(super) fn run(args: &ImportArgs, context: &mut Context) -> Result<Exit, Failure> {
    let actor = context.actor()?;
    let vault = context.vault()?;
    let (rows, bar) = open(&args.file)?;
    let options = options(args, &bar)?;
    let format = args.format.map(|format| match format {
        RowFormat::Csv => ImportFormat::Csv,
        RowFormat::Jsonl => ImportFormat::JsonLines,
    });
    let report = vault.import_from(rows, format, &options, &actor);
    bar.finish_and_clear();
    let report = report?;
    tell(&report, context)?;
    Ok(Exit::of_answer(report.refused() == 0))
}

fn options(args: &ImportArgs, bar: &ProgressBar) -> Result<ImportOptions, Failure> {
    let bar = bar.clone();
    let mut options = ImportOptions::new().progress(move |progress| match progress {
        ImportProgress::Read { lines } => bar.set_message(format!("{lines} lines read")),
        ImportProgress::Recorded { keys, of } => {
            bar.set_length(of);
            bar.set_position(keys);
            bar.set_message(format!("{keys} of {of} keys recorded"));
        }
        _ => {}
    });
    if let Some(scheme) = &args.scheme {
        options = options.scheme(scheme.parse::<Scheme>()?);
    }
    if let Some(recipe) = &args.recipe {
        options = options.recipe(recipe.parse::<Recipe>()?);
    }
    if let Some(owner) = &args.owner {
        options = options.owner(owner);
    }
    if let Some(prefix) = &args.prefix {
        options = options.prefix(prefix);
    }
    if args.all_or_nothing {
        options = options.all_or_nothing();
    }
    Ok(if args.dry_run { options.dry_run() } else { options })
}

/// The rows, and a bar over the bytes of their file; of what has no length, a sign of life.
fn open(path: &Path) -> Result<(Box<dyn BufRead>, ProgressBar), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(BufReader::new(io::stdin())), progress::spinner()));
    }
    let unreadable = |error| Failure::argument(format!("read {}: {error}", path.display()));
    #[allow(clippy::disallowed_methods, reason = "a file of digests, and no vault")]
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let bar = if bytes == 0 { progress::spinner() } else { progress::bar_with_message(bytes) };
    Ok((Box::new(BufReader::new(bar.wrap_read(file))), bar))
}

/// Each line that there is something to say of goes to stderr, the counts to stdout.
fn tell(report: &ImportReport, context: &mut Context) -> Result<(), Failure> {
    let mut existing = 0;
    for note in report.notes() {
        let text = format!("line {}: {}: {}", note.line(), note.outcome().as_str(), note.message());
        match note.outcome() {
            ImportOutcome::Refused | ImportOutcome::Warned => context.output.warn("import", &text),
            _ => {
                existing += 1;
                if existing <= EXISTING_TOLD {
                    context.output.note(&format!("keycask: {text}"));
                }
            }
        }
    }
    if existing > EXISTING_TOLD {
        context.output.note(&format!("keycask: and {} more that exist already", existing - EXISTING_TOLD));
    }
    let (imported, existing) = (report.imported(), report.existing());
    let (refused, warned) = (report.refused(), report.warned());
    if context.output.is_json() {
        return context.output.json(&json!({
            "imported": imported, "existing": existing, "refused": refused, "warned": warned,
        }));
    }
    let counts = format!("imported {imported}, existing {existing}, refused {refused}, warned {warned}");
    context.output.line(counts)
}
