//! What `create` and `rotate` print: the secret, this once.

use keycask::{Issued, Vault};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::json::KeyView;

/// Prints the secret alone, or the key's object with `secret` added.
pub(super) fn print(issued: &Issued, vault: &Vault, context: &mut Context) -> Result<(), Failure> {
    let line = if context.output.is_json() {
        KeyView::line_with_secret(issued, vault.now()).map_err(std::io::Error::from)
    } else {
        Ok(Zeroizing::new(format!("{}\n", issued.secret().expose()).into_bytes()))
    };
    line.and_then(|line| context.output.secret(&line)).map_err(|error| {
        let id = issued.key().id();
        Failure::io(
            &format!("{id} was issued, but its secret could not be written and is lost; revoke the key"),
            &error,
        )
    })
}
