//! A clock that jumps by seconds to years, both ways, also while the vault is closed: up to an hour back is absorbed,
//! more is believed and recorded once, an expired key never flickers back, and a revoked one never lives again.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use keycask::{ChangeFilter, ChangeKind, Issued, NewKey, Request, RevocationReason, Vault};

use super::Place;
use crate::common::{Choices, HOUR, alice, role, rounds, run_role, seed, this_test};

const NAME: &str = "clock::a_clock_that_jumps_is_absorbed_or_believed_and_brings_no_key_back";
const YEAR_MS: i64 = 365 * 86_400_000;
const KEYS: usize = 8;

/// What the vault should take for the time, between two bounds, since the real clock goes on meanwhile.
struct Model {
    shift_ms: i64,
    mark: SystemTime,
    /// A moment before the mark was set: what went by since, it can be later.
    marked: Instant,
    regressions: usize,
}

impl Model {
    fn new() -> Self {
        Self { shift_ms: 0, marked: Instant::now(), mark: SystemTime::now(), regressions: 0 }
    }

    fn wall(&self) -> SystemTime {
        let shift = Duration::from_millis(self.shift_ms.unsigned_abs());
        if self.shift_ms < 0 { SystemTime::now() - shift } else { SystemTime::now() + shift }
    }

    /// Moves the clock. A jump so close to an hour back that either answer would be right is made larger.
    fn jump(&mut self, by_ms: i64) {
        let back = self.mark.duration_since(self.wall()).unwrap_or_default();
        let is_close = |ms: i64| {
            let back = i64::try_from(back.as_millis()).unwrap() - ms;
            (back - 3_600_000).abs() < 120_000
        };
        let by_ms = if is_close(by_ms) { by_ms - 600_000 } else { by_ms };
        self.shift_ms = (self.shift_ms + by_ms).clamp(-20 * YEAR_MS, 20 * YEAR_MS);
        keycask::shift_clock(self.shift_ms);
    }

    /// Sees where the clock is, before the vault does: the earliest time that this should judge by.
    fn earliest(&mut self) -> SystemTime {
        let now = Instant::now();
        let wall = self.wall();
        let back = self.mark.duration_since(wall).unwrap_or_default();
        if back.is_zero() || back > HOUR {
            self.regressions += usize::from(back > HOUR);
            (self.marked, self.mark) = (now, wall);
        }
        self.mark
    }

    /// The latest time that the vault can have judged by since then.
    fn latest(&self) -> SystemTime {
        self.mark + self.marked.elapsed()
    }
}

/// Every key against the time, and the recorded steps against those that were made.
fn check(vault: &Vault, model: &mut Model, keys: &VecDeque<(Issued, SystemTime, bool)>) {
    let earliest = model.earliest();
    let outcomes: Vec<_> = keys
        .iter()
        .map(|(issued, ..)| {
            vault.verify(issued.secret().expose(), &Request::new()).unwrap().outcome().as_str()
        })
        .collect();
    let found = vault.now();
    let latest = model.latest() + Duration::from_millis(1);
    assert!(
        earliest - Duration::from_millis(1) <= found && found <= latest,
        "{earliest:?} {found:?} {latest:?}"
    );
    for ((_, expiry, revoked), outcome) in keys.iter().zip(outcomes) {
        match outcome {
            "revoked" => assert!(*revoked),
            "expired" => assert!(!revoked && *expiry <= latest, "expired too early"),
            "valid" => assert!(!revoked && *expiry > earliest, "accepted after its end"),
            other => panic!("{other}"),
        }
    }
}

fn jump_by(choices: &mut Choices) -> i64 {
    let most = [1_000, 60_000, 3_000_000, 7_200_000, 86_400_000, YEAR_MS, 10 * YEAR_MS][choices.below(7)];
    let by = 1_000 + i64::try_from(choices.below(usize::try_from(most).unwrap())).unwrap();
    if choices.below(2) == 0 { by } else { -by }
}

/// The clock is the whole process's, so that tests beside this one would see it jump as well.
#[test]
fn a_clock_that_jumps_is_absorbed_or_believed_and_brings_no_key_back() {
    match role() {
        Some(seed) => jumps(seed.parse().unwrap()),
        None => run_role(&mut this_test(NAME, &seed().to_string())),
    }
}

fn jumps(seed: u64) {
    let mut choices = Choices::new(seed);
    let place = Place::with_vault();
    let mut model = Model::new();
    let mut vault = Vault::open(place.vault()).unwrap();
    let mut keys = VecDeque::new();
    let jumps = rounds(2_000, 100_000);
    for jump in 0..jumps {
        let closed = choices.below(10) == 0;
        if closed {
            vault.close();
        }
        model.jump(jump_by(&mut choices));
        if closed {
            vault = Vault::open(place.vault()).unwrap();
        }
        let now = model.earliest();
        // What changes the file records the step, and keeps the mark for the next one who opens it.
        let expiry = now + Duration::from_secs(60 + choices.below(7_200) as u64);
        let issued = vault.create_key(NewKey::new("acme_live").expires_at(expiry), &alice());
        let issued = issued.unwrap_or_else(|error| panic!("jump {jump} of seed {seed}: {error}"));
        let revoked = choices.below(4) == 0;
        if revoked {
            vault.revoke(issued.key().id(), RevocationReason::Policy, &alice()).unwrap();
        }
        keys.push_back((issued, expiry, revoked));
        if keys.len() > KEYS {
            keys.pop_front();
        }
        check(&vault, &mut model, &keys);
    }
    vault.flush().unwrap();
    let recorded = vault.changes(ChangeFilter::new().kind(ChangeKind::ClockRegressed)).unwrap().count();
    println!("{jumps} jumps, {recorded} steps back of more than an hour");
    assert_eq!(recorded, model.regressions, "seed {seed}");
    assert!(recorded > 100);
    keycask::shift_clock(0);
    assert!(vault.check_deep(|_| ()).unwrap().ok());
}
