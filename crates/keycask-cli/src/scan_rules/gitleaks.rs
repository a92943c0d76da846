//! Gitleaks, and Betterleaks, which reads the same file but refuses `secretGroup` and `entropy`.
//! Source: the README of Gitleaks, "Configuration".

use keycask::Prefix;

use super::grouped;

const HEAD: &str = r#"# Made by `keycask scan-rules gitleaks`: save it as .gitleaks.toml, or copy the rules into yours.
title = "keycask"

[extend]
useDefault = true
"#;

pub(super) fn render(prefixes: &[Prefix]) -> String {
    let rules = prefixes.iter().map(|prefix| {
        let (id, regex) = (prefix.as_str().replace('_', "-"), grouped(prefix));
        format!(
            r#"
[[rules]]
id = "keycask-{id}"
description = "API key that begins with {prefix}_"
regex = '''{regex}'''
keywords = ["{prefix}_"]
"#
        )
    });
    std::iter::once(HEAD.to_owned()).chain(rules).collect()
}
