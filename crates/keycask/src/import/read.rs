//! Rows from text: JSON Lines or CSV, told or recognised by its first character.

use std::fmt;
use std::io::{self, BufRead};
use std::str::FromStr;

use super::{ImportRow, csv, json};
use crate::clock::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Scheme;

/// Bytes of the longest record; what is longer has lost its end.
pub(super) const RECORD_LEN: u64 = 64 * 1024;
/// What Windows programs put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The form of text to import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImportFormat {
    /// Comma-separated values with a header. Source: RFC 4180.
    Csv,
    /// A JSON object on each line.
    JsonLines,
}

impl ImportFormat {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Csv, Self::JsonLines];

    /// The stable name: `csv` or `jsonl`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

impl fmt::Display for ImportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ImportFormat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .iter()
            .find(|format| format.as_str() == text)
            .copied()
            .ok_or_else(|| Error::invalid("format: write csv or jsonl"))
    }
}

/// A line, or the row that stands there.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) number: u64,
    pub(crate) row: Result<ImportRow>,
}

/// The rows of a text, one after the other; an error ends them.
pub(crate) fn lines<'r>(
    mut reader: impl BufRead + 'r,
    format: Option<ImportFormat>,
) -> Result<Box<dyn Iterator<Item = Result<Line>> + 'r>> {
    skip_mark(&mut reader).map_err(|error| unreadable(&error))?;
    let format = match format {
        Some(format) => format,
        None => recognise(&mut reader).map_err(|error| unreadable(&error))?,
    };
    Ok(match format {
        ImportFormat::Csv => Box::new(csv::Rows::new(reader)?),
        ImportFormat::JsonLines => Box::new(json::Rows::new(reader)),
    })
}

fn skip_mark(reader: &mut impl BufRead) -> io::Result<()> {
    if reader.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
        reader.consume(BYTE_ORDER_MARK.len());
    }
    Ok(())
}

/// JSON Lines where the first character is `{`. Blank lines before it are left to the format's own reader.
fn recognise(reader: &mut impl BufRead) -> io::Result<ImportFormat> {
    let first = reader.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(if first == Some(&b'{') { ImportFormat::JsonLines } else { ImportFormat::Csv })
}

pub(super) fn unreadable(error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("read the rows to import: {error}"))
}

/// The columns of a row, by name. Each is set from text; what isn't text in JSON is written as text first.
pub(super) const FIELDS: &[(&str, Setter)] = &[
    ("digest", |row, text| Ok(row.set_digest(text))),
    ("scheme", |row, text| Ok(row.scheme(text.parse::<Scheme>()?))),
    ("strength_bits", |row, text| Ok(row.strength_bits(number("strength_bits", text)?))),
    ("owner", |row, text| Ok(row.owner(text))),
    ("name", |row, text| Ok(row.name(text))),
    ("prefix", |row, text| Ok(row.prefix(text))),
    ("scopes", |row, text| Ok(row.scopes(text.split_ascii_whitespace()))),
    ("metadata", |row, text| Ok(row.metadata(text))),
    ("notify_email", |row, text| Ok(row.notify_email(text))),
    ("created_at", |row, text| Ok(row.created_at(time("created_at", text)?.into()))),
    ("not_before", |row, text| Ok(row.not_before(time("not_before", text)?.into()))),
    ("expires_at", |row, text| Ok(row.expires_at(time("expires_at", text)?.into()))),
    ("disabled", |row, text| Ok(row.disabled(truth("disabled", text)?))),
];

/// Sets a field from its text.
pub(super) type Setter = fn(ImportRow, &str) -> Result<ImportRow>;

/// The setter of a column.
pub(super) fn setter(name: &str) -> Option<Setter> {
    FIELDS.iter().find(|(field, _)| *field == name).map(|(_, setter)| *setter)
}

/// The names of the columns, for errors.
pub(super) fn field_names() -> String {
    FIELDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn number(what: &str, text: &str) -> Result<u32> {
    text.parse().map_err(|_| Error::invalid(format!("{what}: is no whole number")))
}

fn time(what: &str, text: &str) -> Result<Timestamp> {
    Timestamp::parse(text).map_err(|_| Error::invalid(format!("{what}: write it as 2026-11-24T13:30:00Z")))
}

fn truth(what: &str, text: &str) -> Result<bool> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Error::invalid(format!("{what}: write true or false"))),
    }
}
