//! What the digests of other packages are, by the packages' names.

use std::fmt;
use std::str::FromStr;

use super::Scheme;
use super::scheme::{Algorithm, Part};
use crate::error::{Error, Result};

/// A package that keeps digests of API keys, and so the scheme of its digests.
///
/// ```
/// use keycask::Recipe;
///
/// let recipe: Recipe = "laravel-sanctum".parse()?;
/// assert_eq!(recipe.scheme().to_string(), "sha256-after-pipe");
/// # Ok::<(), keycask::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recipe {
    /// `djangorestframework-api-key` 3: SHA-512 of the whole key. Before version 3 it kept password hashes,
    /// which can't be imported.
    DjangoRestFrameworkApiKey,
    /// `django-rest-knox` 5 with its default hash: SHA-512 of the whole token.
    DjangoRestKnox,
    /// `django-rest-knox` 4 with its default hash: SHA-512 of the bytes that the token writes in hexadecimal.
    DjangoRestKnox4,
    /// Laravel Sanctum: SHA-256 of what follows the `|`.
    LaravelSanctum,
    /// Unkey: SHA-256 of the whole key, in base64.
    Unkey,
    /// better-auth's API key plugin: SHA-256 of the whole key, in URL-safe base64.
    BetterAuth,
    /// `prefixed-api-key`: SHA-256 of the long token, which follows the last `_`.
    PrefixedApiKey,
}

impl Recipe {
    /// Every recipe.
    pub const ALL: &'static [Self] = &[
        Self::DjangoRestFrameworkApiKey,
        Self::DjangoRestKnox,
        Self::DjangoRestKnox4,
        Self::LaravelSanctum,
        Self::Unkey,
        Self::BetterAuth,
        Self::PrefixedApiKey,
    ];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DjangoRestFrameworkApiKey => "djangorestframework-api-key",
            Self::DjangoRestKnox => "django-rest-knox",
            Self::DjangoRestKnox4 => "django-rest-knox-4",
            Self::LaravelSanctum => "laravel-sanctum",
            Self::Unkey => "unkey",
            Self::BetterAuth => "better-auth",
            Self::PrefixedApiKey => "prefixed-api-key",
        }
    }

    /// The scheme of its digests.
    #[must_use]
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::DjangoRestFrameworkApiKey | Self::DjangoRestKnox => {
                Scheme::new(Algorithm::Sha512, Part::Whole)
            }
            Self::DjangoRestKnox4 => Scheme::new(Algorithm::Sha512, Part::Unhex),
            Self::LaravelSanctum => Scheme::new(Algorithm::Sha256, Part::AfterPipe),
            Self::Unkey | Self::BetterAuth => Scheme::new(Algorithm::Sha256, Part::Whole),
            Self::PrefixedApiKey => Scheme::new(Algorithm::Sha256, Part::AfterLastUnderscore),
        }
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Recipe {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.iter().find(|recipe| recipe.as_str() == name).copied().ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|recipe| recipe.as_str()).collect();
            Error::invalid(format!("recipe: is none of {}", known.join(", ")))
        })
    }
}
