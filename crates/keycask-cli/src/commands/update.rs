//! `update`, `disable` and `enable`: changing a key that exists.

use std::time::{Duration, SystemTime};

use keycask::{Actor, Key, KeyId, KeyUpdate, Prefix, Vault};

use super::create::{prefix, warn_of_vendor};
use crate::args::{FieldArgs, IdArgs, UpdateArgs};
use crate::context::{Context, key_id};
use crate::failure::{Exit, Failure};
use crate::output::json::KeyView;

pub(super) fn update(args: &UpdateArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.fields.is_empty() {
        return Err(Failure::usage("update: name what to change, such as --name or --no-expires-at"));
    }
    let id = key_id(&args.id)?;
    let prefix = args.fields.prefix.as_deref().map(prefix).transpose()?;
    let actor = context.actor()?;
    let vault = context.vault()?;
    let changes = changes(&args.fields, prefix.as_ref(), vault.now())?;
    print(&vault.update(id, &changes, &actor)?, &vault, context)?;
    if let Some(prefix) = &prefix {
        warn_of_vendor(prefix, context);
    }
    Ok(Exit::Yes)
}

pub(super) fn disable(args: &IdArgs, context: &mut Context) -> Result<Exit, Failure> {
    change(args, Vault::disable, context)
}

pub(super) fn enable(args: &IdArgs, context: &mut Context) -> Result<Exit, Failure> {
    change(args, Vault::enable, context)
}

fn change(
    args: &IdArgs,
    verb: fn(&Vault, KeyId, &Actor) -> keycask::Result<Key>,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let id = key_id(&args.id)?;
    let actor = context.actor()?;
    let vault = context.vault()?;
    print(&verb(&vault, id, &actor)?, &vault, context)?;
    Ok(Exit::Yes)
}

/// Prints the key as the change left it: one line for people, or its object.
pub(super) fn print(key: &Key, vault: &Vault, context: &mut Context) -> Result<(), Failure> {
    let view = KeyView::of(key, vault.now());
    if context.output.is_json() { context.output.json(&view) } else { context.output.line(view.summary()) }
}

fn changes(args: &FieldArgs, prefix: Option<&Prefix>, now: SystemTime) -> Result<KeyUpdate, Failure> {
    let mut update = KeyUpdate::new();
    if let Some(prefix) = prefix {
        update = update.prefix(prefix.as_str());
    }
    if let Some(name) = asked(args.name.as_ref(), args.no_name) {
        update = update.name(name);
    }
    if args.no_scopes || !args.scopes.is_empty() {
        update = update.scopes(&args.scopes);
    }
    if let Some(metadata) = asked(args.metadata.as_ref(), args.no_metadata) {
        update = update.metadata(metadata);
    }
    if let Some(address) = asked(args.notify_email.as_ref(), args.no_notify_email) {
        update = update.notify_email(address);
    }
    if let Some(time) = asked(args.not_before, args.no_not_before) {
        update = update.not_before(time);
    }
    let ends = args.expires_in.map(|duration| end(now, duration)).transpose()?;
    if let Some(time) = asked(args.expires_at.or(ends), args.no_expires_at) {
        update = update.expires_at(time);
    }
    if let Some(duration) = asked(args.rotate_after, args.no_rotate_after) {
        update = update.rotate_after(duration);
    }
    Ok(update)
}

/// A field is set, cleared (`Some(None)`) or left.
#[allow(clippy::option_option, reason = "as the core's update has it")]
fn asked<T>(set: Option<T>, clear: bool) -> Option<Option<T>> {
    (set.is_some() || clear).then_some(set)
}

fn end(now: SystemTime, duration: Duration) -> Result<SystemTime, Failure> {
    now.checked_add(duration).ok_or_else(|| Failure::argument("expires_in: ends after the year 9999"))
}
