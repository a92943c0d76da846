//! `bench`: what verifying and changing cost on this machine, beside what a program without keycask would pay.
//!
//! Each row has a floor: the bare work, by hand. Floors are plain programs that use SQLite, too: on a copy that a
//! backup made, in a file that no vault is in. Both sides take turns, and of these rounds the one whose ratio is the
//! median is told, so that noise meets both.

mod deck;
mod hot;
mod memory;
mod open;
mod plain;
mod rounds;
mod row;
mod stored;
mod threads;
mod uses;
mod writes;

use indicatif::ProgressBar;
use tempfile::TempDir;

use crate::args::BenchArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Output, Table, progress};
use deck::Deck;
use row::Row;

/// Keys of the vault that most rows are measured on.
const MAIN: u32 = 100_000;
/// Keys of the small ones that the largest is compared with: in memory, and in the file.
const FEW: u32 = 1_000;
const SOME: u32 = 10_000;

/// What is measured on: vaults in a folder that is removed in the end, also where something fails.
struct Bench {
    folder: TempDir,
    threads: u32,
    few: Deck,
    some: Deck,
    main: Deck,
    largest: Deck,
    /// Bytes of memory that a key of the largest takes.
    remembered: f64,
    bar: ProgressBar,
}

type Measure = fn(&Bench) -> Result<Vec<Row>, Failure>;

const PARTS: &[(&str, Measure)] = &[
    ("verify from memory", hot::hot),
    ("verify with uses", hot::with_uses),
    ("verify from the file", stored::not_cached),
    ("verify among many keys", hot::many),
    ("verify from the file among many keys", stored::many),
    ("uses", uses::sustained),
    ("single changes", writes::single),
    ("bulk create", writes::bulk),
    ("open", open::open),
    ("threads", threads::threads),
];

pub(crate) fn run(args: &BenchArgs, context: &mut Context) -> Result<Exit, Failure> {
    let bench = Bench::new(args)?;
    let mut table = Table::new(["work", "floor", "figure", "ratio", "limit", "reached"]);
    for (what, measure) in PARTS {
        bench.bar.set_message(*what);
        show(&measure(&bench)?, &mut table, &mut context.output)?;
        bench.bar.inc(1);
    }
    show(&memory::sizes(&bench), &mut table, &mut context.output)?;
    bench.bar.finish_and_clear();
    table.finish(&mut context.output)?;
    Ok(Exit::Yes)
}

/// Prints rows as they come as JSON, or keeps them for the table.
fn show(rows: &[Row], table: &mut Table<6>, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        rows.iter().try_for_each(|row| output.json(&row.view()))?;
        return output.flush();
    }
    rows.iter().try_for_each(|row| table.row(row.cells(), output))
}

impl Bench {
    fn new(args: &BenchArgs) -> Result<Self, Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("keycask-bench-");
        let parent = args.dir.clone().unwrap_or_else(std::env::temp_dir);
        let folder = builder
            .tempdir_in(&parent)
            .map_err(|error| Failure::argument(format!("make a folder in {}: {error}", parent.display())))?;
        let bar = progress::bar_with_message(PARTS.len() as u64 + 1);
        let deck = |keys: u32, name| Deck::make(&folder.path().join(name), keys.min(args.keys), &bar);
        let largest = deck(args.keys, "largest.db")?;
        let remembered = memory::remembered(&largest)?;
        let (few, some, main) = (deck(FEW, "few.db")?, deck(SOME, "some.db")?, deck(MAIN, "main.db")?);
        bar.inc(1);
        Ok(Self { folder, threads: args.threads, few, some, main, largest, remembered, bar })
    }
}
