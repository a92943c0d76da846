//! `policy`: what the vault allows.

use keycask::{Policy, Prefix};

use super::create::{prefix, warn_of_vendor};
use crate::args::{PolicyArgs, PolicyCommand};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::json::PolicyView;

pub(super) fn run(command: &PolicyCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::Show => print(&context.vault()?.policy()?, context),
        PolicyCommand::Set(args) => set(args, context),
    }
}

fn set(args: &PolicyArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.is_empty() {
        return Err(Failure::usage("policy set: name what to change, such as --max-grace 14d"));
    }
    let prefixes = args.prefixes.iter().map(|text| prefix(text)).collect::<Result<Vec<_>, _>>()?;
    let actor = context.actor()?;
    let vault = context.vault()?;
    let policy = vault.update_policy(|policy| change(policy, args, &prefixes), &actor)?;
    for prefix in &prefixes {
        warn_of_vendor(prefix, context);
    }
    print(&policy, context)
}

fn print(policy: &Policy, context: &mut Context) -> Result<Exit, Failure> {
    let view = PolicyView::of(policy);
    if context.output.is_json() {
        context.output.json(&view)?;
    } else {
        view.print(&mut context.output)?;
    }
    Ok(Exit::Yes)
}

/// Changes what was asked for; the rest stays.
fn change(policy: &mut Policy, args: &PolicyArgs, prefixes: &[Prefix]) {
    if args.any_prefix || !prefixes.is_empty() {
        policy.prefixes = prefixes.to_vec();
    }
    for (field, asked) in [
        (&mut policy.default_grace, args.default_grace),
        (&mut policy.min_grace, args.min_grace),
        (&mut policy.max_grace, args.max_grace),
        (&mut policy.retain_uses, args.retain_uses),
        (&mut policy.notice_ahead, args.notice_ahead),
    ] {
        *field = asked.unwrap_or(*field);
    }
    if args.no_max_lifetime || args.max_lifetime.is_some() {
        policy.max_lifetime = args.max_lifetime;
    }
    if args.no_max_living_keys || args.max_living_keys.is_some() {
        policy.max_living_keys = args.max_living_keys;
    }
    policy.use_mode = args.use_mode.unwrap_or(policy.use_mode);
    policy.use_acknowledgement = args.acknowledgement.unwrap_or(policy.use_acknowledgement);
    policy.retain_uses_bytes = args.retain_uses_bytes.unwrap_or(policy.retain_uses_bytes);
}
