//! Somebody else who works with the same vault: another process where the command can start itself.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use keycask::{Request, Vault};
use serde_json::Value;

use crate::failure::Failure;

/// Who that is.
pub(super) enum Peer {
    /// The command itself, once more.
    Process(PathBuf),
    /// A second handle: this library runs inside another program.
    Handle,
}

impl Peer {
    pub(super) fn find() -> Self {
        let own = std::env::current_exe().ok();
        match own.filter(|path| path.file_stem().is_some_and(|stem| stem == "keycask")) {
            Some(path) => Self::Process(path),
            None => Self::Handle,
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Process(_) => "a second process".to_owned(),
            Self::Handle => "a second handle".to_owned(),
        }
    }

    /// The outcome that it finds.
    pub(super) fn verify(&self, vault: &Path, secret: &str) -> Result<String, Failure> {
        match self {
            Self::Process(program) => in_process(program, vault, secret),
            Self::Handle => {
                let verdict = Vault::open(vault)?.verify(secret, &Request::new())?;
                Ok(verdict.outcome().to_string())
            }
        }
    }
}

fn in_process(program: &Path, vault: &Path, secret: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::io("run a second process", &error);
    let mut child = Command::new(program)
        .args(["verify", "--json", "--vault"])
        .arg(vault)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(secret.as_bytes()).map_err(failed)?;
    }
    let answer = child.wait_with_output().map_err(failed)?;
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap_or_default();
    Ok(answer["outcome"].as_str().unwrap_or("no answer").to_owned())
}
