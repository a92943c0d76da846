//! A notice as a message.

use keycask::Notice;
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use super::facts::Facts;
use super::template::Templates;
use crate::args::NotifyArgs;
use crate::failure::Failure;

/// Who sends, and who gets what names nobody.
pub(crate) struct Envelope {
    from: Mailbox,
    fallback: Option<String>,
}

impl Envelope {
    pub(crate) fn of(args: &NotifyArgs) -> Result<Self, Failure> {
        let mailbox = |option: &str, text: &str| {
            text.parse::<Mailbox>().map_err(|_| {
                Failure::argument(format!("{option}: write one address, such as ops@example.com"))
            })
        };
        let from = mailbox("--from", &args.from)?;
        args.to.as_deref().map(|to| mailbox("--to", to)).transpose()?;
        Ok(Self { from, fallback: args.to.clone() })
    }

    /// Whether every notice has a recipient.
    pub(super) fn reaches_all(&self) -> bool {
        self.fallback.is_some()
    }

    /// Who a notice goes to.
    pub(super) fn recipient<'a>(&'a self, notice: &'a Notice) -> Option<&'a str> {
        notice.notify_email().or(self.fallback.as_deref())
    }

    /// What recognises a notice that is sent twice: the outbox's id, in the sender's domain.
    pub(super) fn message_id(&self, notice: &Notice) -> String {
        format!("<{}@{}>", notice.id(), self.from.email.domain())
    }

    /// The message, or why there can be none.
    pub(super) fn message(
        &self,
        notice: &Notice,
        recipient: &str,
        vault_id: &str,
        templates: &Templates,
    ) -> Result<Message, String> {
        let to =
            recipient.parse::<Mailbox>().map_err(|error| format!("its address can't be used: {error}"))?;
        let facts = Facts::of(notice, vault_id);
        let rendered =
            templates.render(notice.kind(), &facts).ok_or("this version has no template for its kind")?;
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(rendered.subject)
            .message_id(Some(self.message_id(notice)))
            .raw_header(auto_submitted())
            .multipart(MultiPart::alternative_plain_html(rendered.text, rendered.html))
            .map_err(|error| format!("its message can't be made: {error}"))
    }
}

/// Tells automatic responders to be silent. Source: RFC 3834, section 5.
fn auto_submitted() -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned())
}
