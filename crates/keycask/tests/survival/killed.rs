//! SIGKILL at random, of one to four processes that call every verb on one vault.

use std::process::Child;
use std::time::Duration;

use super::{Place, Role};
use crate::common::{Choices, role, rounds, seed};

const NAME: &str = "killed::processes_that_are_killed_lose_nothing_that_they_acknowledged";
/// Kills that a vault lives through, so that what it grew by can be judged each time.
const KILLS_A_VAULT: usize = 25;

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn processes_that_are_killed_lose_nothing_that_they_acknowledged() {
    if let Some(told) = role() {
        let mut worker = Role::parse(&told).worker();
        loop {
            worker.step().unwrap();
        }
    }
    let seed = seed();
    let mut choices = Choices::new(seed);
    let kills = rounds(300, 20_000);
    let (mut killed, mut attempts) = (0, 0);
    while killed < kills {
        let place = Place::with_vault();
        let before = killed;
        while killed - before < KILLS_A_VAULT && killed < kills {
            let count = 1 + choices.below(4);
            // Who sets the policy must know what it is.
            let alone = count == 1 && killed == before;
            let roles = (0..count).map(|n| Role::new(&place, format!("w{killed}x{n}"), &mut choices, alone));
            let workers: Vec<Child> = roles.map(|role| role.start(NAME)).collect();
            std::thread::sleep(Duration::from_millis(30 + choices.below(100) as u64));
            workers.into_iter().for_each(kill);
            killed += count;
            place.judge(&format!("seed {seed}, kill {killed}"));
        }
        attempts += place.journal().attempts.len();
    }
    println!("{killed} kills, {attempts} verbs that were attempted");
    assert!(attempts > kills, "the workers hardly worked");
}
