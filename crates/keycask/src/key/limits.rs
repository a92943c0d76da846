//! The limits of what a caller may store, checked before anything is written.

use std::time::{Duration, SystemTime};

use crate::clock::Timestamp;
use crate::error::{Error, Result};

/// Bytes of an owner, a name and an actor.
pub(crate) const NAME_LEN: usize = 256;
/// Bytes of a request id.
pub(crate) const REQUEST_ID_LEN: usize = 128;
/// Bytes of an address for notices. Source: RFC 5321, section 4.5.3.1.3 with erratum 1690.
pub(crate) const EMAIL_LEN: usize = 254;
/// Bytes of a note.
pub(crate) const NOTE_LEN: usize = 1024;
/// Bytes of the metadata's JSON text.
pub(crate) const METADATA_LEN: usize = 4096;

/// Refuses text that is empty, over `limit` bytes or has control characters.
pub(crate) fn check_text(what: &str, text: &str, limit: usize) -> Result<()> {
    if text.is_empty() {
        return Err(Error::invalid(format!("{what}: is empty")));
    }
    check_optional_text(what, text, limit)
}

/// The same for text that may be empty.
pub(crate) fn check_optional_text(what: &str, text: &str, limit: usize) -> Result<()> {
    if text.len() > limit {
        return Err(Error::invalid(format!("{what}: has {} bytes, at most {limit} fit", text.len())));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::invalid(format!("{what}: has a control character")));
    }
    Ok(())
}

/// An address good enough to send to: one `@` with text around it and no space.
pub(crate) fn check_email(address: &str) -> Result<()> {
    check_text("notify_email", address, EMAIL_LEN)?;
    let well_formed = address
        .rsplit_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !local.contains('@'));
    if well_formed && !address.contains(char::is_whitespace) {
        return Ok(());
    }
    Err(Error::invalid("notify_email: write one address, such as ops@example.com"))
}

/// Metadata as it was given, once it is a JSON object. Source: RFC 8259.
pub(crate) fn check_metadata(text: &str) -> Result<String> {
    if text.len() > METADATA_LEN {
        return Err(Error::invalid(format!(
            "metadata: has {} bytes, at most {METADATA_LEN} fit",
            text.len()
        )));
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(_)) => Ok(text.to_owned()),
        Ok(_) => Err(Error::invalid("metadata: is not a JSON object; write {\"name\": value}")),
        Err(error) => Err(Error::invalid(format!(
            "metadata: is not JSON at line {}, column {}",
            error.line(),
            error.column()
        ))),
    }
}

/// A caller's time in the vault's milliseconds.
pub(crate) fn check_time(what: &str, time: SystemTime) -> Result<Timestamp> {
    Timestamp::checked_from(time)
        .ok_or_else(|| Error::invalid(format!("{what}: give a time between the years 1 and 9999")))
}

/// A caller's duration in whole seconds, at least one and at most a hundred years.
pub(crate) fn check_seconds(what: &str, duration: Duration) -> Result<u32> {
    const HUNDRED_YEARS: u64 = 100 * 366 * 86_400;
    if duration.subsec_nanos() != 0 || !(1..=HUNDRED_YEARS).contains(&duration.as_secs()) {
        return Err(Error::invalid(format!("{what}: give whole seconds, from 1 up to a hundred years")));
    }
    u32::try_from(duration.as_secs()).map_err(|_| Error::invalid(format!("{what}: is too long")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_holds_at_its_last_byte() {
        assert!(check_text("owner", &"o".repeat(256), NAME_LEN).is_ok());
        for wrong in ["", &"o".repeat(257), "a\nb", "a\0b", "\u{85}"] {
            let error = check_text("owner", wrong, NAME_LEN).unwrap_err();
            assert!(error.to_string().starts_with("owner: "), "{error}");
        }
        assert!(check_email("ops@example.com").is_ok());
        for wrong in
            ["ops", "@example.com", "ops@", "a@b@c", "a b@c", &format!("{}@example.com", "o".repeat(250))]
        {
            assert!(check_email(wrong).is_err(), "{wrong}");
        }
        assert_eq!(check_metadata("{ \"b\": 1, \"a\": [] }").unwrap(), "{ \"b\": 1, \"a\": [] }");
        for wrong in ["[]", "1", "{", "", &format!("{{\"a\":\"{}\"}}", "x".repeat(4096))] {
            assert!(check_metadata(wrong).is_err(), "{wrong}");
        }
        assert!(check_seconds("rotate_after", Duration::from_millis(1500)).is_err());
        assert!(check_seconds("rotate_after", Duration::ZERO).is_err());
        assert_eq!(check_seconds("rotate_after", Duration::from_secs(90)).unwrap(), 90);
    }
}
