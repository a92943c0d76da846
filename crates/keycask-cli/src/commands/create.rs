//! `create`: a new key.

use keycask::{NewKey, Prefix};

use super::issued;
use crate::args::CreateArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};

pub(super) fn run(args: &CreateArgs, context: &mut Context) -> Result<Exit, Failure> {
    let prefix = prefix(&args.prefix)?;
    let actor = context.actor()?;
    let vault = context.vault()?;
    let issued = vault.create_key(request(args), &actor)?;
    issued::print(&issued, &vault, context)?;
    if issued.replayed() {
        return Ok(Exit::Yes);
    }
    warn_of_vendor(&prefix, context);
    let (id, start) = (issued.key().id(), issued.key().start());
    context.output.note(&format!("keycask: issued {id} ({start}…); its secret is shown this once"));
    Ok(Exit::Yes)
}

/// Checks a prefix without repeating a wrong one, which may be a whole secret.
pub(super) fn prefix(text: &str) -> Result<Prefix, Failure> {
    Prefix::new(text).map_err(|_| {
        Failure::argument(
            "prefix: write 2 to 24 characters of a-z, 0-9 and single underscores between them, a letter first",
        )
    })
}

/// Warns of a prefix that belongs to somebody else.
pub(super) fn warn_of_vendor(prefix: &Prefix, context: &Context) {
    if let Some(vendor) = prefix.vendor() {
        context.output.warn(
            "vendor_prefix",
            &format!("keys that begin with {prefix}_ are {vendor}'s: scanners report your leaks as theirs; choose another prefix"),
        );
    }
}

fn request(args: &CreateArgs) -> NewKey {
    let mut key = NewKey::new(&args.prefix).owner(&args.owner).scopes(&args.scopes).encoding(args.encoding);
    if let Some(name) = &args.name {
        key = key.name(name);
    }
    if let Some(metadata) = &args.metadata {
        key = key.metadata(metadata);
    }
    if let Some(address) = &args.notify_email {
        key = key.notify_email(address);
    }
    if let Some(time) = args.not_before {
        key = key.not_before(time);
    }
    if let Some(time) = args.expires_at {
        key = key.expires_at(time);
    }
    if let Some(duration) = args.expires_in {
        key = key.expires_in(duration);
    }
    if let Some(duration) = args.rotate_after {
        key = key.rotate_after(duration);
    }
    if let Some(id) = &args.request_id {
        key = key.request_id(id);
    }
    key
}
