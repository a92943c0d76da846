//! What was attempted and what was acknowledged: a line before each verb and one after it, written where a killed
//! process leaves them.

use std::collections::HashMap;
use std::io::Write;

use keycask::{ErrorKind, KeyId};
use serde::{Deserialize, Serialize};

/// An event of the log of changes that a verb makes: its kind, and its key where that is known before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Expected {
    pub kind: String,
    pub key: Option<String>,
}

/// A verb that is about to be called. Its actor carries `request`, and with it each event that it makes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Intent {
    pub request: String,
    pub verb: String,
    /// The events that it makes, all or none; `None` where that can't be known before.
    pub events: Option<Vec<Expected>>,
    /// The key that a verify uses, if the use is recorded.
    pub use_of: Option<String>,
    /// Whether the use is in the file, safe from a power cut, when the verify answers.
    pub strict: bool,
    /// Whether every use before it is, when it returns.
    pub flushes: bool,
}

/// What a verb returned.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Ids and secrets of new keys.
    pub issued: Vec<(String, String)>,
    /// The notice that was acknowledged.
    pub notice: Option<String>,
    /// Checkpoints that were exported.
    pub checkpoints: Option<String>,
}

#[derive(Serialize, Deserialize)]
enum Line {
    Tried(Intent),
    Done(String, Acknowledged),
    Failed(String, String),
}

/// How a verb ended.
#[derive(Clone, Debug)]
pub enum End {
    /// It was acknowledged: what it did is there.
    Done(Acknowledged),
    /// It failed with an error after which nothing was changed.
    Refused,
    /// It failed otherwise, or nothing is known: what it did is there as a whole, or not at all.
    Open,
}

/// One verb, from its intent to its end.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub intent: Intent,
    pub end: End,
}

impl Attempt {
    /// The keys that it issued, where that was acknowledged.
    pub fn issued(&self) -> Option<&[(String, String)]> {
        match &self.end {
            End::Done(done) => Some(&done.issued),
            _ => None,
        }
    }
}

/// Everything that was attempted, in its order; several writers' one after the other.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    pub attempts: Vec<Attempt>,
}

impl Journal {
    /// From lines of a [`Scribe`]. The last one may be torn.
    pub fn parse(text: &str) -> Self {
        let mut journal = Self::default();
        let mut places = HashMap::new();
        for line in text.lines() {
            match serde_json::from_str(line) {
                Ok(Line::Tried(intent)) => {
                    places.insert(intent.request.clone(), journal.attempts.len());
                    journal.attempts.push(Attempt { intent, end: End::Open });
                }
                Ok(Line::Done(request, done)) => journal.attempts[places[&request]].end = End::Done(done),
                Ok(Line::Failed(request, kind)) if leaves_nothing(&kind) => {
                    journal.attempts[places[&request]].end = End::Refused;
                }
                Ok(Line::Failed(..)) | Err(_) => {}
            }
        }
        journal
    }

    /// Adds what another writer attempted.
    pub fn add(&mut self, other: Self) {
        self.attempts.extend(other.attempts);
    }
}

/// Whether an error says that nothing was changed, whatever else happened.
fn leaves_nothing(kind: &str) -> bool {
    [
        ErrorKind::InvalidArgument,
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Busy,
        ErrorKind::VaultFull,
    ]
    .iter()
    .any(|known| known.as_str() == kind)
}

/// Writes a journal, each line at once.
pub struct Scribe {
    sink: Box<dyn Write + Send>,
    name: String,
    number: u64,
}

impl Scribe {
    /// A scribe whose requests begin with `name`, which no other scribe of the vault has.
    pub fn new(name: &str, sink: impl Write + Send + 'static) -> Self {
        Self { sink: Box::new(sink), name: name.to_owned(), number: 0 }
    }

    /// Notes a verb that is about to be called; returns the request that its actor carries.
    pub fn tries(&mut self, verb: &str, intent: Intent) -> String {
        self.number += 1;
        let request = format!("{}-{}", self.name, self.number);
        self.write(&Line::Tried(Intent { request: request.clone(), verb: verb.to_owned(), ..intent }));
        request
    }

    pub fn done(&mut self, request: &str, done: Acknowledged) {
        self.write(&Line::Done(request.to_owned(), done));
    }

    pub fn failed(&mut self, request: &str, kind: ErrorKind) {
        self.write(&Line::Failed(request.to_owned(), kind.as_str().to_owned()));
    }

    fn write(&mut self, line: &Line) {
        let mut text = serde_json::to_string(line).unwrap();
        text.push('\n');
        self.sink.write_all(text.as_bytes()).unwrap();
    }
}

impl Intent {
    /// A verb that makes these events.
    pub fn of<'k>(events: impl IntoIterator<Item = (&'k str, Option<KeyId>)>) -> Self {
        let event = |(kind, key): (&str, Option<KeyId>)| Expected {
            kind: kind.to_owned(),
            key: key.map(|key| key.to_string()),
        };
        Self { events: Some(events.into_iter().map(event).collect()), ..Self::default() }
    }

    /// A verify of a key.
    pub fn using(key: KeyId, strict: bool) -> Self {
        Self { use_of: Some(key.to_string()), strict, ..Self::of([]) }
    }

    pub fn flushing() -> Self {
        Self { flushes: true, ..Self::of([]) }
    }

    /// A verb that makes the events that it needs.
    pub fn free() -> Self {
        Self::default()
    }
}
