//! `list`, `show` and `identify`: looking at keys.

use keycask::{Key, KeyFilter, Vault};

use crate::args::{IdArgs, ListArgs};
use crate::context::{Context, key_id};
use crate::failure::{Exit, Failure};
use crate::input;
use crate::output::Rows;
use crate::output::json::{KeyView, UsageView};

pub(super) fn list(args: &ListArgs, context: &mut Context) -> Result<Exit, Failure> {
    let filter = filter(args)?;
    let vault = context.vault()?;
    let (now, output) = (vault.now(), &mut context.output);
    let mut rows = Rows::new::<KeyView<'_>>(output);
    for key in vault.keys_at(filter, now)? {
        rows.push(&KeyView::of(&key?, now), output)?;
        if output.is_closed() {
            break;
        }
    }
    rows.finish(output)
}

pub(super) fn show(args: &IdArgs, context: &mut Context) -> Result<Exit, Failure> {
    let id = key_id(&args.id)?;
    let vault = context.vault()?;
    let (key, usage) = (vault.key(id)?, vault.usage(id)?);
    let view = UsageView::of(&key, usage, vault.now());
    if context.output.is_json() {
        context.output.json(&view)?;
    } else {
        view.print(&mut context.output)?;
    }
    Ok(Exit::Yes)
}

pub(super) fn identify(context: &mut Context) -> Result<Exit, Failure> {
    let vault = context.vault()?;
    match vault.identify(&*input::secret()?)? {
        Some(key) => print(&key, &vault, context),
        None => Err(Failure::not_found("identify: the secret belongs to no key of this vault")),
    }
}

fn print(key: &Key, vault: &Vault, context: &mut Context) -> Result<Exit, Failure> {
    let view = KeyView::of(key, vault.now());
    if context.output.is_json() {
        context.output.json(&view)?;
    } else {
        view.print(&mut context.output)?;
    }
    Ok(Exit::Yes)
}

fn filter(args: &ListArgs) -> Result<KeyFilter, Failure> {
    let mut filter = args.states.iter().fold(KeyFilter::new(), |filter, state| filter.state(*state));
    if let Some(owner) = &args.owner {
        filter = filter.owner(owner);
    }
    if let Some(prefix) = &args.prefix {
        filter = filter.prefix(prefix);
    }
    if let Some(name) = &args.name {
        filter = filter.name(name);
    }
    if let Some(scope) = &args.scope {
        filter = filter.scope(scope);
    }
    if let Some(id) = &args.after {
        filter = filter.after(key_id(id)?);
    }
    if let Some(limit) = args.limit {
        filter = filter.limit(limit);
    }
    Ok(filter)
}
