//! The secret: how it is drawn, written, recognised and digested.
//!
//! ```text
//! acme_live_8JvX... 43 random characters ...q0Wd + 6 characters of checksum
//! \_______/ \_____________________________________________________/
//!  prefix                 body, always 49 characters
//! ```

mod alphabet;
mod digest;
mod encoded;
mod generate;
mod parse;
mod pepper;
mod prefix;
mod recipe;
mod redact;
mod scheme;

pub(crate) use digest::Digest;
pub(crate) use generate::{fill, generate};
pub use parse::MAX_PRESENTED_LEN;
pub(crate) use parse::{is_secret, presented_prefix};
pub use pepper::Pepper;
pub use prefix::Prefix;
pub use recipe::Recipe;
pub use redact::redact;
pub use scheme::Scheme;
pub(crate) use scheme::{foreign_text, may_be_key};

use std::fmt;

use zeroize::Zeroizing;

/// The random part's length in characters, in either encoding.
pub(crate) const RANDOM_LEN: usize = 43;
/// The checksum's length in characters.
pub(crate) const CHECKSUM_LEN: usize = 6;
/// Random part and checksum.
pub(crate) const BODY_LEN: usize = RANDOM_LEN + CHECKSUM_LEN;
/// The random characters that are stored and shown, after the prefix, so that people can tell keys apart.
pub(crate) const START_RANDOM_LEN: usize = 8;

/// How the random part is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// 43 characters of `0-9A-Za-z`, each drawn uniformly: 256.03 bits. A double click selects it.
    #[default]
    Base62,
    /// 32 bytes as URL-safe base64 without padding: 256 bits. Source: RFC 4648, section 5.
    Base64Url,
}

impl Encoding {
    /// The stable name: `base62` or `base64url`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base62 => "base62",
            Self::Base64Url => "base64url",
        }
    }

    /// Both.
    pub const ALL: &'static [Self] = &[Self::Base62, Self::Base64Url];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|encoding| encoding.as_str() == name).copied()
    }
}

impl std::str::FromStr for Encoding {
    type Err = crate::Error;

    fn from_str(text: &str) -> crate::Result<Self> {
        Self::from_name(text).ok_or_else(|| crate::Error::invalid("encoding: write base62 or base64url"))
    }
}

/// A whole secret, in memory that is wiped when it is dropped.
///
/// `Debug` shows the start only. There is no `Display`, `Clone` or `Serialize`: the one way to its text is
/// [`expose`](Secret::expose), so that a search for that word finds every place where it leaves.
pub struct Secret {
    text: Zeroizing<String>,
}

impl Secret {
    /// The text to hand to the key's owner, now and never again.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The prefix and the first eight random characters: what is stored and may be shown.
    #[must_use]
    pub fn start(&self) -> &str {
        &self.text[..self.text.len() - BODY_LEN + START_RANDOM_LEN]
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}…)", self.start())
    }
}
