//! Text for people: columns, and names beside values. No line ends with a space.

use crate::failure::Failure;
use crate::output::Output;

/// Rows that are looked at before the widths of the columns are fixed: a long list is printed as it is read.
const LOOKAHEAD: usize = 200;

/// A table of `N` columns under headings.
pub(crate) struct Table<const N: usize> {
    held: Vec<[String; N]>,
    widths: Option<[usize; N]>,
    indent: &'static str,
    empty: bool,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(headings: [&str; N]) -> Self {
        Self { held: vec![headings.map(str::to_owned)], widths: None, indent: "", empty: true }
    }

    /// Puts something before every line.
    pub(crate) fn indented(mut self, indent: &'static str) -> Self {
        self.indent = indent;
        self
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: [String; N], output: &mut Output) -> Result<(), Failure> {
        self.empty = false;
        if let Some(widths) = &self.widths {
            return output.line(aligned(self.indent, &cells, widths));
        }
        self.held.push(cells);
        if self.held.len() > LOOKAHEAD { self.release(output) } else { Ok(()) }
    }

    /// Prints what is held back; a table without rows prints nothing at all. Whether there were rows.
    pub(crate) fn finish(mut self, output: &mut Output) -> Result<bool, Failure> {
        if !self.empty {
            self.release(output)?;
        }
        Ok(!self.empty)
    }

    fn release(&mut self, output: &mut Output) -> Result<(), Failure> {
        let held = std::mem::take(&mut self.held);
        let widths = std::array::from_fn(|column| {
            held.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        });
        self.widths = Some(widths);
        held.iter().try_for_each(|row| output.line(aligned(self.indent, row, &widths)))
    }
}

fn aligned<const N: usize>(indent: &str, cells: &[String; N], widths: &[usize; N]) -> String {
    let padded: Vec<_> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    format!("{indent}{}", padded.join("  "))
}

/// Prints names beside values, and leaves out what has none.
pub(crate) fn fields(fields: &[(&str, Option<String>)], output: &mut Output) -> Result<(), Failure> {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in fields {
        if let Some(value) = value {
            output.line(format_args!("{name:width$}  {value}"))?;
        }
    }
    Ok(())
}
