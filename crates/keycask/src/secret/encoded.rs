//! Digests as other systems write them down.

use base64::Engine;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::scheme::Algorithm;
use crate::error::{Error, Result};

/// Password hashes, by how their text begins. They carry a salt, so that a presented key can't be looked up
/// by one.
const PASSWORD_HASHES: &[&str] = &[
    "pbkdf2", "bcrypt", "argon2", "scrypt", "md5$", "sha1$", "$2a$", "$2b$", "$2y$", "$argon2", "$scrypt",
    "$5$", "$6$",
];
/// What Django's hasher of `djangorestframework-api-key` writes before the hexadecimal digits.
const DJANGO_SHA512: &str = "sha512$$";

/// A digest in hexadecimal or base64 (standard or URL-safe, padded or not). Sources: RFC 4648, sections 4, 5, 8.
pub(super) fn read_digest(algorithm: Algorithm, text: &str) -> Result<Vec<u8>> {
    if PASSWORD_HASHES.iter().any(|begin| text.starts_with(begin)) {
        return Err(Error::invalid(
            "digest: is a salted password hash, by which no presented key can be found; it can't be imported",
        ));
    }
    let digits = match text.strip_prefix(DJANGO_SHA512) {
        Some(_) if algorithm != Algorithm::Sha512 => {
            return Err(Error::invalid("digest: is SHA-512; say so with the scheme sha512"));
        }
        Some(digits) => digits,
        None => text,
    };
    let bytes =
        if digits.len() == 2 * algorithm.len() { bytes_of_hex(digits) } else { bytes_of_base64(digits) };
    bytes.filter(|bytes| bytes.len() == algorithm.len()).ok_or_else(|| wrong_form(algorithm, digits))
}

fn wrong_form(algorithm: Algorithm, digits: &str) -> Error {
    let bytes = algorithm.len();
    let other = match (algorithm, digits.len()) {
        (Algorithm::Sha256, 86 | 88 | 128) => "; it looks like SHA-512, which the scheme has to say",
        (Algorithm::Sha512, 43 | 44 | 64) => "; it looks like SHA-256, which the scheme has to say",
        (_, 32) => "; it looks like MD5, which can't be imported",
        (_, 40) => "; it looks like SHA-1, which can't be imported",
        _ => "",
    };
    Error::invalid(format!(
        "digest: has {} characters and isn't {bytes} bytes in hexadecimal ({}) or base64 ({}, or {} padded){other}",
        digits.len(),
        2 * bytes,
        (4 * bytes).div_ceil(3),
        4 * bytes.div_ceil(3),
    ))
}

/// Hexadecimal of either case; `None` where it isn't that.
pub(super) fn bytes_of_hex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}

fn bytes_of_base64(digits: &str) -> Option<Vec<u8>> {
    let url_safe = digits.contains(['-', '_']);
    let alphabet: &Alphabet = if url_safe { &URL_SAFE } else { &STANDARD };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config).decode(digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(algorithm: Algorithm, text: &str) -> Result<Vec<u8>> {
        read_digest(algorithm, text)
    }

    #[test]
    fn every_spelling_of_a_digest_is_read() {
        let bytes: Vec<u8> = (0..32).map(|n| 255 - n).collect();
        let spellings = [
            "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0",
            "FFFEFDFCFBFAF9F8F7F6F5F4F3F2F1F0EFEEEDECEBEAE9E8E7E6E5E4E3E2E1E0",
            "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=",
            "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA",
            "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA=",
            "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA",
        ];
        for spelling in spellings {
            assert_eq!(read(Algorithm::Sha256, spelling).unwrap(), bytes, "{spelling}");
        }
        assert_eq!(read(Algorithm::Sha512, &"0a".repeat(64)).unwrap(), [10; 64]);
        assert_eq!(read(Algorithm::Sha512, &format!("sha512$${}", "0a".repeat(64))).unwrap(), [10; 64]);
        assert_eq!(read(Algorithm::Sha512, &format!("{}==", "A".repeat(86))).unwrap(), [0; 64]);
    }

    #[test]
    fn what_is_no_digest_is_refused_and_not_repeated() {
        let hex = "ab".repeat(32);
        let wrong = [
            "",
            "ab",
            &hex[1..],
            &format!("{hex}0"),
            &hex.replace('a', "g"),
            &"A".repeat(42),
            &"=".repeat(44),
            &format!("{}B", "A".repeat(42)),
            &format!("+{}-", "A".repeat(41)),
            &"ab".repeat(64),
            &"ab".repeat(20),
            "pbkdf2_sha256$870000$saltsaltsalt$aGFzaGhhc2g=",
            "$2b$12$abcdefghijklmnopqrstuv",
            "argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA",
            "bcrypt_sha256$$2b$12$abc",
            "md5$salt$abcd",
            &format!("sha512$${hex}{hex}"),
        ];
        for text in wrong {
            let error = read(Algorithm::Sha256, text).unwrap_err().to_string();
            assert!(error.starts_with("digest: "), "{error}");
            assert!(text.len() < 8 || !error.contains(&text[..8]), "{error}");
        }
        let error = read(Algorithm::Sha256, &"ab".repeat(64)).unwrap_err().to_string();
        assert!(error.contains("looks like SHA-512"), "{error}");
    }
}
