//! Guards against an incident in which the documented commands don't do what the documentation says.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

use std::process::Command;

#[test]
fn the_incident_drill_goes_well() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/incident-drill.sh");
    let output =
        Command::new("bash").arg(script).env("KEYCASK", env!("CARGO_BIN_EXE_keycask")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told.trim(), "the drill went well");
}

/// The page shows the script's own four commands.
#[test]
fn the_page_shows_the_drill_that_is_tested() {
    let page = include_str!("../../keycask/docs/operations.md");
    let script = include_str!("../../../tests/incident-drill.sh").replace("\"$keycask\"", "keycask");
    for command in [
        "keycask identify",
        "keycask rotate \"$id\" --emergency --yes",
        "keycask audit uses --key \"$id\"",
        "keycask audit verify",
    ] {
        assert!(page.contains(command) && script.contains(command), "{command}");
    }
}
