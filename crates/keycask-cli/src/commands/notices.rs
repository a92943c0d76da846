//! `notices`: what people should hear of.

use keycask::{Notice, NoticeFilter, NoticeId, Vault};

use crate::args::{NoticeIdsArgs, NoticeListArgs, NoticesCommand};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Rows;
use crate::output::json::NoticeView;

pub(super) fn run(command: &NoticesCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        NoticesCommand::List(args) => list(args, context),
        NoticesCommand::Ack(args) => each(args, context, Vault::ack),
        NoticesCommand::Retry(args) => each(args, context, Vault::retry_notice),
    }
}

fn list(args: &NoticeListArgs, context: &mut Context) -> Result<Exit, Failure> {
    let filter = filter(args)?;
    let vault = context.vault()?;
    let output = &mut context.output;
    let mut rows = Rows::new::<NoticeView<'_>>(output);
    for notice in vault.notices(filter)? {
        rows.push(&NoticeView::of(&notice?), output)?;
        if output.is_closed() {
            break;
        }
    }
    rows.finish(output)
}

/// Does the same to each notice, and prints what became of it. Every id is read before the first is touched.
fn each(
    args: &NoticeIdsArgs,
    context: &mut Context,
    verb: impl Fn(&Vault, NoticeId) -> keycask::Result<Notice>,
) -> Result<Exit, Failure> {
    let ids = args.ids.iter().map(|id| notice_id(id)).collect::<Result<Vec<_>, _>>()?;
    let vault = context.vault()?;
    let output = &mut context.output;
    let mut rows = Rows::new::<NoticeView<'_>>(output);
    for id in ids {
        rows.push(&NoticeView::of(&verb(&vault, id)?), output)?;
    }
    rows.finish(output)
}

fn filter(args: &NoticeListArgs) -> Result<NoticeFilter, Failure> {
    let mut filter = NoticeFilter::new();
    if args.all {
        filter = filter.all();
    }
    if args.dead {
        filter = filter.dead();
    }
    if let Some(kind) = args.kind {
        filter = filter.kind(kind);
    }
    if let Some(id) = &args.after {
        filter = filter.after(notice_id(id)?);
    }
    if let Some(limit) = args.limit {
        filter = filter.limit(limit);
    }
    Ok(filter)
}

/// Reads a notice's id. Like a key's it is never repeated: it may be a secret.
fn notice_id(text: &str) -> Result<NoticeId, Failure> {
    Ok(text.parse()?)
}
