//! Scopes: what a key may do, in the words of the API that it opens.

use crate::error::{Error, Result};

/// Scopes that a key may have.
pub(crate) const MAX_SCOPES: usize = 64;
/// Bytes of one scope.
pub(crate) const SCOPE_LEN: usize = 64;

/// The scopes of a key, sorted and without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes(Vec<String>);

impl Scopes {
    pub(crate) fn new(scopes: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut scopes: Vec<String> = scopes.into_iter().collect();
        scopes.iter().try_for_each(|scope| check(scope))?;
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.len() > MAX_SCOPES {
            return Err(Error::invalid(format!("scopes: {} given, at most {MAX_SCOPES} fit", scopes.len())));
        }
        Ok(Self(scopes))
    }

    pub(crate) fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// The stored form: separated by single spaces. Source: RFC 6749, section 3.3.
    pub(crate) fn join(&self) -> String {
        self.0.join(" ")
    }

    pub(crate) fn from_joined(text: &str) -> Self {
        Self(text.split_ascii_whitespace().map(str::to_owned).collect())
    }

    /// Whether one of these scopes covers `wanted`: the same text, or `a:*` for anything that begins with `a:`.
    pub(crate) fn cover(&self, wanted: &str) -> bool {
        self.0.iter().any(|granted| {
            granted == wanted
                || granted.strip_suffix('*').is_some_and(|stem| {
                    stem.ends_with(':') && wanted.len() > stem.len() && wanted.starts_with(stem)
                })
        })
    }
}

/// Refuses what isn't a scope token of RFC 6749, and a `*` anywhere but alone after the last colon.
pub(crate) fn check(scope: &str) -> Result<()> {
    if scope.is_empty() || scope.len() > SCOPE_LEN {
        return Err(Error::invalid(format!("scope: has {} bytes, 1 to {SCOPE_LEN} fit", scope.len())));
    }
    if !scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
        return Err(Error::invalid("scope: use visible ASCII without space, quote and backslash"));
    }
    let stem = scope.strip_suffix(":*").unwrap_or(scope);
    if stem.is_empty() || stem.contains('*') {
        return Err(Error::invalid("scope: a `*` may only stand last, as in `reports:*`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scopes(list: &[&str]) -> Scopes {
        Scopes::new(list.iter().map(|scope| (*scope).to_owned())).unwrap()
    }

    #[test]
    fn a_star_covers_what_stands_below_it_and_nothing_else() {
        let granted = scopes(&["reports:*", "users:read"]);
        for covered in ["reports:read", "reports:read:all", "reports:*", "users:read"] {
            assert!(granted.cover(covered), "{covered}");
        }
        for not_covered in
            ["reports", "reports:", "reportsx:read", "users:write", "users:*", "users:read:all", ""]
        {
            assert!(!granted.cover(not_covered), "{not_covered}");
        }
    }

    #[test]
    fn wrong_scopes_are_refused() {
        for wrong in ["", "a b", "a\"b", "a\\b", "é", "*", ":*", "a*", "*:a", "a:*:b", "a\n", &"s".repeat(65)]
        {
            assert!(check(wrong).is_err(), "{wrong:?}");
        }
        assert!(Scopes::new((0..65).map(|n| format!("scope:{n}"))).is_err());
        assert!(Scopes::new((0..64).map(|n| format!("scope:{n}"))).is_ok());
    }

    proptest! {
        #[test]
        fn the_stored_form_is_read_back(list in prop::collection::vec("[!#-)+-\\[\\]-~]{1,20}", 0..10)) {
            let scopes = Scopes::new(list).unwrap();
            prop_assert_eq!(Scopes::from_joined(&scopes.join()), scopes);
        }
    }
}
