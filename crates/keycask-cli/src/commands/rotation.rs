//! `rotation`: a running one, finished early, extended, or undone.

use super::update::print;
use crate::args::{CancelArgs, ExtendArgs, IdArgs, RotationCommand};
use crate::context::{Context, key_id};
use crate::failure::{Exit, Failure};

pub(super) fn run(command: &RotationCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        RotationCommand::Finish(args) => finish(args, context),
        RotationCommand::Extend(args) => extend(args, context),
        RotationCommand::Cancel(args) => cancel(args, context),
    }
}

fn finish(args: &IdArgs, context: &mut Context) -> Result<Exit, Failure> {
    let id = key_id(&args.id)?;
    let actor = context.actor()?;
    let vault = context.vault()?;
    print(&vault.finish_rotation(id, &actor)?, &vault, context)?;
    Ok(Exit::Yes)
}

fn extend(args: &ExtendArgs, context: &mut Context) -> Result<Exit, Failure> {
    let id = key_id(&args.id)?;
    let actor = context.actor()?;
    let vault = context.vault()?;
    print(&vault.extend_rotation(id, args.grace, &actor)?, &vault, context)?;
    Ok(Exit::Yes)
}

fn cancel(args: &CancelArgs, context: &mut Context) -> Result<Exit, Failure> {
    let id = key_id(&args.id)?;
    context.check_consent("the cancellation of a rotation")?;
    let actor = context.actor()?;
    let vault = context.vault()?;
    // Where no rotation runs there is nothing to ask for: the verb says so.
    let successor = vault.key(id)?.replaced_by();
    if let Some(successor) = successor {
        context.ask(&format!("revoke {successor}, and let {id} go on as before?"))?;
    }
    print(&vault.cancel_rotation(id, args.force, &actor)?, &vault, context)?;
    if let Some(successor) = successor {
        context.output.note(&format!("keycask: {successor}, its successor, is revoked"));
    }
    Ok(Exit::Yes)
}
