//! The policy, with the names of the command's arguments.

use std::time::Duration;

use keycask::{Policy, Prefix};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::time::span;
use crate::output::{Output, fields};

/// What the vault allows; durations in whole seconds.
#[derive(Serialize)]
pub(crate) struct PolicyView<'a> {
    /// Empty where any is allowed.
    prefixes: Vec<&'a str>,
    default_grace: u64,
    min_grace: u64,
    max_grace: u64,
    max_lifetime: Option<u64>,
    max_living_keys: Option<u32>,
    use_mode: &'static str,
    acknowledgement: &'static str,
    retain_uses: u64,
    retain_uses_bytes: u64,
    notice_ahead: u64,
}

impl<'a> PolicyView<'a> {
    pub(crate) fn of(policy: &'a Policy) -> Self {
        Self {
            prefixes: policy.prefixes.iter().map(Prefix::as_str).collect(),
            default_grace: policy.default_grace.as_secs(),
            min_grace: policy.min_grace.as_secs(),
            max_grace: policy.max_grace.as_secs(),
            max_lifetime: policy.max_lifetime.as_ref().map(Duration::as_secs),
            max_living_keys: policy.max_living_keys,
            use_mode: policy.use_mode.as_str(),
            acknowledgement: policy.use_acknowledgement.as_str(),
            retain_uses: policy.retain_uses.as_secs(),
            retain_uses_bytes: policy.retain_uses_bytes,
            notice_ahead: policy.notice_ahead.as_secs(),
        }
    }

    /// Prints every rule, for people.
    pub(crate) fn print(&self, output: &mut Output) -> Result<(), Failure> {
        let limit = |limit: Option<String>| Some(limit.unwrap_or_else(|| "none".to_owned()));
        let prefixes = Some(self.prefixes.join(" ")).filter(|prefixes| !prefixes.is_empty());
        fields(
            &[
                ("prefixes", prefixes.or_else(|| Some("any".to_owned()))),
                ("default_grace", Some(span(self.default_grace))),
                ("min_grace", Some(span(self.min_grace))),
                ("max_grace", Some(span(self.max_grace))),
                ("max_lifetime", limit(self.max_lifetime.map(span))),
                ("max_living_keys", limit(self.max_living_keys.map(|keys| keys.to_string()))),
                ("use_mode", Some(self.use_mode.to_owned())),
                ("acknowledgement", Some(self.acknowledgement.to_owned())),
                ("retain_uses", Some(span(self.retain_uses))),
                ("retain_uses_bytes", Some(bytes(self.retain_uses_bytes))),
                ("notice_ahead", Some(span(self.notice_ahead))),
            ],
            output,
        )
    }
}

/// A size in the largest unit that leaves it whole.
fn bytes(bytes: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let whole = units.into_iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{bytes}B"), |(unit, name)| format!("{}{name}", bytes / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact() {
        for (size, text) in
            [(0, "0B"), (1023, "1023B"), (1 << 30, "1GiB"), (1536, "1536B"), (3 << 19, "1536KiB")]
        {
            assert_eq!(bytes(size), text);
        }
    }
}
