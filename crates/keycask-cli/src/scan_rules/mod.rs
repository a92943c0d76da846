//! Rules for secret scanners, one generated file a tool.
//!
//! Go's RE2 and GitHub's Hyperscan know no lookaround, so a secret's ends are told by `\b`, or by the
//! tool's own fields. A secret ends in its checksum, six letters or digits, so `\b` fits behind it; its
//! prefix begins with a letter. The checksum's value no regular expression can check.

mod github;
mod gitleaks;
mod trufflehog;

use keycask::Prefix;

use crate::args::ScanFormat;

/// The rules for these prefixes in a scanner's own form.
pub(crate) fn render(format: ScanFormat, prefixes: &[Prefix]) -> String {
    match format {
        ScanFormat::Gitleaks => gitleaks::render(prefixes),
        ScanFormat::Trufflehog => trufflehog::render(prefixes),
        ScanFormat::Github => github::render(prefixes),
        ScanFormat::Regex => lines(prefixes),
    }
}

fn lines(prefixes: &[Prefix]) -> String {
    let lines: Vec<_> = prefixes.iter().map(bounded).collect();
    lines.join("\n") + "\n"
}

/// The secret alone, in either encoding. A prefix has no character that means something in a pattern.
fn secret(prefix: &Prefix) -> String {
    format!("{prefix}_[0-9A-Za-z_-]{{43}}[0-9A-Za-z]{{6}}")
}

/// The secret where it is not part of a longer word.
fn bounded(prefix: &Prefix) -> String {
    format!(r"\b{}\b", secret(prefix))
}

/// The same, the secret itself in a group, as tools want it that report the first group.
fn grouped(prefix: &Prefix) -> String {
    format!(r"\b({})\b", secret(prefix))
}
