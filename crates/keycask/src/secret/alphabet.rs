//! The characters of secrets: base62, its superset base64url, and the checksum written in base62.

/// Digits of base62 in the order of their values.
pub(super) const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A random byte as a base62 digit, or `None` where taking it would favour some digits: 248 is the
/// largest multiple of 62 in a byte.
pub(super) fn digit_from_random(byte: u8) -> Option<u8> {
    (byte < 248).then(|| BASE62[usize::from(byte % 62)])
}

/// Whether `byte` can stand in a random part, in either encoding.
pub(super) fn is_body_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// CRC-32 (IEEE 802.3) of `covered` in base62, padded with `0` on the left to six digits.
pub(super) fn checksum(covered: &[u8]) -> [u8; super::CHECKSUM_LEN] {
    let mut rest = crc32fast::hash(covered);
    let mut digits = [b'0'; super::CHECKSUM_LEN];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejection_leaves_every_digit_four_bytes() {
        let mut counts = [0; 128];
        for digit in (0..=255).filter_map(digit_from_random) {
            counts[usize::from(digit)] += 1;
        }
        assert!(BASE62.iter().all(|digit| counts[usize::from(*digit)] == 4));
        assert_eq!(counts.iter().sum::<i32>(), 248);
    }

    #[test]
    fn checksum_is_the_crc_of_the_standard_check_value() {
        // CRC-32/ISO-HDLC of "123456789" is 0xCBF43926 = 3421780262.
        let value = checksum(b"123456789")
            .iter()
            .fold(0_u64, |value, digit| value * 62 + BASE62.iter().position(|d| d == digit).unwrap() as u64);
        assert_eq!(value, 0xcbf4_3926);
        assert_eq!(&checksum(b""), b"000000");
    }
}
