//! A notice's name: a TypeID, `notice_` and a UUIDv7.

use std::fmt;
use std::str::FromStr;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::key::{read_type_id, type_id, uuid_v7};

const NOTICE_TYPE: &str = "notice";

/// The id of a notice, such as `notice_01kb8rdhz6f5sbtcbgh1rstvwx`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId([u8; 16]);

impl NoticeId {
    pub(crate) fn generate(now: Timestamp) -> Result<Self> {
        uuid_v7(now).map(Self)
    }

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes of the UUID.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&type_id(NOTICE_TYPE, self.0))
    }
}

impl fmt::Debug for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for NoticeId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // The text is not repeated: it may be a secret that was put in the wrong place.
        read_type_id(NOTICE_TYPE, text).map(Self).ok_or_else(|| {
            Error::invalid("notice id: write `notice_` and 26 characters, as `notices list` shows them")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_no_other_kind_is_taken_for_it() {
        let id = NoticeId([0x7f; 16]);
        assert_eq!(id.to_string().parse::<NoticeId>().unwrap(), id);
        let key = type_id("key", [0x7f; 16]);
        for wrong in ["", "notice_", &key, &format!("{id}0"), &id.to_string().to_uppercase()] {
            let error = wrong.parse::<NoticeId>().unwrap_err();
            assert!(wrong.is_empty() || !error.to_string().contains(&wrong[1..]) || wrong == "notice_");
        }
    }
}
