//! Guards against completions that a shell can't read, or that know nothing of the commands.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::process::Command;

use common::{keycask, run, run_with};

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let answer = run(keycask().args(["completions", shell])).exits(0);
        assert_eq!(answer.stderr, "");
        for word in ["keycask", "scan-rules", "emergency", "newest-first"] {
            assert!(answer.stdout.contains(word), "{shell} doesn't know {word}");
        }
        let knows_values = ["bash", "zsh", "fish"].contains(&shell);
        assert_eq!(answer.stdout.contains("rotated_out"), knows_values, "{shell}");
    }
    let answer = run(keycask().args(["completions", "bash", "--json"])).exits(0).json();
    assert_eq!(common::names(&answer), ["script", "shell"]);
}

#[test]
fn bash_completes_a_command() {
    let script = run(keycask().args(["completions", "bash"])).exits(0).stdout;
    let ask =
        "\nCOMP_WORDS=(keycask ver); COMP_CWORD=1; _keycask keycask ver keycask; echo \"${COMPREPLY[@]}\"\n";
    let answer = run_with(&mut Command::new("bash"), format!("{script}{ask}").as_bytes()).exits(0);
    assert_eq!(answer.stdout.trim_end(), "verify");
}
