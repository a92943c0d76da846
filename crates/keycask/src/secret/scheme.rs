//! How another system digested its keys, so that they go on working here.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256, Sha512};

use super::encoded::{bytes_of_hex, read_digest};
use super::{Digest, MAX_PRESENTED_LEN};
use crate::error::{Error, Result};

/// Before the name of a scheme in what is hashed once more. With the zero byte after the name it can't be
/// the beginning of a presented text, which has no control characters.
const TAG: &str = "keycask/import/";
/// The shortest tail that a scheme may digest: fewer characters can't carry 112 bits.
const SHORTEST_TAIL: usize = 16;

/// How another system digests its keys: SHA-256 or SHA-512 of the whole key, or of a part of it.
///
/// | name | what is digested |
/// |---|---|
/// | `sha256` (the default) | the whole key |
/// | `sha256-after-last-underscore` | what follows the last `_`; the whole key where there is none |
/// | `sha256-after-pipe` | what follows the first <code>\|</code>; the whole key where there is none |
/// | `sha256-last-N` | the last N bytes, 16 to 256 |
/// | `sha256-unhex` | the bytes that the key writes in hexadecimal |
///
/// The same with `sha512`. Source: FIPS 180-4.
///
/// ```
/// use keycask::Scheme;
///
/// let scheme: Scheme = "sha256-last-40".parse()?;
/// assert_eq!(scheme.to_string(), "sha256-last-40");
/// assert_eq!(Scheme::default().to_string(), "sha256");
/// assert!("md5".parse::<Scheme>().is_err());
/// # Ok::<(), keycask::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scheme {
    algorithm: Algorithm,
    part: Part,
}

/// The hash function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Algorithm {
    #[default]
    Sha256,
    Sha512,
}

/// What of the key is hashed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Part {
    #[default]
    Whole,
    AfterLastUnderscore,
    AfterPipe,
    Last(usize),
    Unhex,
}

impl Algorithm {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Bytes of a digest.
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

impl Part {
    /// The part of a presented text; `None` where it has none.
    fn of(self, presented: &str) -> Option<Vec<u8>> {
        let bytes = match self {
            Self::Whole => presented.as_bytes(),
            Self::AfterLastUnderscore => presented.rsplit('_').next()?.as_bytes(),
            Self::AfterPipe => presented.split_once('|').map_or(presented, |(_, part)| part).as_bytes(),
            Self::Last(length) => {
                let bytes = presented.as_bytes();
                &bytes[bytes.len().checked_sub(length)?..]
            }
            Self::Unhex => return bytes_of_hex(presented),
        };
        Some(bytes.to_vec())
    }
}

impl Scheme {
    pub(super) const fn new(algorithm: Algorithm, part: Part) -> Self {
        Self { algorithm, part }
    }

    /// Whether its digests are those of keycask's own keys.
    pub(crate) fn is_plain(self) -> bool {
        self == Self::default()
    }

    /// What the vault stores of a foreign digest, given as text in hexadecimal or base64.
    pub(crate) fn read(self, text: &str) -> Result<Digest> {
        let foreign = read_digest(self.algorithm, text.trim_ascii())?;
        Ok(self.stored(&foreign))
    }

    /// What the vault would have stored of the key that is presented, under this scheme.
    pub(crate) fn digest(self, presented: &str) -> Option<Digest> {
        let part = self.part.of(presented).filter(|part| !part.is_empty())?;
        Some(self.stored(&self.algorithm.digest(&part)))
    }

    /// A plain digest as it is; any other with the scheme's name, so that one scheme's digest can't be
    /// taken for another's.
    fn stored(self, foreign: &[u8]) -> Digest {
        if self.is_plain()
            && let Ok(bytes) = foreign.try_into()
        {
            return Digest::from_bytes(bytes);
        }
        let hash = Sha256::new().chain_update(TAG).chain_update(self.to_string()).chain_update([0]);
        Digest::from_bytes(hash.chain_update(foreign).finalize().into())
    }
}

/// The stable name.
impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm.as_str())?;
        match self.part {
            Part::Whole => Ok(()),
            Part::AfterLastUnderscore => f.write_str("-after-last-underscore"),
            Part::AfterPipe => f.write_str("-after-pipe"),
            Part::Last(length) => write!(f, "-last-{length}"),
            Part::Unhex => f.write_str("-unhex"),
        }
    }
}

impl FromStr for Scheme {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        parse(name).ok_or_else(|| {
            Error::invalid(
                "scheme: write sha256 or sha512, alone or with -after-last-underscore, -after-pipe, \
                 -last-N (16 to 256) or -unhex",
            )
        })
    }
}

fn parse(name: &str) -> Option<Scheme> {
    let (algorithm, part) = name.split_once('-').unwrap_or((name, ""));
    let algorithm = match algorithm {
        "sha256" => Algorithm::Sha256,
        "sha512" => Algorithm::Sha512,
        _ => return None,
    };
    let part = match part {
        "" => Part::Whole,
        "after-last-underscore" => Part::AfterLastUnderscore,
        "after-pipe" => Part::AfterPipe,
        "unhex" => Part::Unhex,
        tail => Part::Last(tail_length(tail.strip_prefix("last-")?)?),
    };
    // Only the one spelling that is printed.
    Some(Scheme { algorithm, part }).filter(|scheme| scheme.to_string() == name)
}

