//! Guards against a manual that a formatter can't read, or that leaves a command out.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{keycask, names, run};

/// The commands that the help names, those below others included.
fn commands(words: &[&str], found: &mut Vec<String>) {
    let help = run(keycask().args(words).arg("--help")).exits(0).stdout;
    let Some(list) = help.split("Commands:\n").nth(1) else { return };
    // What goes on in a second line is indented more.
    let lines = list.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    for name in lines.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        let words = [words, &[name]].concat();
        found.push(words.join("-"));
        commands(&words, found);
    }
}

fn all_commands() -> Vec<String> {
    let mut found = Vec::new();
    commands(&[], &mut found);
    assert!(found.len() > 30, "{found:?}");
    found
}

/// What groff makes of a page, and what it complains about.
fn formatted(page: &Path) -> Option<(String, String)> {
    let groff = Command::new("groff").args(["-man", "-Tascii", "-ww", "-P-c"]).arg(page).output().ok()?;
    assert!(groff.status.success());
    Some((String::from_utf8(groff.stdout).unwrap(), String::from_utf8(groff.stderr).unwrap()))
}

#[test]
fn every_command_has_a_page_that_a_formatter_reads() {
    let folder = tempfile::tempdir().unwrap();
    let man = folder.path().join("share/man1");
    let answer = run(keycask().args(["man", "--dir"]).arg(&man)).exits(0);
    let mut expected: Vec<_> = all_commands().iter().map(|name| format!("keycask-{name}.1")).collect();
    expected.push("keycask.1".to_owned());
    expected.sort_unstable();
    let mut found: Vec<_> =
        fs::read_dir(&man).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(answer.lines().len(), expected.len());
    for name in found {
        let page = man.join(&name);
        let text = fs::read_to_string(&page).unwrap();
        assert!(text.contains(".SH EXAMPLE\n.nf\n"), "{name}");
        let Some((formatted, complaints)) = formatted(&page) else { continue };
        assert_eq!(complaints, "", "{name}");
        assert!(formatted.contains("keycask 0."), "{name}: {formatted}");
    }
}

#[test]
fn the_main_page_names_every_command_and_the_exit_codes() {
    let page = run(keycask().arg("man")).exits(0);
    assert_eq!(page.stderr, "");
    for name in all_commands().iter().filter(|name| !name.contains('-') || *name == "scan-rules") {
        assert!(page.stdout.contains(&format!("keycask\\-{}(1)", name.replace('-', "\\-"))), "{name}");
    }
    for told in [".TH keycask 1", ".SH ENVIRONMENT", ".SH \"EXIT CODES\"", "4  busy, try again"] {
        assert!(page.stdout.contains(told), "{told}");
    }
    let json = run(keycask().args(["man", "--json"])).exits(0).json();
    assert_eq!(json, serde_json::json!({ "page": page.stdout }));
}

#[test]
fn a_folder_that_cannot_be_written_is_a_bad_argument() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let answer = run(keycask().args(["man", "--json", "--dir"]).arg(&file)).exits(2);
    assert_eq!(answer.error()["code"], "invalid_argument");
    let answer = run(keycask().args(["man", "--json", "--dir"]).arg(folder.path())).exits(0).json();
    assert_eq!(names(&answer), ["files"]);
}
