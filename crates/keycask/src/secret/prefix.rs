//! The prefix: whose key it is, of what kind, for which environment.

use std::fmt;

use crate::error::{Error, Result};

/// A prefix such as `acme_live`: `[a-z][a-z0-9]*(_[a-z0-9]+)*`, 2 to 24 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(String);

impl Prefix {
    /// Checks the form.
    pub fn new(text: &str) -> Result<Self> {
        if is_prefix(text) {
            return Ok(Self(text.to_owned()));
        }
        // The text is not repeated: it may be a secret that was put in the wrong place.
        Err(Error::invalid(
            "prefix: write 2 to 24 characters of a-z, 0-9 and single underscores between them, a letter first",
        ))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The vendor whose keys begin with this prefix: scanners would report a leak of yours as theirs.
    #[must_use]
    pub fn vendor(&self) -> Option<&'static str> {
        VENDORS.iter().find(|(known, _)| *known == self.0).map(|(_, vendor)| *vendor)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn is_prefix(text: &str) -> bool {
    (2..=24).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('_').all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// Prefixes of the rule sets of GitHub secret scanning and Gitleaks that have our form.
const VENDORS: &[(&str, &str)] = &[
    ("sk_live", "Stripe"),
    ("sk_test", "Stripe"),
    ("pk_live", "Stripe"),
    ("pk_test", "Stripe"),
    ("rk_live", "Stripe"),
    ("rk_test", "Stripe"),
    ("sk", "OpenAI and others"),
    ("ghp", "GitHub"),
    ("gho", "GitHub"),
    ("ghu", "GitHub"),
    ("ghs", "GitHub"),
    ("ghr", "GitHub"),
    ("github_pat", "GitHub"),
    ("glpat", "GitLab"),
    ("npm", "npm"),
    ("pypi", "PyPI"),
    ("rubygems", "RubyGems"),
    ("dop_v1", "DigitalOcean"),
    ("doo_v1", "DigitalOcean"),
    ("dor_v1", "DigitalOcean"),
    ("shpat", "Shopify"),
    ("shpca", "Shopify"),
    ("shppa", "Shopify"),
    ("shpss", "Shopify"),
    ("hf", "Hugging Face"),
    ("lin_api", "Linear"),
    ("dckr_pat", "Docker"),
    ("sq0atp", "Square"),
    ("xoxb", "Slack"),
    ("xoxp", "Slack"),
    ("pscale_tkn", "PlanetScale"),
    ("pscale_pw", "PlanetScale"),
    ("rdme", "ReadMe"),
    ("tfp", "Typeform"),
    ("figd", "Figma"),
    ("gsk", "Groq"),
    ("whsec", "Stripe"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_exact() {
        for good in ["ab", "a1", "acme_live", "a_1", "abcdefghijklmnopqrstuvwx"] {
            assert!(is_prefix(good), "{good}");
        }
        for bad in
            ["", "a", "1a", "Acme", "acme_", "_acme", "a__b", "acme-live", "é1", "abcdefghijklmnopqrstuvwxy"]
        {
            assert!(!is_prefix(bad), "{bad}");
        }
    }

    #[test]
    fn other_vendors_are_known() {
        assert_eq!(Prefix::new("sk_live").unwrap().vendor(), Some("Stripe"));
        assert!(Prefix::new("acme_live").unwrap().vendor().is_none());
        assert!(VENDORS.iter().all(|(prefix, _)| is_prefix(prefix)));
    }
}
