//! Statuses: what a call that can fail returns.

use std::ffi::{CStr, c_char};

use crate::guard::access;

/// What a call that can fail returns. KEYCASK_OK is the only value that means success, and for
/// keycask_vault_verify the only one that means that the key was accepted.
///
/// 1 and 2 are answers. 10 to 19 the caller can mend, 20 to 29 lie with the machine, the file or its place,
/// and 90 to 99 are defects of keycask. Later versions may add numbers: treat one that you don't know as a
/// failure.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type keycask_status = i32;

/// It was done; of verify: the key is accepted.
pub const KEYCASK_OK: keycask_status = 0;
/// Verify refused the key; the verdict says why.
pub const KEYCASK_REFUSED: keycask_status = 1;
/// There is nothing, or nothing more: the end of a list.
pub const KEYCASK_END: keycask_status = 2;
/// An argument breaks a limit or a form; the message names it.
pub const KEYCASK_INVALID_ARGUMENT: keycask_status = 10;
/// No key, or no notice, has this id.
pub const KEYCASK_NOT_FOUND: keycask_status = 11;
/// The state of the key or the vault doesn't allow the change.
pub const KEYCASK_CONFLICT: keycask_status = 12;
/// The vault was closed.
pub const KEYCASK_CLOSED: keycask_status = 13;
/// Something else in this process opened the vault's file, so that SQLite's locks no longer hold.
pub const KEYCASK_FOREIGN_ACCESS: keycask_status = 14;
/// There is no vault at the path.
pub const KEYCASK_VAULT_MISSING: keycask_status = 20;
/// What the path leads to isn't a vault: a folder, no SQLite file, or another application's.
pub const KEYCASK_NOT_A_VAULT: keycask_status = 21;
/// The vault needs a newer library.
pub const KEYCASK_UNSUPPORTED_VERSION: keycask_status = 22;
/// The vault or its folder can't be written or read by this process.
pub const KEYCASK_READ_ONLY: keycask_status = 23;
/// A place where a write-ahead log can't work: a network file system, or a mounted file.
pub const KEYCASK_UNSUPPORTED_LOCATION: keycask_status = 24;
/// Another writer held the file for longer than the busy timeout. Try again.
pub const KEYCASK_BUSY: keycask_status = 25;
/// The disk is full.
pub const KEYCASK_VAULT_FULL: keycask_status = 26;
/// The content of the file contradicts itself.
pub const KEYCASK_DAMAGED: keycask_status = 27;
/// The operating system failed to read or write.
pub const KEYCASK_IO: keycask_status = 28;
/// The vault's pepper is missing or wrong.
pub const KEYCASK_PEPPER: keycask_status = 29;
/// A defect of keycask.
pub const KEYCASK_INTERNAL: keycask_status = 90;
/// A defect of keycask that ended a call in its middle. Nothing was answered; what was being changed is
/// undone.
pub const KEYCASK_PANIC: keycask_status = 91;

/// The stable name of a status, such as `ok`, `refused`, `vault_missing`; `?` for a number that is none.
/// Never NULL, and never to be released.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_status_name(status: keycask_status) -> *const c_char {
    access(UNKNOWN.as_ptr(), || status_name(status).as_ptr())
}

/// What the name of a number is that has none.
pub(crate) const UNKNOWN: &CStr = c"?";

fn status_name(status: keycask_status) -> &'static CStr {
    match status {
        KEYCASK_OK => c"ok",
        KEYCASK_REFUSED => c"refused",
        KEYCASK_END => c"end",
        KEYCASK_INVALID_ARGUMENT => c"invalid_argument",
        KEYCASK_NOT_FOUND => c"not_found",
        KEYCASK_CONFLICT => c"conflict",
        KEYCASK_CLOSED => c"closed",
        KEYCASK_FOREIGN_ACCESS => c"foreign_access",
        KEYCASK_VAULT_MISSING => c"vault_missing",
        KEYCASK_NOT_A_VAULT => c"not_a_vault",
        KEYCASK_UNSUPPORTED_VERSION => c"unsupported_version",
        KEYCASK_READ_ONLY => c"read_only",
        KEYCASK_UNSUPPORTED_LOCATION => c"unsupported_location",
        KEYCASK_BUSY => c"busy",
        KEYCASK_VAULT_FULL => c"vault_full",
        KEYCASK_DAMAGED => c"damaged",
        KEYCASK_IO => c"io",
        KEYCASK_PEPPER => c"pepper",
        KEYCASK_INTERNAL => c"internal",
        KEYCASK_PANIC => c"panic",
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    //! Guards against a kind of error that C can't tell from another, or calls otherwise than Rust does.

    use keycask_core::ErrorKind;

    use super::*;
    use crate::text::c_string;

    #[test]
    fn every_kind_has_a_status_of_its_name() {
        for kind in ErrorKind::ALL {
            assert_eq!(status_name(kind.number()), c_string(kind.as_str()).as_c_str());
        }
    }
}
