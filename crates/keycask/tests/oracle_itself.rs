//! Guards against a judge that would pass anything: what the tests of faults are judged by must see each kind of loss.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and tells its seed")]

mod common;
mod oracle;

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use common::{Choices, Home, seed};
use oracle::journal::{Acknowledged, Attempt, End, Intent, Journal, Scribe};
use oracle::worker::Worker;

/// A journal in memory.
#[derive(Clone, Default)]
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A vault that somebody worked with, closed in good order.
fn worked(steps: u32, choices: Choices) -> (Home, Journal) {
    let home = Home::in_memory();
    let sheet = Sheet::default();
    let vault = oracle::open(home.path()).unwrap();
    let mut worker = Worker::new(vault, "w", Scribe::new("w", sheet.clone()), choices, true);
    (0..steps).for_each(|_| worker.step().unwrap());
    drop(worker);
    home.vault.close();
    let journal = Journal::parse(std::str::from_utf8(&sheet.0.lock().unwrap()).unwrap());
    (home, journal)
}

#[test]
fn good_work_passes() {
    let mut choices = Choices::new(seed());
    for _ in 0..5 {
        let (home, journal) = worked(300, Choices::new(choices.below(1 << 30) as u64));
        let began = Instant::now();
        oracle::check(&home.path(), &journal).unwrap();
        println!("{} attempts, judged in {:?}", journal.attempts.len(), began.elapsed());
    }
}

/// A verb that the worker never came to call would be a verb without a test.
#[test]
fn a_worker_comes_to_call_every_verb() {
    // Not by chance: some verbs are rare.
    let mut choices = Choices::new(1);
    let mut called: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..20 {
        let (_, journal) = worked(300, Choices::new(choices.below(1 << 30) as u64));
        for attempt in journal.attempts {
            *called.entry(attempt.intent.verb).or_default() += 1;
        }
    }
    println!("{called:?}");
    assert_eq!(called.len(), 26);
}

fn refuses(home: &Home, journal: &Journal, words: &str) {
    let fault = oracle::check(&home.path(), journal).expect_err(words);
    assert!(fault.contains(words), "{fault}");
}

/// An attempt that the vault knows nothing of.
fn attempt(intent: Intent, end: End) -> Attempt {
    Attempt { intent: Intent { request: "w-x".to_owned(), verb: "x".to_owned(), ..intent }, end }
}

/// What the journal says and the vault doesn't have, or the other way round.
#[test]
fn what_was_lost_is_missed_and_what_nobody_did_is_noticed() {
    let (home, journal) = worked(200, Choices::new(seed()));
    let with = |attempt: Attempt| {
        let mut journal = journal.clone();
        journal.attempts.push(attempt);
        journal
    };
    let done = || End::Done(Acknowledged::default());
    refuses(&home, &with(attempt(Intent::of([("key.created", None)]), done())), "acknowledged and lost");
    let stranger = "key_01kb8rdhz6f5sbtcbgh1rstvwx".to_owned();
    let issued = Acknowledged { issued: vec![(stranger.clone(), String::new())], ..Acknowledged::default() };
    refuses(&home, &with(attempt(Intent::of([]), End::Done(issued))), "is lost");
    let notice = Acknowledged {
        notice: Some("notice_01kb8rdhz6f5sbtcbgh1rstvwx".to_owned()),
        ..Acknowledged::default()
    };
    refuses(&home, &with(attempt(Intent::of([]), End::Done(notice))), "seen to is lost");
    let used = journal.attempts.iter().find_map(|attempt| attempt.intent.use_of.clone()).unwrap();
    let intent = Intent { use_of: Some(used), strict: true, ..Intent::of([]) };
    let more = (0..1_000).fold(journal.clone(), |mut journal, _| {
        journal.attempts.push(attempt(intent.clone(), done()));
        journal
    });
    refuses(&home, &more, "safe");
    let place = |verb: &str| journal.attempts.iter().position(|attempt| attempt.intent.verb == verb).unwrap();
    let mut fewer = journal.clone();
    fewer.attempts.remove(place("revoke"));
    refuses(&home, &fewer, "nobody attempted");
    let mut refused = journal.clone();
    refused.attempts[place("create")].end = End::Refused;
    refuses(&home, &refused, "refused and done");
    let mut half = journal.clone();
    let rotation = &mut half.attempts[place("rotate")];
    rotation.end = End::Open;
    rotation.intent.events.as_mut().unwrap().pop();
    refuses(&home, &half, "half done");
    oracle::check(&home.path(), &journal).unwrap();
}

/// A change without its event, an event without its notice, a revoked key that lives again, and other damage.
#[test]
fn a_vault_that_contradicts_itself_is_noticed() {
    for (edit, words) in [
        ("UPDATE keys SET disabled = 1 - disabled WHERE key_no = 3", "its events tell"),
        ("UPDATE keys SET scopes = 'a:b' WHERE key_no = 3", "its events tell"),
        (
            "UPDATE keys SET revoked_at_ms = NULL, revoked_by = NULL, revoked_reason = NULL, revoked_note = NULL,
                revoked_epoch = NULL WHERE revoked_reason = 'policy'",
            "",
        ),
        ("DELETE FROM outbox WHERE kind = 'revoked' AND acked_at_ms IS NULL", "these have no notice"),
        (
            "DELETE FROM outbox WHERE kind = 'rotated' AND acked_at_ms IS NULL;
                UPDATE outbox SET kind = 'rotated' WHERE kind = 'revoked'",
            "have no notice",
        ),
        (
            "INSERT INTO usage (key_no, uses) SELECT key_no, 1000 FROM keys WHERE true
                ON CONFLICT DO UPDATE SET uses = 1000",
            "",
        ),
        ("UPDATE changes SET detail = '{}' WHERE seq = 9", "it isn't whole"),
        ("PRAGMA foreign_keys = 0; DELETE FROM changes WHERE seq = 9", "it isn't whole"),
    ] {
        let (home, journal) = worked(200, Choices::new(seed()));
        rusqlite::Connection::open(home.path()).unwrap().execute_batch(edit).unwrap();
        refuses(&home, &journal, words);
    }
    let (home, journal) = worked(20, Choices::new(seed()));
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
    refuses(&home, &journal, "has mode 0640");
}
