//! TruffleHog's custom detectors. Source: its `pkg/custom_detectors/CUSTOM_DETECTORS.md`.

use keycask::Prefix;

use super::grouped;

const HEAD: &str =
    "# Made by `keycask scan-rules trufflehog`: run trufflehog with --config FILE.\ndetectors:\n";

pub(super) fn render(prefixes: &[Prefix]) -> String {
    let detectors = prefixes.iter().map(|prefix| {
        let regex = grouped(prefix);
        format!(
            "  - name: keycask_{prefix}\n    keywords:\n      - {prefix}_\n    regex:\n      token: '{regex}'\n"
        )
    });
    std::iter::once(HEAD.to_owned()).chain(detectors).collect()
}
