//! `backup`, `restore` and `migrate`.

use indicatif::ProgressBar;
use keycask::{Checkpoint, Key, Progress, Restore, RestoreReport};
use serde_json::json;

use super::checkpoint::read;
use crate::args::{BackupArgs, MigrateArgs, RestoreArgs};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::progress;

pub(super) fn backup(args: &BackupArgs, context: &mut Context) -> Result<Exit, Failure> {
    let bar = progress::bar("pages");
    context.vault()?.backup_with_progress(&args.file, &context.actor()?, |progress| show(&bar, progress))?;
    bar.finish_and_clear();
    if context.output.is_json() {
        context.output.json(&json!({ "backup": args.file }))?;
    } else {
        context.output.line(args.file.display())?;
    }
    Ok(Exit::Yes)
}

pub(super) fn restore(args: &RestoreArgs, context: &mut Context) -> Result<Exit, Failure> {
    context.check_consent("a restore")?;
    let path = context.vault_path()?;
    let how = how(args)?;
    let options = context.options()?.actor(context.actor()?);
    context.ask("put the backup in the vault's place?")?;
    let bar = progress::bar("pages");
    let report = options.restore(&args.file, &path, &how, |progress| show(&bar, progress))?;
    bar.finish_and_clear();
    tell(&report, context)?;
    Ok(Exit::Yes)
}

pub(super) fn migrate(args: &MigrateArgs, context: &mut Context) -> Result<Exit, Failure> {
    let options = context.options()?.actor(context.actor()?);
    let migration = options.migrate(context.vault_path()?, !args.no_backup)?;
    let (from, to, backup) = (migration.from(), migration.to(), migration.backup());
    if context.output.is_json() {
        context.output.json(&json!({ "from": from, "to": to, "backup": backup }))?;
    } else if from == to {
        context.output.line(format_args!("schema {to}: nothing to upgrade"))?;
    } else {
        context.output.line(format_args!("upgraded from schema {from} to {to}"))?;
        if let Some(backup) = backup {
            context.output.line(format_args!("the vault as it was is kept at {}", backup.display()))?;
        }
    }
    Ok(Exit::Yes)
}

fn how(args: &RestoreArgs) -> Result<Restore, Failure> {
    let mut how = Restore::new();
    if args.reapply_revocations {
        how = how.reapply_revocations();
    }
    if args.another_vault {
        how = how.another_vault();
    }
    match &args.since {
        None => Ok(how),
        Some(file) => Ok(how.checkpoints(Checkpoint::parse_all(&read(file)?)?)),
    }
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.total());
    bar.set_position(progress.done());
}

fn tell(report: &RestoreReport, context: &mut Context) -> Result<(), Failure> {
    warn(report, context);
    let ids = |keys: &[Key]| keys.iter().map(|key| key.id().to_string()).collect::<Vec<_>>();
    let (missing, again) = (ids(report.missing_revocations()), ids(report.accepted_again()));
    if context.output.is_json() {
        return context.output.json(&json!({
            "aside": report.aside(),
            "old_logs": report.old_logs(),
            "compared": report.compared(),
            "missing_revocations": missing,
            "reapplied": report.reapplied(),
            "accepted_again": again,
            "lost_keys": report.lost_keys(),
            "lost_changes": report.lost_changes(),
        }));
    }
    if let Some(aside) = report.aside() {
        context.output.line(format_args!("the old vault is kept at {}", aside.display()))?;
    }
    for log in report.old_logs() {
        context.output.line(format_args!("what was in its log is kept at {}", log.display()))?;
    }
    if report.compared() {
        context.output.line(format_args!("keys that the backup doesn't know: {}", report.lost_keys()))?;
    }
    if let Some(lost) = report.lost_changes() {
        context.output.line(format_args!("changes that the backup doesn't know: {lost}"))?;
    }
    let word = if report.reapplied() > 0 { "revoked again" } else { "revoked before, and accepted now" };
    missing.iter().try_for_each(|id| context.output.line(format_args!("{word}: {id}")))?;
    again
        .iter()
        .try_for_each(|id| context.output.line(format_args!("refused before, and accepted now: {id}")))
}

/// Says when nobody knows which revocations are lost.
fn warn(report: &RestoreReport, context: &Context) {
    let what = match (report.fault(), report.compared()) {
        (Some(why), _) => format!("the old vault can't be read ({why})"),
        (None, false) => "there was no old vault to compare with".to_owned(),
        (None, true) => return,
    };
    let message =
        format!("{what}: which keys were revoked after the backup isn't known, and they are accepted");
    context.output.warn("not_compared", &message);
}
