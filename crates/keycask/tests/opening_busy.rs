//! Guards against a sound vault that is called damaged because another process is in the middle of a checkpoint, or
//! was killed there: the file then tells of pages that only its log has.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

mod common;

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::{Choices, Home, alice, role, scaled, seed, this_test};
use keycask::{NewKey, Vault};

/// Grows the vault until it is killed, with rows that fill pages, so that checkpoints follow each other.
fn grow(path: &str) -> ! {
    let vault = Vault::open(path).unwrap();
    let padding = format!("{{\"a\":\"{}\"}}", "x".repeat(3000));
    loop {
        let keys = (0..200).map(|_| NewKey::new("acme_live").metadata(padding.as_str())).collect();
        vault.create_keys(keys, &alice()).unwrap();
    }
}

fn start_writer(test: &str, home: &Home) -> Child {
    let path = home.path();
    let mut command = this_test(test, path.to_str().unwrap());
    command.stdout(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_vault_that_grows_opens_each_time() {
    if let Some(path) = role() {
        grow(&path);
    }
    let home = Home::in_memory();
    let mut writer = start_writer("a_vault_that_grows_opens_each_time", &home);
    let started = Instant::now();
    let mut opened = 0;
    while started.elapsed() < Duration::from_secs(5) && home.path().metadata().unwrap().len() < 1 << 30 {
        Vault::open(home.path()).unwrap();
        opened += 1;
    }
    writer.kill().unwrap();
    writer.wait().unwrap();
    println!("opened {opened} times");
    assert!(opened > 100);
}

#[test]
fn a_vault_whose_writer_was_killed_opens_again() {
    if let Some(path) = role() {
        grow(&path);
    }
    let mut choices = Choices::new(seed());
    for _ in 0..scaled(20) {
        let home = Home::in_memory();
        let mut writer = start_writer("a_vault_whose_writer_was_killed_opens_again", &home);
        std::thread::sleep(Duration::from_millis(200 + choices.below(300) as u64));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let vault = Vault::open(home.path()).unwrap();
        assert!(vault.check().unwrap().ok() && vault.verify_logs().unwrap().ok());
    }
}
