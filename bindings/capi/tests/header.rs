//! Guards against a header that says something else than the library does.
//!
//! `KEYCASK_WRITE_HEADER=1 cargo test -p keycask-capi --test header` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

#[test]
fn the_header_is_what_cbindgen_makes_of_the_sources() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let version = format!("#define KEYCASK_VERSION \"{}\"", env!("CARGO_PKG_VERSION"));
    let mut made = Vec::new();
    cbindgen::generate_with_config(folder, config).unwrap().write(&mut made);
    let made = String::from_utf8(made).unwrap();
    assert!(made.contains(&version), "cbindgen.toml has another version than Cargo.toml");

    let path = folder.join("../../include/keycask.h");
    if std::env::var_os("KEYCASK_WRITE_HEADER").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = made.lines().zip(committed.lines()).position(|(made, committed)| made != committed);
    assert!(
        made == committed,
        "include/keycask.h differs from line {} on; write it by KEYCASK_WRITE_HEADER=1",
        differs.unwrap_or(0) + 1
    );
}
