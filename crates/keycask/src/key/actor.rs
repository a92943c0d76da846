//! Who makes a change.

use std::net::IpAddr;

use super::Idempotency;
use super::limits::{NAME_LEN, REQUEST_ID_LEN, check_text};
use crate::error::Result;

/// Who makes a change, as the audit log will name them, and from where. There is no default.
///
/// ```
/// use keycask::Actor;
///
/// let actor = Actor::new("alice")?.client_ip("192.0.2.7".parse()?);
/// assert_eq!(actor.name(), "alice");
/// assert!(Actor::new("").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    name: String,
    client_ip: Option<IpAddr>,
    request_id: Option<String>,
}

impl Actor {
    /// At most 256 bytes without control characters.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        check_text("actor", &name, NAME_LEN)?;
        Ok(Self { name, client_ip: None, request_id: None })
    }

    /// The library itself, for what no person asked for.
    #[must_use]
    pub fn keycask() -> Self {
        Self { name: "keycask".to_owned(), client_ip: None, request_id: None }
    }

    /// Whom an event names; `keycask` where the name was erased.
    pub(crate) fn recorded(
        name: Option<String>,
        client_ip: Option<String>,
        request_id: Option<String>,
    ) -> Self {
        let client_ip = client_ip.and_then(|text| text.parse().ok());
        Self { name: name.unwrap_or_else(|| Self::keycask().name), client_ip, request_id }
    }

    /// The address that the change was asked from.
    #[must_use]
    pub fn client_ip(mut self, address: IpAddr) -> Self {
        self.client_ip = Some(address);
        self
    }

    /// The id of the request that asks for the change, for the audit log: at most 128 bytes.
    pub fn request_id(mut self, id: impl Into<String>) -> Result<Self> {
        let id = id.into();
        check_text("request_id", &id, REQUEST_ID_LEN)?;
        self.request_id = Some(id);
        Ok(self)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same actor, its changes recorded under an idempotent request's id.
    pub(crate) fn with_request(mut self, idempotency: Option<&Idempotency>) -> Self {
        if let Some(idempotency) = idempotency {
            self.request_id = Some(idempotency.request_id.clone());
        }
        self
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.client_ip
    }

    pub(crate) fn request(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}
