//! A round through the outbox: each notice that is to be delivered now is claimed, sent and acknowledged.

use keycask::{Notice, NoticeClaim, NoticeFilter, NoticeId, Retries, Vault};
use lettre::transport::smtp::Error;
use lettre::{SmtpTransport, Transport as _};

use super::{Envelope, Server, Templates};
use crate::failure::Failure;
use crate::output::Output;
use crate::output::json::DeliveryView;

/// Replies that speak of the server or the login, not of the one message: 421 and 454, it is not available;
/// 530, 534, 535 and 538, it doesn't let us in. Sources: RFC 5321, section 4.2; RFC 4954, section 6.
const NOT_ABOUT_THE_MESSAGE: [u16; 6] = [421, 454, 530, 534, 535, 538];

/// Everything that sending takes.
pub(crate) struct Sender {
    pub(crate) server: Server,
    pub(crate) envelope: Envelope,
    pub(crate) templates: Templates,
    pub(crate) claim: NoticeClaim,
    pub(crate) retries: Retries,
    /// The last notice that was looked at for want of a recipient: each is told of once.
    pub(crate) told: Option<NoticeId>,
}

/// What a round came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Round {
    pub(crate) failed: usize,
}

/// Why a delivery failed, and whether the next would fail as well.
struct Undelivered {
    why: String,
    by_server: bool,
}

impl Sender {
    /// Sends what is to be sent, until nothing is left, the server can't be used, or `stop` says so.
    pub(crate) fn round(
        &mut self,
        vault: &Vault,
        output: &mut Output,
        stop: impl Fn() -> Result<bool, Failure>,
    ) -> Result<Round, Failure> {
        let mut round = Round::default();
        let mut claim = if self.envelope.reaches_all() { self.claim } else { self.claim.addressed() };
        let mut connection = None;
        while !stop()? {
            let Some(notice) = vault.claim_notices(claim)?.pop() else { break };
            claim = claim.after(notice.id());
            match self.deliver(&notice, vault, &mut connection) {
                Ok(()) => self.sent(&notice, vault, output)?,
                Err(undelivered) => {
                    round.failed += 1;
                    self.failed(&notice, &undelivered.why, vault, output)?;
                    if undelivered.by_server {
                        break;
                    }
                }
            }
        }
        if let Some(connection) = connection {
            connection.shutdown();
        }
        self.tell_of_unaddressed(vault, output)?;
        Ok(round)
    }

    fn deliver(
        &self,
        notice: &Notice,
        vault: &Vault,
        connection: &mut Option<SmtpTransport>,
    ) -> Result<(), Undelivered> {
        let about_it = |why: String| Undelivered { why, by_server: false };
        let recipient =
            self.envelope.recipient(notice).ok_or_else(|| about_it("it has no recipient".into()))?;
        let message =
            self.envelope.message(notice, recipient, vault.id(), &self.templates).map_err(about_it)?;
        let connection = match connection {
            Some(connection) => connection,
            none => none.insert(self.connect()?),
        };
        connection
            .send(&message)
            .map(drop)
            .map_err(|error| Undelivered { by_server: is_about_server(&error), why: printable(&error) })
    }

    /// Logs in before the first message, so that a server that can't be used costs one notice an attempt.
    fn connect(&self) -> Result<SmtpTransport, Undelivered> {
        let transport = self.server.transport();
        match transport.test_connection() {
            Ok(true) => Ok(transport),
            Ok(false) => Err(Undelivered { why: "the server doesn't answer".to_owned(), by_server: true }),
            Err(error) => Err(Undelivered { why: printable(&error), by_server: true }),
        }
    }

    fn sent(&self, notice: &Notice, vault: &Vault, output: &mut Output) -> Result<(), Failure> {
        let notice = vault.ack(notice.id())?;
        let recipient = self.envelope.recipient(&notice).unwrap_or_default();
        tell(&DeliveryView::sent(&notice, recipient, &self.envelope.message_id(&notice)), output)
    }

    fn failed(&self, notice: &Notice, why: &str, vault: &Vault, output: &mut Output) -> Result<(), Failure> {
        let notice = vault.notice_failed(notice.id(), &self.retries)?;
        tell(&DeliveryView::failed(&notice, self.envelope.recipient(&notice), why), output)
    }

    /// Notices without a recipient stay as they are; each is told of once.
    fn tell_of_unaddressed(&mut self, vault: &Vault, output: &mut Output) -> Result<(), Failure> {
        if self.envelope.reaches_all() {
            return Ok(());
        }
        let filter = self.told.map_or(NoticeFilter::new(), |id| NoticeFilter::new().after(id));
        let mut count = 0;
        for notice in vault.notices(filter)? {
            let notice = notice?;
            self.told = Some(notice.id());
            if notice.notify_email().is_none() {
                count += 1;
                tell(&DeliveryView::without_recipient(&notice), output)?;
            }
        }
        if count > 0 {
            let message = format!(
                "{count} notices have no recipient and stay as they are: add --to ADDRESS, or give their keys a notify_email"
            );
            output.warn("no_recipient", &message);
        }
        Ok(())
    }
}

fn tell(delivery: &DeliveryView<'_>, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        output.json(delivery)?;
    } else {
        output.line(delivery.line())?;
    }
    output.flush()
}

fn is_about_server(error: &Error) -> bool {
    match error.status() {
        Some(code) => NOT_ABOUT_THE_MESSAGE.contains(&u16::from(code)),
        // Without a reply it is the connection that failed, or our own side that can't send this message.
        None => !error.is_client(),
    }
}

/// The error as one line: what a server says can hold anything.
fn printable(error: &Error) -> String {
    let text = error.to_string();
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}
