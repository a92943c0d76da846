//! `verify`: the question that every request of an API asks.

use keycask::{Outcome, Request};

use super::create::prefix;
use crate::args::VerifyArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::input;
use crate::output::json::VerdictView;

pub(super) fn run(args: &VerifyArgs, context: &mut Context) -> Result<Exit, Failure> {
    args.prefix.as_deref().map(prefix).transpose()?;
    let vault = context.vault()?;
    let verdict = vault.verify(&*input::secret()?, &request(args))?;
    let view = VerdictView::of(&verdict);
    if context.output.is_json() {
        context.output.json(&view)?;
    } else {
        context.output.line(view.text())?;
    }
    Ok(Exit::of_answer(verdict.outcome() == Outcome::Valid))
}

fn request(args: &VerifyArgs) -> Request<'_> {
    let mut request = args.scopes.iter().fold(Request::new(), |request, scope| request.scope(scope));
    if let Some(prefix) = &args.prefix {
        request = request.prefix(prefix);
    }
    if let Some(address) = args.client_ip {
        request = request.client_ip(address);
    }
    if args.no_event { request.no_event() } else { request }
}
