//! The version, masking secrets in text, and wiping memory.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;

use zeroize::Zeroize;

use crate::error::{Failure, keycask_error};
use crate::guard::{access, make};
use crate::input::array;
use crate::status::keycask_status;
use crate::text::keycask_text;

/// The version of the library that runs, such as `0.1.0`; never NULL, and never to be released.
/// KEYCASK_VERSION is that of the header that the program was compiled with.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_version() -> *const c_char {
    access(c"?".as_ptr(), || concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast())
}

/// Masks every secret of keycask's form in `text_len` bytes of UTF-8, as for a log: its prefix and the
/// first 8 random characters stay. The masked text goes to the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_redact(
    text: *const c_char,
    text_len: usize,
    redacted_out: Option<&mut MaybeUninit<*mut keycask_text>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(redacted_out, "redacted_out", error_out, || {
        // SAFETY: bytes of the caller's, as the header says.
        let bytes = unsafe { array(text.cast::<u8>(), text_len, "text") }?;
        let text = std::str::from_utf8(bytes).map_err(|_| Failure::invalid("text: is not UTF-8"))?;
        Ok(keycask_text::of(&keycask_core::redact(text)))
    })
}

/// Overwrites `len` bytes with zeros, such that no compiler leaves it out; nothing for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_wipe(data: *mut c_void, len: usize) {
    access((), || {
        if data.is_null() || isize::try_from(len).is_err() {
            return;
        }
        // SAFETY: memory of the caller's, as the header says, of a possible length.
        unsafe { std::slice::from_raw_parts_mut(data.cast::<MaybeUninit<u8>>(), len) }.zeroize();
    });
}
