//! `revoke`: by id, by owner, or by the secret itself.

use keycask::{Actor, Key, Revocation, Vault};

use super::update;
use crate::args::RevokeArgs;
use crate::context::{Context, key_id};
use crate::failure::{Exit, Failure};
use crate::input;

pub(super) fn run(args: &RevokeArgs, context: &mut Context) -> Result<Exit, Failure> {
    let id = args.id.as_deref().map(key_id).transpose()?;
    context.check_consent("a revocation")?;
    let actor = context.actor()?;
    let vault = context.vault()?;
    let revocation = revocation(args);
    let revoked = match (id, &args.owner) {
        (Some(id), _) => {
            ask(&vault.key(id)?, context)?;
            vec![vault.revoke(id, revocation, &actor)?]
        }
        (None, Some(owner)) => {
            context.ask("revoke every key of this owner for ever?")?;
            vault.revoke_owner(owner, revocation, &actor)?
        }
        (None, None) => vec![by_secret(&vault, revocation, &actor, context)?],
    };
    if revoked.is_empty() {
        context.output.note("keycask: all of the owner's keys were revoked already");
    }
    revoked.iter().try_for_each(|key| update::print(key, &vault, context))?;
    Ok(Exit::Yes)
}

fn revocation(args: &RevokeArgs) -> Revocation {
    let revocation = Revocation::new(args.reason);
    match &args.note {
        Some(note) => revocation.note(note),
        None => revocation,
    }
}

fn by_secret(
    vault: &Vault,
    revocation: Revocation,
    actor: &Actor,
    context: &Context,
) -> Result<Key, Failure> {
    let secret = input::secret()?;
    if let Some(key) = vault.identify(&*secret)? {
        ask(&key, context)?;
    }
    Ok(vault.revoke_secret(&*secret, revocation, actor)?)
}

fn ask(key: &Key, context: &Context) -> Result<(), Failure> {
    context.ask(&format!("revoke {} ({}…) of {} for ever?", key.id(), key.start(), key.owner()))
}
