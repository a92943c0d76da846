//! Drawing a secret from the operating system's CSPRNG.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::alphabet::{checksum, digit_from_random};
use super::{BODY_LEN, Encoding, Prefix, RANDOM_LEN, Secret};
use crate::error::{Error, ErrorKind, Result};

/// Draws a new secret. Every random byte comes from getrandom(2) at this call: nothing is buffered, so a
/// fork can't make two processes draw the same.
pub(crate) fn generate(prefix: &Prefix, encoding: Encoding) -> Result<Secret> {
    // The capacity is exact: growing would leave an unwiped copy behind.
    let mut text = Zeroizing::new(String::with_capacity(prefix.as_str().len() + 1 + BODY_LEN));
    text.push_str(prefix.as_str());
    text.push('_');
    match encoding {
        Encoding::Base62 => push_base62(&mut text)?,
        Encoding::Base64Url => push_base64url(&mut text)?,
    }
    let check = checksum(text.as_bytes());
    text.extend(check.map(char::from));
    Ok(Secret { text })
}

fn push_base62(text: &mut String) -> Result<()> {
    let end = text.len() + RANDOM_LEN;
    let mut bytes = Zeroizing::new([0; 64]);
    while text.len() < end {
        fill(&mut bytes[..])?;
        let wanted = end - text.len();
        text.extend(bytes.iter().copied().filter_map(digit_from_random).take(wanted).map(char::from));
    }
    Ok(())
}

fn push_base64url(text: &mut String) -> Result<()> {
    let mut bytes = Zeroizing::new([0; 32]);
    fill(&mut bytes[..])?;
    let mut encoded = Zeroizing::new([0; RANDOM_LEN]);
    let written = URL_SAFE_NO_PAD
        .encode_slice(&bytes[..], &mut encoded[..])
        .map_err(|_| Error::new(ErrorKind::Internal, "write a secret: its encoding has another length"))?;
    text.extend(encoded[..written].iter().copied().map(char::from));
    Ok(())
}

/// Fills `bytes` from the operating system's CSPRNG.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::new(ErrorKind::Io, format!("draw random bytes from the system: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::is_secret;

    /// A secret whose random characters aren't uniform has fewer bits than promised.
    #[test]
    fn a_million_secrets_are_distinct_and_uniform_at_each_position() {
        const SECRETS: u32 = 1_000_000;
        // Chi-squared with 61 degrees of freedom exceeds this with p < 1e-6 (scipy.stats.chi2.isf(1e-6, 61)).
        const LIMIT: f64 = 123.976;
        let prefix = Prefix::new("acme_live").unwrap();
        let mut counts = vec![[0_u32; 128]; RANDOM_LEN];
        let mut seen = std::collections::HashSet::with_capacity(SECRETS as usize);
        for _ in 0..SECRETS {
            let secret = generate(&prefix, Encoding::Base62).unwrap();
            let random = &secret.expose().as_bytes()[10..10 + RANDOM_LEN];
            for (position, byte) in random.iter().enumerate() {
                counts[position][usize::from(*byte)] += 1;
            }
            assert!(seen.insert(*secret.digest().as_bytes()), "a secret was drawn twice");
        }
        let expected = f64::from(SECRETS) / 62.0;
        for (position, counts) in counts.iter().enumerate() {
            let chi_squared: f64 = super::super::alphabet::BASE62
                .iter()
                .map(|digit| (f64::from(counts[usize::from(*digit)]) - expected).powi(2) / expected)
                .sum();
            assert!(chi_squared < LIMIT, "position {position}: chi-squared {chi_squared}");
        }
    }

    #[test]
    fn both_encodings_parse_and_keep_their_length() {
        for encoding in [Encoding::Base62, Encoding::Base64Url] {
            for name in ["ab", "acme_live", "a234567890_bcdefghijklmn"] {
                let prefix = Prefix::new(name).unwrap();
                let secret = generate(&prefix, encoding).unwrap();
                assert_eq!(secret.expose().len(), name.len() + 1 + BODY_LEN);
                assert_eq!(secret.text.capacity(), secret.text.len());
                assert!(is_secret(secret.expose().as_bytes()));
                assert_eq!(secret.start().len(), name.len() + 9);
                assert_eq!(format!("{secret:?}"), format!("Secret({}…)", secret.start()));
            }
        }
    }
}
