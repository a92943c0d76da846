//! CSV with a header. Source: RFC 4180; rows may be of different lengths and end in LF alone.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use ::csv::{Reader, ReaderBuilder, StringRecord};

use super::ImportRow;
use super::read::{FIELDS, Line, RECORD_LEN, Setter, field_names, unreadable};
use crate::error::{Error, Result};

/// What the CSV reader takes from its source at a time.
const BUFFER: usize = 64 * 1024;

/// The rows after the header.
pub(super) struct Rows<R> {
    reader: Reader<Bounded<R>>,
    /// Bytes that the record at hand may still take from the source.
    left: Rc<Cell<u64>>,
    columns: Vec<(&'static str, Setter)>,
    ended: bool,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(source: R) -> Result<Self> {
        let left = Rc::new(Cell::new(RECORD_LEN + 2 * BUFFER as u64));
        let source = Bounded { source, left: left.clone() };
        let mut reader = ReaderBuilder::new().flexible(true).buffer_capacity(BUFFER).from_reader(source);
        let columns = columns(reader.headers().map_err(|error| broken(&error))?)?;
        Ok(Self { reader, left, columns, ended: false })
    }

    /// The next record, or why it can't be read.
    fn record(&mut self) -> Result<Option<Line>> {
        self.left.set(RECORD_LEN + BUFFER as u64);
        let mut record = StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let number = record.position().map_or(0, ::csv::Position::line);
                Ok(Some(Line { number, row: self.row(&record) }))
            }
            Err(error) => match error.kind() {
                ::csv::ErrorKind::Utf8 { pos, .. } => {
                    let number = pos.as_ref().map_or(0, ::csv::Position::line);
                    Ok(Some(Line { number, row: Err(Error::invalid("line: is not UTF-8 text")) }))
                }
                _ => Err(broken(&error)),
            },
        }
    }

    fn row(&self, record: &StringRecord) -> Result<ImportRow> {
        if record.len() != self.columns.len() {
            return Err(Error::invalid(format!(
                "line: has {} fields where the header has {}",
                record.len(),
                self.columns.len()
            )));
        }
        let mut cells = record.iter().zip(&self.columns).filter(|(cell, _)| !cell.is_empty());
        cells.try_fold(ImportRow::default(), |row, (cell, (_, set))| set(row, cell))?.has_digest()
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.record();
        self.ended = next.is_err();
        next.transpose()
    }
}

/// The columns that the header names. A wrong one isn't repeated: without a header it is the first row.
fn columns(header: &StringRecord) -> Result<Vec<(&'static str, Setter)>> {
    let mut columns: Vec<(&'static str, Setter)> = Vec::new();
    for (index, name) in header.iter().enumerate() {
        let name = name.trim_ascii();
        let known = FIELDS.iter().find(|(field, _)| *field == name);
        let Some((field, set)) = known else {
            return Err(Error::invalid(format!(
                "line 1, column {}: names no field that import knows; it reads {}",
                index + 1,
                field_names()
            )));
        };
        if columns.iter().any(|(taken, _)| taken == field) {
            return Err(Error::invalid(format!("line 1: names {field} twice")));
        }
        columns.push((*field, *set));
    }
    if columns.iter().any(|(field, _)| *field == "digest") {
        return Ok(columns);
    }
    Err(Error::invalid("line 1: the header names no column digest"))
}

fn broken(error: &::csv::Error) -> Error {
    match error.kind() {
        ::csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            Error::invalid("a record has no end: its quotes aren't closed, or it is longer than 64 KiB")
        }
        ::csv::ErrorKind::Io(error) => unreadable(error),
        _ => Error::invalid("the header: is not UTF-8 text"),
    }
}

/// A source that ends in an error where one record takes too much of it: a quote that isn't closed would
/// otherwise take the rest of the text into memory.
struct Bounded<R> {
    source: R,
    left: Rc<Cell<u64>>,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let read = self.source.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(read as u64));
        Ok(read)
    }
}
