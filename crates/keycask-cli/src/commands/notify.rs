//! `notify`: sends notices by e-mail, once or until it is told to end.

use std::time::Duration;

use keycask::{NoticeClaim, Retries};

use crate::args::NotifyArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::notify::{Envelope, Sender, Server, Stop, Templates};

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3600);

pub(super) fn run(args: &NotifyArgs, context: &mut Context) -> Result<Exit, Failure> {
    let mut sender = sender(args)?;
    let vault = context.vault()?;
    if args.once {
        let round = sender.round(&vault, &mut context.output, || Ok(false))?;
        return Ok(Exit::of_answer(round.failed == 0));
    }
    let stop = Stop::take()?;
    context.output.note(&format!("keycask: sending notices through {}", sender.server.host()));
    loop {
        match sender.round(&vault, &mut context.output, || stop.within(Duration::ZERO)) {
            Err(failure) if failure.exit == Exit::Busy => context.output.warn(failure.code, &failure.message),
            round => drop(round?),
        }
        if stop.within(args.interval)? {
            return Ok(Exit::Yes);
        }
    }
}

fn sender(args: &NotifyArgs) -> Result<Sender, Failure> {
    if args.attempts == 0 || args.lease.is_zero() {
        return Err(Failure::argument("--attempts and --lease: give more than nothing"));
    }
    Ok(Sender {
        server: Server::of(args)?,
        envelope: Envelope::of(args)?,
        templates: Templates::load(args.templates.as_deref())?,
        claim: NoticeClaim::new(args.lease),
        retries: Retries::new()
            .first(args.backoff)
            .longest(LONGEST_WAIT.max(args.backoff))
            .attempts(args.attempts),
        told: None,
    })
}
