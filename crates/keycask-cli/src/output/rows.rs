//! Lists: a table for people, or one line of JSON a row.

use serde::Serialize;

use crate::failure::{Exit, Failure};
use crate::output::{Output, Table};

/// What can stand in a list of `N` columns.
pub(crate) trait Row<const N: usize>: Serialize {
    /// The names of the columns.
    const HEADINGS: [&'static str; N];

    /// The row for people.
    fn cells(&self) -> [String; N];
}

/// A list that is printed as it is read.
pub(crate) struct Rows<const N: usize> {
    /// `None` where the rows are JSON.
    table: Option<Table<N>>,
    /// What an empty list means.
    empty: &'static str,
}

impl<const N: usize> Rows<N> {
    pub(crate) fn new<R: Row<N>>(output: &Output) -> Self {
        Self { table: (!output.is_json()).then(|| Table::new(R::HEADINGS)), empty: "nothing matches" }
    }

    /// Says it in other words that the list is empty.
    pub(crate) fn or_note(mut self, empty: &'static str) -> Self {
        self.empty = empty;
        self
    }

    pub(crate) fn push(&mut self, row: &impl Row<N>, output: &mut Output) -> Result<(), Failure> {
        match &mut self.table {
            Some(table) => table.row(row.cells(), output),
            None => output.json(row),
        }
    }

    /// Ends the list. An empty one is an answer as good as any.
    pub(crate) fn finish(self, output: &mut Output) -> Result<Exit, Failure> {
        let Self { table, empty } = self;
        let told = table.map_or(Ok(true), |table| table.finish(output))?;
        if !told {
            output.note(&format!("keycask: {empty}"));
        }
        Ok(Exit::Yes)
    }
}
