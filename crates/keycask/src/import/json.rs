//! JSON Lines: a JSON object on each line. Source: RFC 8259.

use std::io::{BufRead, Read};

use serde_json::{Map, Value};

use super::ImportRow;
use super::read::{Line, RECORD_LEN, field_names, setter, unreadable};
use crate::error::{Error, Result};

/// Characters of an unknown field's name that are shown: it may be a value in the wrong place.
const SHOWN: usize = 8;

/// The rows of the lines that aren't blank.
pub(super) struct Rows<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }

    /// The next line without its end; `Ok(None)` after the last.
    fn next_line(&mut self) -> Result<Option<Result<Vec<u8>>>> {
        let mut line = Vec::new();
        let read = self.reader.by_ref().take(RECORD_LEN).read_until(b'\n', &mut line);
        if read.map_err(|error| unreadable(&error))? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if line.last() != Some(&b'\n') && line.len() as u64 == RECORD_LEN {
            self.reader.skip_until(b'\n').map_err(|error| unreadable(&error))?;
            return Ok(Some(Err(Error::invalid(format!("line: is longer than {RECORD_LEN} bytes")))));
        }
        Ok(Some(Ok(line)))
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let row = match self.next_line() {
                Err(error) => return Some(Err(error)),
                Ok(None) => return None,
                Ok(Some(Ok(line))) if line.trim_ascii().is_empty() => continue,
                Ok(Some(line)) => line.and_then(|line| row(&line)),
            };
            return Some(Ok(Line { number: self.number, row }));
        }
    }
}

fn row(line: &[u8]) -> Result<ImportRow> {
    let object: Map<String, Value> = serde_json::from_slice(line).map_err(|error| {
        Error::invalid(format!("line: is not a JSON object, seen at column {}", error.column()))
    })?;
    let row = object.into_iter().try_fold(ImportRow::default(), |row, (name, value)| {
        let Some(set) = setter(&name) else { return Err(unknown(&name)) };
        match text_of(&name, value)? {
            Some(text) => set(row, &text),
            None => Ok(row),
        }
    })?;
    row.has_digest()
}

/// A value as the column's text; `None` for null.
fn text_of(name: &str, value: Value) -> Result<Option<String>> {
    match (name, value) {
        (_, Value::Null) => Ok(None),
        (_, Value::String(text)) => Ok(Some(text)),
        ("strength_bits", Value::Number(number)) => Ok(Some(number.to_string())),
        ("disabled", Value::Bool(truth)) => Ok(Some(truth.to_string())),
        ("metadata", Value::Object(object)) => Ok(Some(Value::Object(object).to_string())),
        ("scopes", Value::Array(scopes)) => scopes_of(&scopes).map(Some),
        _ => Err(Error::invalid(format!("{name}: has another type than it should"))),
    }
}

fn scopes_of(scopes: &[Value]) -> Result<String> {
    let text = |scope: &Value| match scope.as_str() {
        Some(scope) if !scope.contains(char::is_whitespace) => Ok(scope.to_owned()),
        _ => Err(Error::invalid("scopes: write a list of texts without spaces")),
    };
    Ok(scopes.iter().map(text).collect::<Result<Vec<_>>>()?.join(" "))
}

fn unknown(name: &str) -> Error {
    let shown: String = name.chars().take(SHOWN).collect();
    let rest = if shown.len() < name.len() { "…" } else { "" };
    Error::invalid(format!(
        "field {shown:?}{rest}: import doesn't know it and won't pass over it; it reads {}",
        field_names()
    ))
}
