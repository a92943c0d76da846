//! What `create` and `rotate` print: the secret, this once.

use keycask::{Issued, Vault};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::json::{KeyView, ReplayView};

/// Prints the secret alone, or the key's object with `secret` added.
pub(super) fn print(issued: &Issued, vault: &Vault, context: &mut Context) -> Result<(), Failure> {
    let Some(secret) = issued.try_secret() else { return print_replay(issued, vault, context) };
    let line = if context.output.is_json() {
        KeyView::of(issued.key(), vault.now()).line_with_secret(secret).map_err(std::io::Error::from)
    } else {
        Ok(Zeroizing::new(format!("{}\n", secret.expose()).into_bytes()))
    };
    line.and_then(|line| context.output.secret(&line)).map_err(|error| {
        let id = issued.key().id();
        Failure::io(
            &format!("{id} was issued, but its secret could not be written and is lost; revoke the key"),
            &error,
        )
    })
}

/// The answer to a repeated request: on stdout only the object, since there is no secret to tell.
fn print_replay(issued: &Issued, vault: &Vault, context: &mut Context) -> Result<(), Failure> {
    let key = issued.key();
    if context.output.is_json() {
        return context.output.json(&ReplayView::of(key, vault.now()));
    }
    let (id, start) = (key.id(), key.start());
    context.output.note(&format!(
        "keycask: {id} ({start}…) was issued under this request id before; its secret was shown then, and not again"
    ));
    Ok(())
}
