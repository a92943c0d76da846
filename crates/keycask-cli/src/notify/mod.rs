//! Sending notices by e-mail: the server, the templates, the message, and a round through the outbox.

mod facts;
mod mail;
mod round;
mod server;
mod stop;
mod template;

pub(crate) use mail::Envelope;
pub(crate) use round::Sender;
pub(crate) use server::Server;
pub(crate) use stop::Stop;
pub(crate) use template::Templates;