fn tail_length(text: &str) -> Option<usize> {
    text.parse().ok().filter(|length| (SHORTEST_TAIL..=MAX_PRESENTED_LEN).contains(length))
}

/// Whether [`foreign_text`] has a text, found out at once where it is ASCII, as all of keycask's own keys are.
pub(crate) fn may_be_key(presented: &[u8]) -> bool {
    if presented.is_empty() || presented.len() > MAX_PRESENTED_LEN {
        return false;
    }
    // Without an early end, so that many bytes are looked at in one step.
    let is_plain = presented.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    is_plain || foreign_text(presented).is_some()
}

/// A presented text that may be another system's key: not empty, not too long, without control characters.
pub(crate) fn foreign_text(presented: &[u8]) -> Option<&str> {
    if presented.is_empty() || presented.len() > MAX_PRESENTED_LEN {
        return None;
    }
    std::str::from_utf8(presented).ok().filter(|text| !text.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn scheme(name: &str) -> Scheme {
        name.parse().unwrap()
    }

    fn part(name: &str, presented: &str) -> Option<String> {
        scheme(name).part.of(presented).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn names_are_read_as_they_are_written_and_no_others() {
        for algorithm in ["sha256", "sha512"] {
            for part in ["", "-after-last-underscore", "-after-pipe", "-last-16", "-last-256", "-unhex"] {
                let name = format!("{algorithm}{part}");
                assert_eq!(scheme(&name).to_string(), name);
            }
        }
        let wrong = [
            "",
            "sha1",
            "SHA256",
            "sha256-",
            "sha256-last-",
            "sha256-last-15",
            "sha256-last-257",
            "sha256-last-040",
            "sha256-last-+40",
            "sha256-last",
            "sha256-after-dot",
            "sha256_after_pipe",
        ];
        for name in wrong {
            assert!(name.parse::<Scheme>().is_err(), "{name}");
        }
    }

    #[test]
    fn the_part_is_what_the_other_system_hashes() {
        let whole = Some("a_b_c".to_owned());
        assert_eq!(part("sha256", "a_b_c"), whole);
        assert_eq!(part("sha256-after-last-underscore", "a_b_c").as_deref(), Some("c"));
        assert_eq!(part("sha256-after-last-underscore", "abc").as_deref(), Some("abc"));
        assert_eq!(part("sha256-after-pipe", "7|a|b").as_deref(), Some("a|b"));
        assert_eq!(part("sha256-after-pipe", "a_b_c"), whole);
        assert_eq!(part("sha256-last-16", "0123456789abcdefghij").as_deref(), Some("456789abcdefghij"));
        assert_eq!(part("sha256-last-16", "0123456789abcde"), None);
        assert_eq!(part("sha512-unhex", "6B63").as_deref(), Some("kc"));
        assert_eq!(part("sha512-unhex", "6b6"), None);
        assert_eq!(part("sha512-unhex", "zz"), None);
    }

    #[test]
    fn nothing_is_digested_where_the_part_is_empty() {
        for (name, presented) in [("sha256-after-pipe", "7|"), ("sha256-after-last-underscore", "a_")] {
            assert!(scheme(name).digest(presented).is_none());
        }
    }

    /// The bytes of the page on the file format.
    #[test]
    fn a_foreign_digest_is_stored_under_its_tag() {
        let foreign = Sha512::digest("key");
        let expected = Sha256::digest([b"keycask/import/sha512\0", &foreign[..]].concat());
        assert_eq!(scheme("sha512").digest("key").unwrap().as_bytes()[..], expected[..]);
        let plain = Sha256::digest("key");
        assert_eq!(scheme("sha256").digest("key").unwrap().as_bytes()[..], plain[..]);
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_is_presented(
            key in "[!-~]{16,60}",
            part in prop::sample::select(vec!["", "-after-last-underscore", "-after-pipe", "-last-16"]),
            sha512 in any::<bool>(),
        ) {
            let scheme = scheme(&format!("{}{part}", if sha512 { "sha512" } else { "sha256" }));
            let part = scheme.part.of(&key).unwrap();
            prop_assume!(!part.is_empty());
            let base64 = STANDARD.encode(scheme.algorithm.digest(&part));
            prop_assert!(scheme.read(&base64).unwrap() == scheme.digest(&key).unwrap());
        }

        #[test]
        fn any_text_is_a_scheme_or_refused(name in "(sha256|sha512)?[-a-z0-9]{0,30}") {
            if let Ok(scheme) = name.parse::<Scheme>() {
                prop_assert_eq!(scheme.to_string(), name);
            }
        }
    }

    #[test]
    fn a_foreign_text_is_short_and_printable() {
        assert_eq!(foreign_text("schlüssel".as_bytes()), Some("schlüssel"));
        assert!(may_be_key("schlüssel".as_bytes()) && may_be_key(b"\x7c \x7e"));
        assert!(foreign_text(&[b'a'; 256]).is_some() && may_be_key(&[b'a'; 256]));
        for wrong in [&[][..], &[b'a'; 257], b"a\nb", b"a\0", b"a\x7f", b"\x1f", b"\xff", "\u{85}".as_bytes()]
        {
            assert!(foreign_text(wrong).is_none() && !may_be_key(wrong), "{wrong:?}");
        }
    }
}
