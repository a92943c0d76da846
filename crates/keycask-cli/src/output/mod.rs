//! What the command prints: data on stdout, the rest on stderr.

pub(crate) mod json;
pub(crate) mod progress;
mod rows;
mod style;
mod table;
pub(crate) mod time;

use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, Stdout, Write};

use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::failure::Failure;
pub(crate) use rows::{Row, Rows};
pub(crate) use style::{Palette, paint};
pub(crate) use table::{Table, fields};

/// stdout, buffered, and how to write to it.
///
/// Where the reader has gone away (`keycask list | head -1`), what is written is dropped in silence, so that
/// the exit code stays the answer: a refused key piped into a closed reader is still refused.
pub(crate) struct Output {
    stdout: BufWriter<Stdout>,
    json: bool,
    closed: bool,
}

impl Output {
    pub(crate) fn to_stdout(json: bool) -> Self {
        Self { stdout: BufWriter::new(io::stdout()), json, closed: false }
    }

    /// Whether `--json` was given.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether nobody reads any more: a list may stop.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Colours for stdout, where a terminal shows them and nobody forbade them.
    pub(crate) fn palette(&self) -> Palette {
        let choice = anstream::AutoStream::choice(&io::stdout());
        Palette::new(!self.json && choice != anstream::ColorChoice::Never)
    }

    /// Prints a line; trailing spaces are cut off.
    pub(crate) fn line(&mut self, line: impl Display) -> Result<(), Failure> {
        let line = line.to_string();
        let written = writeln!(self.stdout, "{}", line.trim_end());
        self.settle(written)
    }

    /// Prints text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.stdout.write_all(text.as_bytes());
        self.settle(written)
    }

    /// Prints a value as one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let written = serde_json::to_writer(&mut self.stdout, value)
            .map_err(io::Error::from)
            .and_then(|()| self.stdout.write_all(b"\n"));
        self.settle(written)
    }

    /// Prints a line that holds a secret, past the buffer, which nobody wipes.
    ///
    /// Here a reader who has gone away is an error: the secret exists nowhere else.
    pub(crate) fn secret(&mut self, line: &Zeroizing<Vec<u8>>) -> io::Result<()> {
        self.stdout.flush()?;
        self.stdout.get_mut().write_all(line)?;
        self.stdout.get_mut().flush()
    }

    /// Prints what is buffered.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let flushed = self.stdout.flush();
        self.settle(flushed)
    }

    /// Prints what is buffered, for the last time.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        if self.closed { Ok(()) } else { self.flush() }
    }

    fn settle(&mut self, written: io::Result<()>) -> Result<(), Failure> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            written => written.map_err(|error| Failure::io("write standard output", &error)),
        }
    }

    /// Tells people something beside the data; programs aren't told.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            Self::stderr(&format!("{text}\n"));
        }
    }

    /// Warns of something that went through.
    pub(crate) fn warn(&self, code: &'static str, message: &str) {
        if self.json {
            Self::stderr(&format!("{}\n", json!({ "warning": { "code": code, "message": message } })));
        } else {
            Self::stderr(&format!("keycask: warning: {message}\n"));
        }
    }

    /// Tells why the command failed.
    pub(crate) fn report(failure: &Failure, as_json: bool) {
        let Failure { code, message, .. } = failure;
        if as_json {
            Self::stderr(&format!("{}\n", json!({ "error": { "code": code, "message": message } })));
        } else {
            Self::stderr(&format!("keycask: {message}\n"));
        }
    }

    /// Writes to stderr; where that fails, there is nobody left to tell.
    pub(crate) fn stderr(text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}
