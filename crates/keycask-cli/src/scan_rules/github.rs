//! Custom patterns of GitHub secret scanning, which are entered field by field.
//! Source: docs.github.com, "Defining custom patterns for secret scanning".

use keycask::Prefix;

use super::secret;

/// A body of the right form and, as good as surely, the wrong checksum: nobody's key.
const SAMPLE_BODY: &str = "0000000000000000000000000000000000000000000000000";

pub(super) fn render(prefixes: &[Prefix]) -> String {
    let pattern = |prefix: &Prefix| {
        let secret = secret(prefix);
        format!(
            "Pattern name: API key {prefix}\n\
             Secret format: {secret}\n\
             Before secret: \\A|[^0-9A-Za-z_]\n\
             After secret: \\z|[^0-9A-Za-z_]\n\
             Test string: {prefix}_{SAMPLE_BODY}\n"
        )
    };
    prefixes.iter().map(pattern).collect::<Vec<_>>().join("\n")
}
