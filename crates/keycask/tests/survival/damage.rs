//! Files whose bytes went bad, were zeroed, cut off, or exchanged for those of another time or vault: no crash, no
//! hang, and an error or the right answer wherever a deep check and a kept checkpoint find nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use keycask::{Checkpoint, Error, ErrorKind, Request, Vault};

use super::{Place, Role};
use crate::common::{Choices, role, rounds, seed};
use crate::oracle;
use crate::oracle::worker::Worker;

const NAME: &str = "damage::damaged_files_are_errors_or_answered_rightly";
const IMAGES_A_PROCESS: u32 = 250;
const STEPS: u32 = 50;
const LONGEST: Duration = Duration::from_secs(2);
const PAGE: usize = 4096;

/// A vault that was lived in, as its files were at two moments, and what it answers.
struct Origin {
    /// The file and its log, at an earlier moment and in the end.
    moments: [[Vec<u8>; 2]; 2],
    answers: Vec<(String, &'static str)>,
    kept: Vec<Checkpoint>,
}

fn files(vault: &Path) -> [PathBuf; 2] {
    [vault.to_owned(), PathBuf::from(format!("{}-wal", vault.display()))]
}

/// Read by another process: closing a descriptor in this one would drop SQLite's locks.
fn read(vault: &Path) -> [Vec<u8>; 2] {
    files(vault).map(|file| Command::new("cat").arg(file).output().unwrap().stdout)
}

impl Origin {
    fn new(choices: &mut Choices) -> Self {
        let place = Place::with_vault();
        let mut worker = Role::new(&place, "w".to_owned(), choices, true).worker();
        let work = |worker: &mut Worker| {
            (0..STEPS).for_each(|_| worker.step().unwrap());
            worker.vault().flush().unwrap();
            read(&place.vault())
        };
        let earlier = work(&mut worker);
        // What the log holds moves into the file, so that each of them has some of what is in the end.
        worker.reopen().unwrap();
        let moments = [earlier, work(&mut worker)];
        let journal = place.journal();
        let issued = journal.attempts.iter().filter_map(|attempt| attempt.issued()).flatten();
        let vault = worker.vault();
        let answer = |secret: &str| outcome(vault, secret).unwrap();
        let answers = issued.map(|(_, secret)| (secret.clone(), answer(secret))).collect();
        Self { moments, answers, kept: vault.checkpoint().unwrap() }
    }

    /// What is left after one accident, and its name.
    fn damage(&self, choices: &mut Choices, other: &Self) -> (String, [Vec<u8>; 2]) {
        let mut left = self.moments[1].clone();
        let place = choices.below(2);
        let file = &mut left[place];
        let name = ["file", "log"][place];
        let what = match choices.below(6) {
            0 => flip(file, 1, choices),
            1 => flip(file, 64, choices),
            2 => zero(file, choices),
            3 => cut(file, choices),
            4 => {
                file.clone_from(&self.moments[0][place]);
                "of an earlier moment".to_owned()
            }
            _ => {
                file.clone_from(&other.moments[1][place]);
                "of another vault".to_owned()
            }
        };
        (format!("{name}: {what}"), left)
    }

    /// What came of it: nothing may be answered wrongly that isn't found by who looks for it.
    fn judge(&self, path: &Path) -> Result<Found, String> {
        match self.look(path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::Internal => {
                Err(format!("without a kind of its own: {error}"))
            }
            Err(_) => Ok(Found::Error),
        }
    }

    fn look(&self, path: &Path) -> Result<Result<Found, String>, Error> {
        let vault = oracle::open(path)?;
        let mut wrong = None;
        for (secret, expected) in &self.answers {
            let answer = outcome(&vault, secret)?;
            if answer != *expected {
                wrong = Some(format!("answered {answer} instead of {expected}"));
            }
        }
        let is_sound = vault.check_deep(|_| ())?.ok() && vault.verify_logs_since(&self.kept, None)?.ok();
        Ok(match wrong {
            Some(wrong) if is_sound => Err(wrong),
            _ if is_sound => Ok(Found::Nothing),
            _ => Ok(Found::ByLooking),
        })
    }
}

/// How damage showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// As an error of what was asked.
    Error,
    /// As a finding of the deep check, or of the comparison with a kept checkpoint.
    ByLooking,
    /// It didn't, and everything is answered rightly.
    Nothing,
}

