//! The file of a vault with bytes that somebody changed; see `image.rs`.

#![no_main]

mod image;

libfuzzer_sys::fuzz_target!(|edits: &[u8]| image::run(0, edits));
