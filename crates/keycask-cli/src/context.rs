//! What every command works with: the vault that was named, the actor, and the output.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use keycask::{Actor, ErrorKind, KeyId, Pepper, Vault, VaultOptions};

use crate::actor;
use crate::args::Global;
use crate::failure::Failure;
use crate::input;
use crate::output::Output;
use crate::pepper;

/// The variable that names the vault.
const VARIABLE: &str = "KEYCASK_VAULT";

/// The arguments that all commands share, and the output.
pub(crate) struct Context {
    pub(crate) output: Output,
    global: Global,
    program: String,
}

impl Context {
    pub(crate) fn new(global: Global, program: Option<&OsString>) -> Self {
        let program = program.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self { output: Output::to_stdout(global.json), global, program }
    }

    /// The vault that `--vault` names, whatever the environment says.
    pub(crate) fn named_vault(&self) -> Option<&Path> {
        self.global.vault.as_deref()
    }

    /// The path of the vault: `--vault`, else the environment.
    pub(crate) fn vault_path(&self) -> Result<PathBuf, Failure> {
        let named = self.named_vault().map(Path::to_path_buf);
        named
            .or_else(|| environment(VARIABLE).map(PathBuf::from))
            .ok_or_else(|| Failure::usage(format!("no vault is named: add --vault FILE, or set {VARIABLE}")))
    }

    /// Opens the vault.
    pub(crate) fn vault(&self) -> Result<Vault, Failure> {
        let path = self.vault_path()?;
        self.options()?.open(path).map_err(|error| {
            let unpeppered = error.kind() == ErrorKind::Pepper;
            let failure = Failure::from(error);
            if unpeppered { failure.with_advice(": --pepper-file FILE") } else { failure }
        })
    }

    /// How to open the vault.
    pub(crate) fn options(&self) -> Result<VaultOptions, Failure> {
        let peppers = pepper::resolve(&self.global.pepper_files)?;
        Ok(peppers.into_iter().fold(VaultOptions::new(), VaultOptions::pepper))
    }

    /// The pepper of a new vault.
    pub(crate) fn only_pepper(&self) -> Result<Option<Pepper>, Failure> {
        let mut peppers = pepper::resolve(&self.global.pepper_files)?;
        let pepper = peppers.pop();
        if peppers.is_empty() {
            return Ok(pepper);
        }
        Err(Failure::usage("several peppers are given, by --pepper-file or the environment: give one"))
    }

    /// The actor that `--actor` names, whatever the environment says.
    pub(crate) fn named_actor(&self) -> Option<&str> {
        self.global.actor.as_deref()
    }

    /// Who makes a change.
    pub(crate) fn actor(&self) -> Result<Actor, Failure> {
        actor::resolve(self.named_actor())
    }

    /// How the command was called.
    pub(crate) fn program(&self) -> &str {
        if self.program.is_empty() { "keycask" } else { &self.program }
    }

    /// Refuses what can't be undone where nobody was asked and nobody can be.
    pub(crate) fn check_consent(&self, what: &str) -> Result<(), Failure> {
        if self.global.yes || input::is_terminal() {
            return Ok(());
        }
        Err(Failure::usage(format!("{what} can't be undone, and there is no terminal to ask at: add --yes")))
    }

    /// Asks for what can't be undone, unless `--yes` was given.
    pub(crate) fn ask(&self, question: &str) -> Result<(), Failure> {
        if self.global.yes || input::answer_is_yes(question)? {
            return Ok(());
        }
        Err(Failure::refused("not confirmed, and nothing was changed"))
    }
}

/// A variable of the environment; an empty one counts as not set.
pub(crate) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Reads a key id. It is no value parser of clap's: those repeat what they refuse, and it may be a secret.
pub(crate) fn key_id(text: &str) -> Result<KeyId, Failure> {
    Ok(text.parse()?)
}