fn outcome(vault: &Vault, secret: &str) -> Result<&'static str, Error> {
    Ok(vault.verify(secret, &Request::new().no_event())?.outcome().as_str())
}

fn flip(file: &mut [u8], most: usize, choices: &mut Choices) -> String {
    let count = 1 + choices.below(most);
    for _ in 0..count {
        if !file.is_empty() {
            let place = choices.below(file.len());
            file[place] ^= 1 << choices.below(8);
        }
    }
    format!("{count} bits flipped")
}

fn zero(file: &mut [u8], choices: &mut Choices) -> String {
    let page = choices.below(file.len() / PAGE + 1) * PAGE;
    let end = file.len().min(page + PAGE);
    file[page.min(end)..end].fill(0);
    format!("page at {page} zeroed")
}

fn cut(file: &mut Vec<u8>, choices: &mut Choices) -> String {
    let length = choices.below(file.len() + 1);
    file.truncate(length);
    format!("cut to {length} bytes")
}

/// Ends the process where an image takes much too long.
fn watch(image: &'static AtomicU64) {
    std::thread::spawn(move || {
        loop {
            let before = image.load(Ordering::SeqCst);
            std::thread::sleep(5 * LONGEST);
            if image.load(Ordering::SeqCst) == before {
                std::process::abort();
            }
        }
    });
}

fn look_at_images(told: &str) {
    static IMAGE: AtomicU64 = AtomicU64::new(0);
    let outer = Role::parse(told);
    let mut choices = Choices::new(outer.seed);
    let (origin, other) = (Origin::new(&mut choices), Origin::new(&mut choices));
    watch(&IMAGE);
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let mut all = Vec::new();
    for image in 0..outer.name.parse().unwrap() {
        IMAGE.fetch_add(1, Ordering::SeqCst);
        let vault = folder.path().join(format!("{image}.db"));
        let (what, left) = origin.damage(&mut choices, &other);
        println!("image {image} of seed {}: {what}", outer.seed);
        files(&vault).iter().zip(&left).for_each(|(file, bytes)| std::fs::write(file, bytes).unwrap());
        let began = Instant::now();
        let found = origin
            .judge(&vault)
            .unwrap_or_else(|fault| panic!("image {image} of seed {}, {what}: {fault}", outer.seed));
        assert!(began.elapsed() < LONGEST, "image {image}, {what}: took {:?}", began.elapsed());
        all.push(found);
        for file in folder.path().read_dir().unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
    }
    for found in [Found::Error, Found::ByLooking, Found::Nothing] {
        println!("found {} {found:?}", all.iter().filter(|other| **other == found).count());
    }
}

#[test]
fn damaged_files_are_errors_or_answered_rightly() {
    if let Some(told) = role() {
        return look_at_images(&told);
    }
    let seed = seed();
    let mut choices = Choices::new(seed);
    let place = Place::with_vault();
    let mut sums: BTreeMap<String, u32> = BTreeMap::new();
    let images: u32 = rounds(2_000, 200_000);
    for _ in 0..images / IMAGES_A_PROCESS {
        let role = Role::new(&place, IMAGES_A_PROCESS.to_string(), &mut choices, false);
        let output = role.command(NAME).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}", told.lines().rev().take(40).collect::<Vec<_>>().join("\n"));
        for line in told.lines().filter_map(|line| line.strip_prefix("found ")) {
            let (count, how) = line.split_once(' ').unwrap();
            *sums.entry(how.to_owned()).or_default() += count.parse::<u32>().unwrap();
        }
    }
    println!("{sums:?}");
    assert_eq!(sums.values().sum::<u32>(), images);
    assert!(sums.values().all(|count| *count > 0), "one kind of damage was never made");
}
