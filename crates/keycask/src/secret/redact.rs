//! Masking secrets in text that goes to logs, error reports and people.

use std::borrow::Cow;

use super::alphabet::is_body_byte;
use super::prefix::is_prefix;
use super::{BODY_LEN, START_RANDOM_LEN, is_secret};

/// What stands for what was cut off.
const MASK: &str = "…";
/// The longest prefix.
const PREFIX_LEN: usize = 24;

/// Masks every secret of keycask's form in `text`: its prefix and the first 8 random characters stay, `…`
/// stands for the rest.
///
/// Anything that looks like a prefix, a `_` and 49 more characters of a secret is masked, whether its
/// checksum holds or not, with whatever stands beside it without a break. A long identifier such as
/// `a_name_of_more_than_fifty_letters_and_underscores_…` is therefore masked too. Text without anything of
/// that form is returned as it is. Keys of another system that were imported have forms of their own, and
/// aren't recognised.
///
/// ```
/// let secret = "acme_test_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1UK3ll";
/// let line = format!("GET /reports Authorization: Bearer {secret}");
/// assert_eq!(keycask::redact(&line), "GET /reports Authorization: Bearer acme_test_01234567…");
/// assert_eq!(keycask::redact("GET /reports"), "GET /reports");
/// ```
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut copied = 0;
    for (begin, run) in runs(text) {
        let Some(kept) = kept_of(run) else { continue };
        masked.push_str(&text[copied..begin + kept]);
        masked.push_str(MASK);
        copied = begin + run.len();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

/// The stretches of characters that a secret can be made of, with the place where each begins.
fn runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut end = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        let begin = end + bytes[end..].iter().position(|byte| is_body_byte(*byte))?;
        let length = bytes[begin..].iter().position(|byte| !is_body_byte(*byte));
        end = length.map_or(bytes.len(), |length| begin + length);
        Some((begin, &text[begin..end]))
    })
}

/// How much of a stretch may stay, or `None` where no secret can be in it.
///
/// A stretch that is one whole secret keeps its start. In any other, nothing tells where a secret in it
/// begins: it is cut after what could be the start of the first.
fn kept_of(run: &str) -> Option<usize> {
    let last = run.len().checked_sub(BODY_LEN)?;
    if is_secret(run.as_bytes()) {
        return Some(last + START_RANDOM_LEN);
    }
    let first = (1..=last).find(|end| ends_with_prefix(&run[..*end]))?;
    Some(first + START_RANDOM_LEN)
}

/// Whether `head` ends with a prefix and its `_`.
fn ends_with_prefix(head: &str) -> bool {
    head.strip_suffix('_').is_some_and(|head| {
        let from = head.len().saturating_sub(PREFIX_LEN);
        (from..head.len()).any(|begin| is_prefix(&head[begin..]))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secret::{Encoding, Prefix, RANDOM_LEN, generate};

    /// Random characters of a secret in a row that nobody may see.
    const SEEN: usize = START_RANDOM_LEN + 1;

    fn survives(secret: &str, text: &str) -> bool {
        let random = &secret[secret.len() - BODY_LEN..][..RANDOM_LEN];
        (0..=RANDOM_LEN - SEEN).any(|from| text.contains(&random[from..from + SEEN]))
    }

    proptest! {
        #[test]
        fn no_secret_survives_in_any_text(
            before in "(\\PC|[a-z0-9_]|[A-Za-z0-9_-]{0,3}){0,40}",
            after in "(\\PC|[a-z0-9_]|[A-Za-z0-9_-]{0,3}){0,40}",
            name in "[a-z][a-z0-9]{1,8}(_[a-z0-9]{1,7}){0,1}",
            base64url in any::<bool>(),
            twice in any::<bool>(),
            typo in any::<bool>(),
        ) {
            let encoding = if base64url { Encoding::Base64Url } else { Encoding::Base62 };
            let secret = generate(&Prefix::new(&name).unwrap(), encoding).unwrap();
            let mut shown = secret.expose().to_owned();
            if typo {
                shown.replace_range(shown.len() - 1.., "-");
            }
            let middle = if twice { format!("{shown}{shown}") } else { shown };
            let text = format!("{before}{middle}{after}");
            let redacted = redact(&text);
            prop_assert!(!survives(secret.expose(), &redacted), "{redacted}");
            prop_assert_eq!(redact(&redacted), redacted.clone());
        }

        #[test]
        fn a_secret_between_breaks_keeps_its_start_and_the_text_around_it(
            before in "[^A-Za-z0-9_-]{0,20}",
            after in "[^A-Za-z0-9_-]{0,20}",
            base64url in any::<bool>(),
        ) {
            let encoding = if base64url { Encoding::Base64Url } else { Encoding::Base62 };
            let secret = generate(&Prefix::new("acme_live").unwrap(), encoding).unwrap();
            let text = format!("{before}{}{after}", secret.expose());
            prop_assert_eq!(redact(&text), format!("{before}{}{MASK}{after}", secret.start()));
        }

        #[test]
        fn text_without_the_form_of_a_secret_is_unchanged(
            text in "(\\PC|[a-zA-Z0-9_-]{1,51}[^a-zA-Z0-9_-]|[A-Z-]{1,80} ){0,20}",
        ) {
            prop_assume!(runs(&text).all(|(_, run)| run.len() < 52 || !run.contains('_')));
            prop_assert!(matches!(redact(&text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn the_form_counts_and_not_the_checksum() {
        let body = "x".repeat(BODY_LEN);
        assert_eq!(redact(&format!("acme_{body}")), "acme_xxxxxxxx…");
        assert_eq!(redact(&format!("key=acme_live_{body},")), "key=acme_live_xxx…,");
        assert_eq!(redact(&format!("acme_{}", &body[1..])), format!("acme_{}", &body[1..]));
        assert_eq!(redact(&format!("A_{body}")), format!("A_{body}"));
        assert_eq!(redact(""), "");
    }
}
