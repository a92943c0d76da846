//! A key's public name: a TypeID, `key_` and a UUIDv7 in Crockford base32.
//!
//! Sortable by time of creation and fit for URLs. Sources: the TypeID specification, version 0.3;
//! RFC 9562, section 5.7.

use std::fmt;
use std::str::FromStr;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::secret::fill;

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LEN: usize = 26;
const KEY_TYPE: &str = "key";

/// The id of a key, such as `key_01kb8rdhz6f5sbtcbgh1rstvwx`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

impl KeyId {
    pub(crate) fn generate(now: Timestamp) -> Result<Self> {
        uuid_v7(now).map(Self)
    }

    /// The id of the `n`th key that is made in one go, so that they sort in their order: a counter stands in the
    /// first bits after the time. Source: RFC 9562, section 6.2, method 1.
    pub(crate) fn numbered(now: Timestamp, n: u32) -> Result<Self> {
        let mut bytes = uuid_v7(now)?;
        let [high, upper, lower, low] = n.to_be_bytes();
        bytes[6] = 0x70 | high >> 4;
        bytes[7] = high << 4 | upper >> 4;
        bytes[8] = 0x80 | (upper & 0x0f) << 2 | lower >> 6;
        bytes[9] = lower << 2 | low >> 6;
        bytes[10] = low << 2 | bytes[10] & 0x03;
        Ok(Self(bytes))
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

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&type_id(KEY_TYPE, self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // The text is not repeated: it may be a secret that was put in the wrong place.
        read_type_id(KEY_TYPE, text)
            .map(Self)
            .ok_or_else(|| Error::invalid("key id: write `key_` and 26 characters, as `list` shows them"))
    }
}

/// A UUIDv7: 48 bits of milliseconds, then 74 random bits from the operating system.
pub(crate) fn uuid_v7(now: Timestamp) -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    fill(&mut bytes[6..])?;
    bytes[..6].copy_from_slice(&now.ms().max(0).to_be_bytes()[2..]);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    Ok(bytes)
}

/// `type_` and 128 bits as 26 digits of base32, the first of which holds three bits.
pub(crate) fn type_id(kind: &str, bytes: [u8; 16]) -> String {
    let value = u128::from_be_bytes(bytes);
    let digits = (0..SUFFIX_LEN).rev().map(|place| DIGITS[(value >> (5 * place) & 31) as usize]);
    format!("{kind}_{}", digits.map(char::from).collect::<String>())
}

/// The 128 bits of a TypeID of this kind; `None` where the text is none.
pub(crate) fn read_type_id(kind: &str, text: &str) -> Option<[u8; 16]> {
    text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('_')).and_then(decode)
}

fn decode(suffix: &str) -> Option<[u8; 16]> {
    if suffix.len() != SUFFIX_LEN || suffix.as_bytes()[0] > b'7' {
        return None;
    }
    suffix
        .bytes()
        .try_fold(0_u128, |value, byte| {
            let digit = DIGITS.iter().position(|digit| *digit == byte)?;
            Some(value << 5 | digit as u128)
        })
        .map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_id_is_read_as_it_is_written(bytes in any::<[u8; 16]>()) {
            let id = KeyId(bytes);
            prop_assert_eq!(id.to_string().parse::<KeyId>().unwrap(), id);
        }

        #[test]
        fn any_text_is_an_id_or_refused(text in "\\PC{0,40}") {
            if let Ok(id) = text.parse::<KeyId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn numbered_ids_sort_in_their_order() {
        let numbers =
            [0, 1, 2, 63, 64, 255, 256, 65_535, 1 << 20, (1 << 20) + 1, 1 << 28, u32::MAX - 1, u32::MAX];
        let now = Timestamp::from_ms(0x0199_1234_5678);
        let ids: Vec<_> = numbers.iter().map(|n| KeyId::numbered(now, *n).unwrap()).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| id.0[6] >> 4 == 7 && id.0[8] >> 6 == 2));
        assert_ne!(KeyId::numbered(now, 7).unwrap(), KeyId::numbered(now, 7).unwrap());
    }

    #[test]
    fn ids_carry_their_time_and_the_marks_of_version_7() {
        let id = KeyId::generate(Timestamp::from_ms(0x0199_1234_5678)).unwrap();
        assert_eq!(id.0[..6], [0x01, 0x99, 0x12, 0x34, 0x56, 0x78]);
        assert_eq!(id.0[6] >> 4, 7);
        assert_eq!(id.0[8] >> 6, 2);
    }
}
