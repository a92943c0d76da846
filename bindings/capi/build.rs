//! Gives the shared library its SONAME, by which programs that were linked with it find it.

use std::os::unix::fs::symlink;
use std::path::Path;

fn main() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libkeycask.so.0");
    println!("cargo::rerun-if-changed=build.rs");
    // Beside the library as well, so that what was linked with the one in `target` runs with it.
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    if let Some(profile) = Path::new(&out).ancestors().nth(3) {
        // It may be there already.
        let _ = symlink("libkeycask.so", profile.join("libkeycask.so.0"));
    }
}
