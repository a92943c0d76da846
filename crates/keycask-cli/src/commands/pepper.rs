//! `pepper`: introduced, rotated, retired.

use keycask::{ChangeFilter, ChangeKind, Vault};
use serde_json::{Value, json};

use crate::args::{PepperCommand, SetPepperArgs};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Rows;
use crate::output::json::KeyView;
use crate::pepper;

pub(super) fn run(command: &PepperCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        PepperCommand::Set(args) => set(args, context),
        PepperCommand::Status => status(context),
        PepperCommand::Retire => retire(context),
    }
}

fn set(args: &SetPepperArgs, context: &mut Context) -> Result<Exit, Failure> {
    // Read before the vault is opened: should the file be the vault itself, no lock of it is dropped.
    let pepper = pepper::from_file(&args.file)?;
    let actor = context.actor()?;
    let vault = context.vault()?;
    let changed = vault.set_pepper(pepper, &actor)?;
    let (action, generation) = last_change(&vault)?;
    let action = if changed { action } else { "unchanged".into() };
    let left = vault.keys_on_retired_pepper()?.len();
    if context.output.is_json() {
        context.output.json(&json!({ "action": action, "generation": generation, "keys_on_older": left }))?;
    } else {
        let action = action.as_str().unwrap_or_default();
        let told = format!("{action}  pepper {generation}  {left} living keys under an older one");
        context.output.line(told)?;
    }
    if changed {
        let older =
            if action == "rotated" { "; give the older one too until `keycask pepper retire`" } else { "" };
        context
            .output
            .note(&format!("keycask: this vault can't be used without this pepper any more{older}"));
    }
    Ok(Exit::Yes)
}

fn status(context: &mut Context) -> Result<Exit, Failure> {
    let vault = context.vault()?;
    let (keys, now) = (vault.keys_on_retired_pepper()?, vault.now());
    let output = &mut context.output;
    let mut rows = Rows::new::<KeyView<'_>>(output);
    keys.iter().try_for_each(|key| rows.push(&KeyView::of(key, now), output))?;
    let empty = match last_change(&vault)?.1 {
        Value::Null => "the vault has no pepper",
        _ => "every living key is stored under the current pepper",
    };
    rows.or_note(empty).finish(output)
}

fn retire(context: &mut Context) -> Result<Exit, Failure> {
    let actor = context.actor()?;
    let vault = context.vault()?;
    vault.retire_pepper(&actor)?;
    let (action, generation) = last_change(&vault)?;
    if context.output.is_json() {
        context.output.json(&json!({ "action": action, "generation": generation, "keys_on_older": 0 }))?;
    } else {
        context.output.line(format_args!("retired  only pepper {generation} must be given from now on"))?;
    }
    Ok(Exit::Yes)
}

/// What was done with the pepper last, and the generation that counts since; both null where there is none.
fn last_change(vault: &Vault) -> Result<(Value, Value), Failure> {
    let filter = ChangeFilter::new().kind(ChangeKind::PepperChanged).newest_first().limit(1);
    let Some(change) = vault.changes(filter)?.next().transpose()? else { return Ok(<_>::default()) };
    let mut detail: Value = serde_json::from_str(&change.detail()).unwrap_or_default();
    Ok((detail["action"].take(), detail["generation"].take()))
}
