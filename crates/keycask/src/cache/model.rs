//! Guards against an order of steps that nobody thought of: a model of the cache, in which one process commits and two
//! threads of another verify, runs through all orders of their steps, and through what relaxed loads may return in each.
//!
//! The protocol is the real one; what it works on is less than the real thing, so that what holds here holds there: the
//! tag, the header and the map are bare atomic words, which nothing orders but the fences of the protocol.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use keycask_sqlite::Header;
use loom::sync::atomic::{AtomicI64, AtomicU32, Ordering, fence};
use loom::sync::{Arc as Shared, Mutex};
use loom::thread;

use super::protocol::{Look, Memory, Observe, is_current, look};
use crate::error::Result;
use crate::planted::{Bug, is_planted};
use crate::policy::{UseAcknowledgement, UseMode};
use crate::secret::Digest;
use crate::store::{Found, News, Settings};

/// In the map: nothing is kept.
const NOTHING: i64 = -1;
const SETTINGS: Settings = Settings {
    use_mode: UseMode::Off,
    use_acknowledgement: UseAcknowledgement::Batched,
    pepper: None,
    accepts_foreign: false,
};

/// A header of two words, which are read and written one after the other: torn ones are seen, too.
struct Words([AtomicU32; 2]);

impl Words {
    fn new(value: u32) -> Self {
        Self([AtomicU32::new(value), AtomicU32::new(value)])
    }

    fn load(&self) -> Header {
        let mut words = [0; 12];
        words[0] = 3_007_000;
        words[4] = self.0[0].load(Ordering::Relaxed);
        words[8] = self.0[1].load(Ordering::Relaxed);
        Header::from_words(words)
    }

    fn store(&self, header: &Header) {
        self.0[0].store(header.words()[4], Ordering::Relaxed);
        self.0[1].store(header.words()[8], Ordering::Relaxed);
    }
}

/// The file of one key. Its state is the epoch of the key's last change; a snapshot is of one moment.
struct File {
    epoch: Mutex<i64>,
    header: Words,
}

impl File {
    /// A commit, and the header that it leaves.
    fn commit(&self, changes_the_key: bool, header: u32) {
        let mut epoch = self.epoch.lock().unwrap();
        *epoch += i64::from(changes_the_key);
        for word in &self.header.0 {
            word.store(header, Ordering::Relaxed);
        }
    }

    fn epoch(&self) -> i64 {
        *self.epoch.lock().unwrap()
    }
}

/// What one process keeps of the file.
struct Process {
    file: Shared<File>,
    tag: Words,
    epoch: AtomicI64,
    /// The epoch of the row that is kept.
    row: AtomicI64,
    /// Who has the connection that sees commits.
    observer: Mutex<()>,
}

impl Process {
    /// The epoch of the row that is answered.
    fn verify(&self) -> i64 {
        let digest = Digest::of(b"the key");
        let kept = is_current(self, || self.file.header.load()).then(|| self.get(&digest)).flatten();
        kept.map_or_else(|| look(self, self, &digest).unwrap().0.epoch, |found| found.epoch)
    }
}

fn found(epoch: i64) -> Found {
    Found { epoch, settings: SETTINGS, key: None }
}

impl Memory for Process {
    fn tag(&self) -> Header {
        self.tag.load()
    }

    fn set_tag(&self, header: &Header) {
        self.tag.store(header);
    }

    fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::Relaxed)
    }

    fn set_epoch(&self, epoch: i64) {
        self.epoch.store(epoch, Ordering::Relaxed);
    }

    fn fence(order: Ordering) {
        let bug = if order == Ordering::Release { Bug::NoRelease } else { Bug::NoAcquire };
        if !is_planted(bug) {
            fence(order);
        }
    }

    fn get(&self, _: &Digest) -> Option<Found> {
        let row = self.row.load(Ordering::Relaxed);
        (row != NOTHING).then(|| found(row))
    }

    fn put_in(&self, _: &Digest, found: &Found) {
        self.row.store(found.epoch, Ordering::Relaxed);
    }

    fn take_out(&self, news: &News) {
        if news.changed.as_ref().is_none_or(|changed| !changed.is_empty()) {
            self.row.store(NOTHING, Ordering::Relaxed);
        }
    }

    fn is_own(&self) -> bool {
        true
    }
}

impl Look for Process {
    type Observation<'o> = &'o File;

    fn observe<T>(&self, work: impl FnOnce(&mut &File) -> Result<T>) -> Result<T> {
        let _observer = self.observer.lock().unwrap();
        work(&mut &*self.file)
    }

    fn find(&self, _: &Digest) -> Result<Found> {
        Ok(found(self.file.epoch()))
    }
}

impl Observe for &File {
    /// Whole, or none that is cacheable.
    fn header(&self) -> Header {
        let before = self.header.load();
        fence(Ordering::Acquire);
        if self.header.load() == before { before } else { Header::default() }
    }

    fn news(&mut self, epoch: i64, _: i64) -> Result<News> {
        let now = self.epoch();
        let changed = if now > epoch { vec![Digest::of(b"the key")] } else { Vec::new() };
        Ok(News { epoch: now, settings: SETTINGS, changed: Some(changed) })
    }
}

fn new_process() -> Process {
    Process {
        file: Shared::new(File { epoch: Mutex::new(0), header: Words::new(1) }),
        tag: Words::new(0),
        epoch: AtomicI64::new(0),
        row: AtomicI64::new(NOTHING),
        observer: Mutex::new(()),
    }
}

/// Two threads verify while `commit` runs. It says that it returned, and who heard that before a verify must be
/// answered by it; in the end all must.
fn two_threads_verify_during(process: Process, commit: impl FnOnce(&File)) {
    let process = Shared::new(process);
    let returned = Shared::new(AtomicI64::new(0));
    let threads = [(); 2].map(|()| {
        let (process, returned) = (process.clone(), returned.clone());
        thread::spawn(move || {
            let returned = returned.load(Ordering::Acquire);
            assert!(process.verify() >= returned, "stale");
        })
    });
    commit(&process.file);
    returned.store(1, Ordering::Release);
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(process.verify(), 1, "stale");
}

fn in_all_orders(run: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = model.preemption_bound.or(Some(2));
    model.check(run);
}

/// Where nothing is kept yet, rows are read and put in around the commit.
#[test]
fn no_row_is_kept_that_a_commit_has_ended() {
    in_all_orders(|| two_threads_verify_during(new_process(), |file| file.commit(true, 2)));
}

/// Where the row is kept, a commit before makes the threads look for news around the one that ends it.
#[test]
fn no_row_is_answered_that_a_commit_has_ended() {
    in_all_orders(|| {
        let process = new_process();
        assert_eq!(process.verify(), 0);
        process.file.commit(false, 2);
        two_threads_verify_during(process, |file| file.commit(true, 3));
    });
}
