//! Recognising a presented secret by position from its end, never by splitting on `_`: in base64url the
//! random part may hold one. (Of a product that split, about 12 % of the keys were dead on arrival.)

use super::alphabet::{checksum, is_body_byte};
use super::{BODY_LEN, CHECKSUM_LEN};
use crate::secret::prefix::is_prefix;

/// The longest text that is looked at. Anything longer is malformed, and costs nothing.
pub const MAX_PRESENTED_LEN: usize = 256;

/// Whether `presented` has the form and the checksum of a secret.
pub(crate) fn is_secret(presented: &[u8]) -> bool {
    presented.len() <= MAX_PRESENTED_LEN && ends_as_secret(presented).unwrap_or(false)
}

/// What stands where a secret has its prefix, whatever stands behind it.
pub(crate) fn presented_prefix(presented: &[u8]) -> Option<&str> {
    let (rest, _) = presented.split_at_checked(presented.len().checked_sub(BODY_LEN)?)?;
    std::str::from_utf8(rest.strip_suffix(b"_")?).ok().filter(|prefix| is_prefix(prefix))
}

/// `None` and `false` both say no.
fn ends_as_secret(presented: &[u8]) -> Option<bool> {
    let (rest, body) = presented.split_at_checked(presented.len().checked_sub(BODY_LEN)?)?;
    let prefix = std::str::from_utf8(rest.strip_suffix(b"_")?).ok()?;
    if !is_prefix(prefix) || !body.iter().all(|byte| is_body_byte(*byte)) {
        return None;
    }
    let (covered, check) = presented.split_at(presented.len() - CHECKSUM_LEN);
    Some(checksum(covered) == check)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secret::{Encoding, Prefix, generate};

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = is_secret(&bytes);
        }

        #[test]
        fn what_parses_is_put_together_again(
            name in "[a-z][a-z0-9]{1,8}(_[a-z0-9]{1,7}){0,1}",
            base64url in any::<bool>(),
        ) {
            let encoding = if base64url { Encoding::Base64Url } else { Encoding::Base62 };
            let secret = generate(&Prefix::new(&name).unwrap(), encoding).unwrap();
            prop_assert!(is_secret(secret.expose().as_bytes()));
        }

        #[test]
        fn one_changed_character_is_malformed(position in 0_usize..59, replacement in "[ -~]") {
            let secret = generate(&Prefix::new("acme_live").unwrap(), Encoding::Base62).unwrap();
            let mut bytes = secret.expose().as_bytes().to_vec();
            let replacement = replacement.as_bytes()[0];
            prop_assume!(bytes[position] != replacement);
            bytes[position] = replacement;
            prop_assert!(!is_secret(&bytes));
        }
    }
}
