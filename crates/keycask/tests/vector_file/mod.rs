//! Reads the vector files that all languages share. Their form is told in `tests/vectors/README.md`.

use std::fmt;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/");

/// A row, and where it stands.
pub(crate) struct Row {
    place: String,
    text: String,
}

impl Row {
    /// Its columns, of which there must be `N`.
    pub(crate) fn columns<const N: usize>(&self) -> [&str; N] {
        let columns: Vec<_> = self.text.split('\t').collect();
        let found = columns.len();
        columns.try_into().unwrap_or_else(|_| panic!("{found} columns, {N} expected"))
    }

    pub(crate) fn first(&self) -> &str {
        self.text.split('\t').next().unwrap_or_default()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Runs `check` on each row of a file that `belongs` to it, and fails where fewer than `minimum` do: a file
/// that was cut short must not pass for one that holds.
pub(crate) fn run(file: &str, minimum: usize, belongs: impl Fn(&Row) -> bool, mut check: impl FnMut(&Row)) {
    let text = std::fs::read_to_string(format!("{FOLDER}{file}")).unwrap_or_else(|e| panic!("{file}: {e}"));
    let mut ran = 0;
    for (index, line) in text.lines().enumerate().filter(|(_, l)| !l.is_empty() && !l.starts_with('#')) {
        let row = Row { place: format!("{file}:{}", index + 1), text: line.to_owned() };
        if belongs(&row) {
            let _named = NamedOnPanic(&row);
            check(&row);
            ran += 1;
        }
    }
    assert!(ran >= minimum, "{file}: {ran} rows ran, at least {minimum} should");
}

/// Names the row that a test panicked in, whichever of its assertions it was.
struct NamedOnPanic<'a>(&'a Row);

impl Drop for NamedOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the row is {}", self.0);
        }
    }
}

/// A column that may be absent.
pub(crate) fn optional(column: &str) -> Option<&str> {
    Some(column).filter(|column| *column != "-")
}

pub(crate) fn integer(column: &str) -> i64 {
    column.parse().unwrap_or_else(|_| panic!("{column:?} is no integer"))
}

/// Bytes in hex.
pub(crate) fn bytes(column: &str) -> Vec<u8> {
    if column == "empty" {
        return Vec::new();
    }
    let (pairs, rest) = column.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty() && !pairs.is_empty(), "{column:?} is no hex");
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => panic!("{column:?} is no hex"),
    };
    pairs.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect()
}
