//! The power goes at any moment, and the disk has of what wasn't synced what it likes; then it goes again while the
//! vault recovers.
//!
//! A worker's vault begins created and synced: that creation is whole or nothing is the business of
//! `tests/creation.rs`, since it doesn't go through SQLite alone.

use std::io::Write;
use std::sync::Arc;

use keycask::{NewKey, Request, RevocationReason};
use keycask_sqlite::faults::replay::{Disk, Image};
use keycask_sqlite::faults::trace::{self, Record};
use keycask_sqlite::faults::{Armed, Plan, arm};

use super::Place;
use crate::common::{Choices, alice, rounds, seed};
use crate::oracle;
use crate::oracle::journal::{Journal, Scribe};
use crate::oracle::worker::Worker;

/// Verbs of one script, after some of which the vault is closed and opened again.
const STEPS: usize = 80;
const REOPENED: usize = 25;
/// Images of one script.
const IMAGES: usize = 150;

/// A journal in the trace itself: an acknowledgement is as old as what the disk was asked before it.
struct Marks(Arc<Armed>);

impl Write for Marks {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.mark(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The files of a closed vault.
pub(crate) fn image_of(place: &Place) -> Image {
    vec![("keys.db".to_owned(), std::fs::read(place.vault()).unwrap())]
}

/// What a disk was asked to do while `work` was done in a place.
pub(crate) fn traced(place: &Place, work: impl FnOnce(&Arc<Armed>)) -> Vec<Record> {
    let file = place.beside("trace");
    let armed = Arc::new(arm(&place.folder(), Plan::new().trace(&file)));
    work(&armed);
    drop(armed);
    let records = trace::read(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    records
}

/// A worker's script on a new vault: what the disk had before, and what it was asked.
fn script(choices: &mut Choices) -> (Image, Vec<Record>) {
    let place = Place::with_vault();
    let before = image_of(&place);
    let records = traced(&place, |armed| {
        let scribe = Scribe::new("w", Marks(armed.clone()));
        let choice = Choices::new(choices.below(1 << 30) as u64);
        let mut worker = Worker::new(oracle::open(place.vault()).unwrap(), "w", scribe, choice, true);
        for _ in 0..STEPS {
            worker.step().unwrap();
            if choices.below(REOPENED) == 0 {
                worker.reopen().unwrap();
            }
        }
    });
    (before, records)
}

/// Cuts the power `count` times, at moments that chance chooses, and tells what was left and what was acknowledged.
pub(crate) fn cuts(
    (before, records): (Image, &[Record]),
    count: usize,
    choices: &mut Choices,
    mut look: impl FnMut(usize, Image, &Journal, &mut Choices),
) {
    let mut moments: Vec<usize> = (0..count).map(|_| choices.below(records.len())).collect();
    moments.sort_unstable();
    let mut moments = moments.into_iter().peekable();
    let (mut disk, mut journal) = (Disk::new(before), String::new());
    for (moment, record) in records.iter().enumerate() {
        if let Record::Mark(line) = record {
            journal += std::str::from_utf8(line).unwrap();
        }
        // What is asked at the moment of the cut is done as little as what waits for its sync.
        if !matches!(record, Record::Sync { .. }) {
            disk.apply(record);
        }
        while moments.next_if_eq(&moment).is_some() {
            let image = disk.cut(&mut |below| choices.below(below));
            look(moment, image, &Journal::parse(&journal), choices);
        }
        if matches!(record, Record::Sync { .. }) {
            disk.apply(record);
        }
    }
}

/// Puts an image where a vault can be opened, with shared memory that nobody may believe.
pub(crate) fn put(image: &Image, choices: &mut Choices) -> Place {
    let place = Place::new();
    for (name, bytes) in image {
        std::fs::write(place.folder().join(name), bytes).unwrap();
        set_mode(&place, name);
    }
    if choices.below(4) == 0 {
        let noise: Vec<u8> = (0..32 * 1024).map(|_| u8::try_from(choices.below(256)).unwrap()).collect();
        std::fs::write(place.folder().join("keys.db-shm"), noise).unwrap();
        set_mode(&place, "keys.db-shm");
    }
    place
}

fn set_mode(place: &Place, name: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(place.folder().join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged() {
    in_two(rounds(3_000, 200_000), |mut left, seed| {
        let mut choices = Choices::new(seed);
        while left > 0 {
            let (before, records) = script(&mut choices);
            let count = left.min(IMAGES);
            cuts((before, &records), count, &mut choices, |moment, image, journal, choices| {
                let place = put(&image, choices);
                oracle::check(&place.vault(), journal)
                    .unwrap_or_else(|fault| panic!("choices of {seed}, cut at {moment}: {fault}"));
            });
            left -= count;
        }
    });
}

/// Looks at half of the images in each of two threads, with seeds of their own.
fn in_two(count: usize, look: impl Fn(usize, u64) + Sync) {
    let seed = seed();
    println!("{count} images");
    std::thread::scope(|scope| {
        scope.spawn(|| look(count / 2, seed));
        look(count - count / 2, seed.wrapping_add(1));
    });
}

/// Opens a vault and works a little with it, as somebody would after the first cut.
fn recover(place: &Place) {
    let vault = oracle::open(place.vault()).unwrap();
    let issued = vault.create_key(NewKey::new("acme_live").owner("recovered"), &alice()).unwrap();
    vault.verify(issued.secret().expose(), &Request::new()).map(drop).unwrap();
    vault.revoke(issued.key().id(), RevocationReason::Policy, &alice()).unwrap();
}

#[test]
fn a_second_cut_during_recovery_loses_nothing_either() {
    in_two(rounds(300, 20_000), |mut left, seed| {
        let mut choices = Choices::new(seed.wrapping_add(2));
        while left > 0 {
            let (before, records) = script(&mut choices);
            cuts(
                (before, &records),
                left.min(IMAGES / 5),
                &mut choices,
                |moment, image, journal, choices| {
                    let place = put(&image, choices);
                    let again = traced(&place, |_| recover(&place));
                    cuts((image, &again), 3.min(left), choices, |second, image, _, choices| {
                        let place = put(&image, choices);
                        oracle::check(&place.vault(), journal).unwrap_or_else(|fault| {
                            panic!("choices of {seed}, cut at {moment} and {second}: {fault}")
                        });
                        left -= 1;
                    });
                },
            );
        }
    });
}
