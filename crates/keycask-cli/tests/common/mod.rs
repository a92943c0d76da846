//! The real binary, run in an environment of its own.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The command, without what the tester's own environment says.
pub(crate) fn keycask() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keycask"));
    let ours = [
        "KEYCASK_SMTP_USER",
        "KEYCASK_SMTP_PASSWORD",
        "KEYCASK_VAULT",
        "KEYCASK_ACTOR",
        "KEYCASK_PEPPER_FILE",
        "KEYCASK_PEPPER",
    ];
    for name in ours.into_iter().chain(["NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR"]) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs it.
pub(crate) fn run(command: &mut Command) -> Answer {
    Answer::of(&command.output().unwrap())
}

/// Runs it with these bytes on stdin; it may leave some of them unread.
pub(crate) fn run_with(command: &mut Command, stdin: &[u8]) -> Answer {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    match child.stdin.take().unwrap().write_all(stdin) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
        _ => {}
    }
    Answer::of(&child.wait_with_output().unwrap())
}

/// What a run printed.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// The same, after a look at the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }

    /// stdout as one line of JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let [line] = self.lines()[..] else { panic!("not one line: {self:?}") };
        serde_json::from_str(line).unwrap()
    }

    /// stdout as lines of JSON.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    /// The error on stderr, of a run with `--json`.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        let line: Value = serde_json::from_str(&self.stderr).unwrap();
        assert_eq!(names(&line), ["error"]);
        assert_eq!(names(&line["error"]), ["code", "message"]);
        line["error"].clone()
    }
}

/// The names of an object's fields, sorted.
#[track_caller]
pub(crate) fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// A new vault in a folder of its own.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        home.run(&["init"]).exits(0);
        home
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.folder.path().join("keys.db")
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = keycask();
        command.args(args).env("KEYCASK_VAULT", self.vault());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        run(&mut self.command(args))
    }

    pub(crate) fn run_with(&self, args: &[&str], stdin: impl AsRef<[u8]>) -> Answer {
        run_with(&mut self.command(args), stdin.as_ref())
    }

    /// A new key's id and secret.
    pub(crate) fn create(&self, more: &[&str]) -> (String, String) {
        let args = [&["create", "--json", "--prefix", "acme_live", "--owner", "acct_42"], more].concat();
        let key = self.run(&args).exits(0).json();
        (text(&key, "id"), text(&key, "secret"))
    }
}

/// A field that is text.
#[track_caller]
pub(crate) fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_else(|| panic!("{name} of {object} is no text")).to_owned()
}

/// Whether `text` holds any 20 characters of `secret` in a row that are beyond its start.
pub(crate) fn leaks(text: &str, secret: &str) -> bool {
    let random = secret.len() - 49;
    (random..=secret.len() - 20).any(|from| text.contains(&secret[from..from + 20]))
}
