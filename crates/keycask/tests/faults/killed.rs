//! SIGKILL in the middle of everything that another process or a later one could see: before each operation, in the
//! middle of each write, between the two copies of the shared header.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use keycask_sqlite::faults::{Fault, Operation, Plan, arm};

use super::{Place, journal, moments, worker};
use crate::common::{Choices, role, seed, this_test};
use crate::oracle;

const NAME: &str = "killed::a_process_that_is_killed_at_any_moment_loses_nothing_that_it_acknowledged";
const STEPS: u32 = 300;
/// Steps after which the vault is closed and opened again.
const LAP: u32 = 60;
const EVERY: usize = 7;

/// Works until it is killed at operation `n`, or to the end where that is 0; then tells how many there were.
fn work(role: &str) {
    let mut words = role.splitn(3, ' ');
    let mut number = || words.next().unwrap().parse::<u64>().unwrap();
    let (seed, n) = (number(), number());
    let folder = Path::new(words.next().unwrap());
    let plan = Plan::new().count(Operation::VISIBLE);
    let armed = arm(&folder.join("vault"), if n == 0 { plan } else { plan.fault(n, Fault::Kill) });
    let mut worker = worker(&folder.join("vault/keys.db"), &folder.join("journal"), seed).unwrap();
    for step in 1..=STEPS {
        worker.step().unwrap();
        if step % LAP == 0 {
            worker.reopen().unwrap();
        }
    }
    drop(worker);
    println!("counted {}", armed.count());
}

/// Runs a worker on a copy of the vault and kills it at operation `n`. The place, and what it told.
fn run(origin: &Place, seed: u64, n: u64) -> (Place, String) {
    let place = Place::copy_of(origin);
    let role = format!("{seed} {n} {}", place.0.path().display());
    let output = this_test(NAME, &role).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let failed = String::from_utf8_lossy(&output.stderr);
    let killed = output.status.signal() == Some(9);
    assert!(killed || told.contains("counted "), "operation {n}: {told}{failed}");
    (place, told)
}

#[test]
fn a_process_that_is_killed_at_any_moment_loses_nothing_that_it_acknowledged() {
    if let Some(role) = role() {
        return work(&role);
    }
    let seed = seed();
    let origin = Place::with_vault();
    let (place, told) = run(&origin, seed, 0);
    oracle::check(&place.vault(), &journal(&place.beside("journal"))).unwrap();
    let counted = told.split_once("counted ").and_then(|(_, rest)| rest.split_whitespace().next());
    let count = counted.unwrap().parse().unwrap();
    let moments = Mutex::new(moments(count, EVERY, &mut Choices::new(seed)));
    let runs = AtomicU32::new(0);
    let kill = || {
        let next = || moments.lock().unwrap().next();
        while let Some(n) = next() {
            let (place, _) = run(&origin, seed, n);
            oracle::check(&place.vault(), &journal(&place.beside("journal")))
                .unwrap_or_else(|fault| panic!("seed {seed}, killed at operation {n} of {count}: {fault}"));
            runs.fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(kill);
        kill();
    });
    println!("killed {runs:?} times in a script of {STEPS} verbs with {count} operations");
}
