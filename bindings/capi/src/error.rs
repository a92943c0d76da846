//! Errors: why a call failed, as an object that its caller owns.

use std::ffi::{CString, c_char};

use keycask_core::ErrorKind;

use crate::guard::access;
use crate::status::{KEYCASK_INVALID_ARGUMENT, KEYCASK_OK, keycask_status};
use crate::text::c_string;

/// Why a call failed. Owned by the caller, to be released by keycask_error_free.
///
/// A call with an `error_out` sets it to NULL unless it fails, and to an error where it does. `error_out`
/// itself may be NULL; the status tells the same kind of failure. No error ever holds a secret.
pub struct keycask_error {
    status: keycask_status,
    message: CString,
}

/// Why a call failed, on its way out: one pointer, since results of it pass through each call that succeeds.
pub(crate) struct Failure(Box<(keycask_status, String)>);

impl Failure {
    #[cold]
    pub(crate) fn new(status: keycask_status, message: impl Into<String>) -> Self {
        Self(Box::new((status, message.into())))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(KEYCASK_INVALID_ARGUMENT, message)
    }

    #[cold]
    pub(crate) fn null(name: &str) -> Self {
        Self::invalid(format!("{name}: is NULL"))
    }

    pub(crate) fn of(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::new(kind.number(), message)
    }

    pub(crate) fn status(&self) -> keycask_status {
        self.0.0
    }
}

impl From<keycask_core::Error> for Failure {
    fn from(error: keycask_core::Error) -> Self {
        Self::of(error.kind(), error.to_string())
    }
}

impl From<Failure> for keycask_error {
    fn from(failure: Failure) -> Self {
        let (status, message) = *failure.0;
        Self { status, message: c_string(&message) }
    }
}

/// The status that the failed call returned; KEYCASK_OK for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_error_status(error: Option<&keycask_error>) -> keycask_status {
    access(KEYCASK_OK, || error.map_or(KEYCASK_OK, |error| error.status))
}

/// What was tried, why it failed and, where that is known, what to do: one line of English without a full
/// stop. Borrowed from the error; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_error_message(error: Option<&keycask_error>) -> *const c_char {
    access(std::ptr::null(), || error.map_or(std::ptr::null(), |error| error.message.as_ptr()))
}

/// Releases an error; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_error_free(error: Option<Box<keycask_error>>) {
    access((), || drop(error));
}
