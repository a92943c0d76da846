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

pub(super) fn run(args: &ImportArgs, context: &mut Context) -> Result<Exit, Failure> {
    let actor = context.actor()?;
    let vault = context.vault()?;
    let spinner = progress::spinner();
    let options = options(args, &spinner)?;
    let format = args.format.map(|format| match format {
        RowFormat::Csv => ImportFormat::Csv,
        RowFormat::Jsonl => ImportFormat::JsonLines,
    });
    let report = vault.import_from(rows(&args.file)?, format, &options, &actor)?;
    spinner.finish_and_clear();
    tell(&report, context)?;
    Ok(Exit::of_answer(report.refused() == 0))
}

fn options(args: &ImportArgs, spinner: &ProgressBar) -> Result<ImportOptions, Failure> {
    let spinner = spinner.clone();
    let mut options = ImportOptions::new().progress(move |progress| match progress {
        ImportProgress::Recorded { keys, of } => spinner.set_message(format!("{keys} of {of} keys recorded")),
        ImportProgress::Read { lines } => spinner.set_message(format!("{lines} lines read")),
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

fn rows(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    #[allow(clippy::disallowed_methods, reason = "a file of digests, and no vault")]
    let file = File::open(path);
    let file = file.map_err(|error| Failure::argument(format!("read {}: {error}", path.display())))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Each line that there is something to say of goes to stderr, the counts to stdout.
fn tell(report: &ImportReport, context: &mut Context) -> Result<(), Failure> {
    for note in report.notes() {
        let text = format!("line {}: {}: {}", note.line(), note.outcome().as_str(), note.message());
        match note.outcome() {
            ImportOutcome::Refused | ImportOutcome::Warned => context.output.warn("import", &text),
            _ => context.output.note(&format!("keycask: {text}")),
        }
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
