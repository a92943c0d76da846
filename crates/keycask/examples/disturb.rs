//! What goes on around the coherence tests of C and Python: `disturb VAULT`, until it is killed.

#![allow(clippy::unwrap_used, reason = "a part of tests, which fail by panicking")]

#[path = "../tests/coherence/disturb.rs"]
mod disturb;

use std::path::Path;
use std::process::Command;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "die", path] => disturb::die(Path::new(path)),
        [program, path] => disturb::disturb(Path::new(path), || {
            let mut command = Command::new(program);
            command.args(["die", path]);
            command
        }),
        _ => panic!("disturb VAULT"),
    }
}
