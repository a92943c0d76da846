//! `rotate`: a successor, with a grace window or in an emergency.

use keycask::{Issued, Rotation, Vault};

use super::issued;
use crate::args::RotateArgs;
use crate::context::{Context, key_id};
use crate::failure::{Exit, Failure};
use crate::output::time::rfc3339;

pub(super) fn run(args: &RotateArgs, context: &mut Context) -> Result<Exit, Failure> {
    let id = key_id(&args.id)?;
    if args.emergency {
        context.check_consent("an emergency rotation")?;
    }
    let actor = context.actor()?;
    let vault = context.vault()?;
    if args.emergency {
        let key = vault.key(id)?;
        context.ask(&format!("revoke {id} ({}…) and every living relative at once?", key.start()))?;
    }
    let issued = vault.rotate(id, rotation(args), &actor)?;
    issued::print(&issued, &vault, context)?;
    if issued.replayed() {
        return Ok(Exit::Yes);
    }
    let (id, start) = (issued.key().id(), issued.key().start());
    let old = told_of_old(args, &vault, &issued);
    context.output.note(&format!("keycask: issued {id} ({start}…); its secret is shown this once; {old}"));
    Ok(Exit::Yes)
}

fn rotation(args: &RotateArgs) -> Rotation {
    let mut rotation = if args.emergency { Rotation::emergency() } else { Rotation::planned() };
    if let Some(grace) = args.grace {
        rotation = rotation.grace(grace);
    }
    if let Some(time) = args.expires_at {
        rotation = rotation.expires_at(time);
    }
    if let Some(id) = &args.request_id {
        rotation = rotation.request_id(id);
    }
    rotation
}

/// Until when the old key is accepted. The rotation is done: that a look at it fails is no failure.
fn told_of_old(args: &RotateArgs, vault: &Vault, issued: &Issued) -> String {
    if args.emergency {
        return "its relatives are revoked".to_owned();
    }
    let old = issued.key().replaces().and_then(|id| vault.key(id).ok());
    match old.as_ref().and_then(|key| Some((key.id(), key.grace_until()?))) {
        Some((id, until)) => format!("{id} is accepted until {}", rfc3339(until)),
        None => "the old key is accepted until its window ends".to_owned(),
    }
}
