//! The pages: what stands behind the types.
//!
//! - [`key_format`]: what a secret looks like, how to recognise one, and what is stored of it.
//! - [`file_format`]: the vault's file, both logs byte by byte, and what verifying them proves.
//! - [`audit`]: keeping, proving, pruning, exporting and erasing the logs.
//! - [`import`]: moving in from another system, whose clients go on with their keys.
//! - [`operations`]: where the file lives, backups, upgrades, what checks find, a drill.
//! - [`notices`]: what people should hear, and how it reaches them.
//! - [`performance`]: what a verify and a change cost, beside the bare work.
//! - [`reliability`]: what is left after a kill, a power cut or a failing disk, and how that is tested.
//! - [`rotation`]: the life of a key, and what clients see while it is rotated.
//! - [`threat_model`]: who attacks, what they get, and where the promises end.
//! - [`why_sha256`]: why a fast hash without a salt is right for these secrets.

/// A page from `docs/`, with the labels of the other pages as links.
///
/// In the repository each page defines the labels as file names; here the definitions that come first win.
macro_rules! page {
    ($name:ident, $file:literal) => {
        #[doc = "[key-format.md]: crate::docs::key_format"]
        #[doc = "[file-format.md]: crate::docs::file_format"]
        #[doc = "[audit.md]: crate::docs::audit"]
        #[doc = "[notices.md]: crate::docs::notices"]
        #[doc = "[import.md]: crate::docs::import"]
        #[doc = "[performance.md]: crate::docs::performance"]
        #[doc = "[reliability.md]: crate::docs::reliability"]
        #[doc = "[rotation.md]: crate::docs::rotation"]
        #[doc = "[threat-model.md]: crate::docs::threat_model"]
        #[doc = "[why-sha256.md]: crate::docs::why_sha256"]
        #[doc = ""]
        #[doc = include_str!(concat!("../docs/", $file))]
        pub mod $name {}
    };
}

page!(key_format, "key-format.md");
page!(file_format, "file-format.md");
page!(audit, "audit.md");
page!(import, "import.md");
page!(operations, "operations.md");
page!(notices, "notices.md");
page!(performance, "performance.md");
page!(reliability, "reliability.md");
page!(rotation, "rotation.md");
page!(threat_model, "threat-model.md");
page!(why_sha256, "why-sha256.md");

/// The examples of the README, compiled with those of the pages.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}
