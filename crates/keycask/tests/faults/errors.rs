//! The n-th thing that SQLite asks of the disk fails, once or for ever, with each error that it can fail with.
//!
//! Whoever called hears of it by a typed error. Where the file can't be trusted afterwards, the handle answers nothing
//! more and says why; where the disk is merely full, it goes on.

use keycask::{Error, ErrorKind, NewKey, Request, Vault};
use keycask_sqlite::faults::{Fault, Operation, Plan, arm};

use super::{Place, journal, moments, worker};
use crate::common::{Choices, alice, rounds, seed};
use crate::oracle;
use crate::oracle::worker::Worker;

const STEPS: usize = 60;
const LAP: usize = 25;
const EVERY: usize = 11;
/// No operation has more errors.
const ERRORS: usize = 3;

/// Whether the file can't be trusted afterwards. A file system that finds itself corrupt is told as damage; what fails
/// while a backup is copied is held to be the copy's.
fn poisons(error: &Error) -> bool {
    is_of_disk(error) && !error.to_string().starts_with("copy the vault")
}

fn is_of_disk(error: &Error) -> bool {
    [ErrorKind::Io, ErrorKind::Damaged].contains(&error.kind())
}

/// What may be heard of a disk that fails. A log that can't be made is a folder that can't be written.
fn is_expected(error: &Error) -> bool {
    is_of_disk(error) || [ErrorKind::VaultFull, ErrorKind::ReadOnly].contains(&error.kind())
}

/// Works until an error poisons the handle, or to the end. The worker, and that error.
fn work(place: &Place, seed: u64) -> Result<(Option<Worker>, Option<Error>), String> {
    let mut worker = match worker(&place.vault(), &place.beside("journal"), seed) {
        Ok(worker) => worker,
        Err(error) if is_expected(&error) => return Ok((None, Some(error))),
        Err(error) => return Err(format!("opening told {error:?}")),
    };
    for step in 1..=STEPS {
        let result = if step % LAP == 0 { worker.reopen() } else { worker.step() };
        let Err(error) = result else { continue };
        if !is_expected(&error) {
            return Err(format!("step {step} told {error:?}"));
        }
        if poisons(&error) || step % LAP == 0 {
            return Ok((Some(worker), Some(error)));
        }
    }
    Ok((Some(worker), None))
}

/// A poisoned handle accepts nobody and changes nothing, and says why.
fn check_closed(worker: &Worker, cause: &Error) -> Result<(), String> {
    let vault = worker.vault();
    let refused = |what: &str, result: Result<(), Error>| match result {
        Err(error) if error.kind() == ErrorKind::Closed => Ok(()),
        Err(error) if error.kind() == cause.kind() && error.to_string().contains("open it anew") => Ok(()),
        Err(error) => Err(format!("{what} told {error:?} after {cause:?}")),
        Ok(()) => Err(format!("{what} was answered after {cause:?}")),
    };
    for secret in worker.living() {
        refused("verify", vault.verify(&secret, &Request::new()).map(drop))?;
    }
    refused("create", vault.create_key(NewKey::new("acme_live"), &alice()).map(drop))?;
    refused("policy", vault.policy().map(drop))
}

/// A handle that isn't poisoned goes on, once the disk does.
fn check_open(worker: &mut Worker) -> Result<(), String> {
    (0..5).try_for_each(|_| worker.step()).map_err(|error| format!("it doesn't go on: {error:?}"))
}

fn run(origin: &Place, seed: u64, plan: Plan) -> Result<bool, String> {
    let place = Place::copy_of(origin);
    let armed = arm(&place.folder(), plan);
    let result = work(&place, seed);
    let came = armed.came();
    drop(armed);
    match result? {
        (Some(worker), Some(cause)) if poisons(&cause) => check_closed(&worker, &cause)?,
        (Some(mut worker), None) => check_open(&mut worker)?,
        _ => {}
    }
    oracle::check(&place.vault(), &journal(&place.beside("journal"))).map(|()| came)
}

fn fail_everywhere(for_ever: bool) {
    let seed = seed();
    let origin = Place::with_vault();
    let plan = || Plan::new().count(&Operation::fallible());
    let place = Place::copy_of(&origin);
    let armed = arm(&place.folder(), plan());
    drop(work(&place, seed).unwrap());
    let count = armed.count();
    let (mut runs, mut came) = (0, 0);
    for n in moments(count, EVERY, &mut Choices::new(seed + u64::from(for_ever))) {
        let one = usize::try_from(n).unwrap() / EVERY;
        for which in rounds(one..one + 1, 0..ERRORS) {
            let plan = plan().fault(n, Fault::Error(which));
            let plan = if for_ever { plan.for_ever() } else { plan };
            let result = run(&origin, seed, plan);
            let told = result
                .unwrap_or_else(|fault| panic!("seed {seed}, error {which} at {n} of {count}: {fault}"));
            (runs, came) = (runs + 1, came + u32::from(told));
        }
    }
    println!("{runs} runs of {count} operations, an error in {came}");
    assert!(came > runs / 2);
}

#[test]
fn an_error_of_the_disk_is_told_and_nothing_is_half_done() {
    fail_everywhere(false);
}

#[test]
fn a_disk_that_fails_for_ever_is_told_and_nothing_is_half_done() {
    fail_everywhere(true);
}

/// What a handle says once it has seen an error: the error, and why it answers nothing any more.
#[test]
fn a_poisoned_handle_names_the_cause_and_a_new_one_works() {
    let place = Place::with_vault();
    let vault = Vault::open(place.vault()).unwrap();
    drop(vault);
    let armed =
        arm(&place.folder(), Plan::new().count(&[Operation::Sync]).fault(2, Fault::Error(0)).for_ever());
    let vault = Vault::open(place.vault()).unwrap();
    let issued = loop {
        match vault.create_key(NewKey::new("acme_live").owner("acct"), &alice()) {
            Ok(issued) => assert!(!armed.came(), "{:?}", issued.key()),
            Err(error) => break error,
        }
    };
    assert_eq!(issued.kind(), ErrorKind::Io, "{issued}");
    let later = vault.policy().unwrap_err();
    assert_eq!(later.kind(), ErrorKind::Io);
    let told = later.to_string();
    assert!(told.contains("open it anew") && told.contains(&issued.to_string()), "{told}");
    drop((vault, armed));
    Vault::open(place.vault()).unwrap().create_key(NewKey::new("acme_live").owner("acct"), &alice()).unwrap();
}
