//! `due`, `unused` and `lineage`: which keys to look at before time does.

use std::time::{Duration, SystemTime};

use keycask::UseMode;

use crate::args::{DueArgs, IdArgs, UnusedArgs};
use crate::context::{Context, key_id};
use crate::failure::{Exit, Failure};
use crate::output::Rows;
use crate::output::json::{DueView, LineageView, UsageView};

const THIRTY_DAYS: Duration = Duration::from_secs(30 * 86_400);

pub(super) fn due(args: &DueArgs, context: &mut Context) -> Result<Exit, Failure> {
    let vault = context.vault()?;
    let within = match args.within {
        Some(within) => within,
        None => vault.policy()?.notice_ahead,
    };
    let now = vault.now();
    let due = vault.due_at(within, now)?;
    let output = &mut context.output;
    let mut rows = Rows::new::<DueView<'_>>(output);
    due.iter().try_for_each(|due| rows.push(&DueView::of(due, now), output))?;
    rows.or_note("nothing is due").finish(output)
}

pub(super) fn unused(args: &UnusedArgs, context: &mut Context) -> Result<Exit, Failure> {
    let vault = context.vault()?;
    let now = vault.now();
    if vault.policy()?.use_mode == UseMode::Off {
        context.output.warn("uses_off", "the policy's use mode is off: what is used shows nowhere");
    }
    let unused = vault.unused_at(since(args, now), now)?;
    let output = &mut context.output;
    let mut rows = Rows::new::<UsageView<'_>>(output);
    unused
        .iter()
        .filter(|(_, usage)| !args.never || usage.uses() == 0)
        .try_for_each(|(key, usage)| rows.push(&UsageView::of(key, *usage, now), output))?;
    rows.or_note("no key is unused").finish(output)
}

fn since(args: &UnusedArgs, now: SystemTime) -> SystemTime {
    match args.since {
        Some(moment) => moment.time(now),
        None if args.never => now,
        None => now.checked_sub(THIRTY_DAYS).unwrap_or(SystemTime::UNIX_EPOCH),
    }
}

pub(super) fn lineage(args: &IdArgs, context: &mut Context) -> Result<Exit, Failure> {
    let id = key_id(&args.id)?;
    let vault = context.vault()?;
    let keys = vault.lineage(id)?;
    let output = &mut context.output;
    let mut rows = Rows::new::<LineageView<'_>>(output);
    LineageView::all(&keys, vault.now()).iter().try_for_each(|key| rows.push(key, output))?;
    rows.finish(output)
}
