//! `audit checkpoint` and `audit keygen`: what to keep elsewhere, and who signs it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use keycask::NoteSigner;
use serde_json::json;
use zeroize::Zeroizing;

use crate::args::{CheckpointArgs, KeygenArgs};
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Prints the checkpoints: each is a note, ended by an empty line.
pub(super) fn run(args: &CheckpointArgs, context: &mut Context) -> Result<Exit, Failure> {
    let signer = args.sign_key.as_deref().map(signer).transpose()?;
    for checkpoint in context.vault()?.checkpoint()? {
        let note = checkpoint.to_note(signer.as_ref());
        if context.output.is_json() {
            let (origin, size) = (checkpoint.origin(), checkpoint.size());
            context.output.json(&json!({ "origin": origin, "size": size, "note": note }))?;
        } else {
            context.output.text(&note)?;
        }
    }
    Ok(Exit::Yes)
}

/// Writes a new private key, and prints what verifies its signatures.
pub(super) fn keygen(args: &KeygenArgs, context: &mut Context) -> Result<Exit, Failure> {
    let (signer, verifier) = NoteSigner::generate(&args.name)?;
    #[allow(clippy::disallowed_methods, reason = "a new file, and no vault")]
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&args.out);
    let written = created.and_then(|mut file| {
        file.write_all(signer.expose().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    });
    written.map_err(|error| Failure::io(&format!("write {}", args.out.display()), &error))?;
    if context.output.is_json() {
        context.output.json(&json!({ "verifier": verifier.to_string() }))?;
    } else {
        context.output.line(&verifier)?;
    }
    Ok(Exit::Yes)
}

/// The text of a small file.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = std::fs::read_to_string(path);
    text.map(Zeroizing::new).map_err(|error| Failure::argument(format!("read {}: {error}", path.display())))
}

fn signer(path: &Path) -> Result<NoteSigner, Failure> {
    Ok(NoteSigner::parse(&read(path)?)?)
}
