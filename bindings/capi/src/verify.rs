//! Verify: the question that every request of an API asks, and its answer.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::ptr::null;

use keycask_core::{Key, Outcome, Reason, Refusal, Request, Verdict};

use crate::error::{Failure, keycask_error};
use crate::guard::{access, clear, guard};
use crate::input::{
    KEYCASK_TIME_NONE, Versioned, address, optional_text, optional_time, optional_time_ms, presented, texts,
    versioned,
};
use crate::key::{keycask_key, keycask_key_id, keycask_key_replaced_by};
use crate::status::{KEYCASK_END, KEYCASK_OK, KEYCASK_REFUSED, keycask_status};
use crate::text::c_string;
use crate::vault::{Handle, vault};
use crate::words::outcome_number;

/// What the caller of verify demands, and what it knows of the client. Begin with KEYCASK_REQUEST_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_request {
    /// sizeof(keycask_request), as KEYCASK_REQUEST_INIT sets it.
    pub struct_size: usize,
    /// The scopes that the key must have, all of them.
    pub scopes: *const *const c_char,
    /// How many scopes there are.
    pub scopes_len: usize,
    /// The prefix that the key must have, so that a test key never enters production; NULL for any.
    pub prefix: *const c_char,
    /// The client's address, for the uses log, such as `192.0.2.7`; NULL where unknown.
    pub client_ip: *const c_char,
    /// The id of the client's request, for the uses log, at most 128 bytes; NULL for none.
    pub request_id: *const c_char,
    /// As of when to judge, in milliseconds since 1970 UTC: for tests. 0 for now, by the vault's clock.
    pub now_ms: i64,
    /// Not 0 for a look at a key that is no use of it: nothing is recorded.
    pub no_event: i32,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_request {
    const NAME: &str = "keycask_request";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// What verify found. Owned by the caller, to be released by keycask_verdict_free.
pub struct keycask_verdict(Found);

enum Found {
    Valid(keycask_key),
    Refused(Box<Refused>),
}

struct Refused {
    reason: Reason,
    key_id: Option<CString>,
    missing_scope: Option<CString>,
}

impl Refused {
    fn of(refusal: &Refusal) -> Self {
        Self {
            reason: refusal.reason(),
            key_id: refusal.key_id().map(|id| c_string(&id.to_string())),
            missing_scope: refusal.missing_scope().map(c_string),
        }
    }
}

/// Judges a presented secret: KEYCASK_OK where it is accepted, KEYCASK_REFUSED where it is not, and
/// anything else where the vault could not say. Then let no one in, and answer 503 rather than 401.
///
/// `presented` are `presented_len` bytes as the client sent them, without NUL; what isn't a secret at all,
/// however long, is refused as malformed. `request` may be NULL: it demands nothing then. The verdict is
/// set for KEYCASK_OK and KEYCASK_REFUSED, and the caller's; `verdict_out` may be NULL where the status is
/// enough.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_verify(
    vault: Handle<'_>,
    presented: *const c_char,
    presented_len: usize,
    request: *const keycask_request,
    verdict_out: Option<&mut MaybeUninit<*mut keycask_verdict>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let out = clear(verdict_out);
        let give = |found| {
            if let Some(out) = out {
                *out = Box::into_raw(Box::new(keycask_verdict(found)));
            }
        };
        // SAFETY: pointers of the caller's, as the header says.
        match unsafe { verify(self::vault(vault)?, presented, presented_len, request) }? {
            Verdict::Valid(key) => {
                give(Found::Valid(keycask_key::of(key)));
                Ok(KEYCASK_OK)
            }
            Verdict::Refused(refusal) => {
                give(Found::Refused(Box::new(Refused::of(&refusal))));
                Ok(KEYCASK_REFUSED)
            }
        }
    })
}

/// # Safety
///
/// As for [`presented`] and [`versioned`], and everything that the request points to as its type says.
#[inline]
unsafe fn verify(
    vault: &keycask_core::Vault,
    given: *const c_char,
    len: usize,
    request: *const keycask_request,
) -> Result<Verdict, Failure> {
    // SAFETY: the caller's.
    let (given, presented) = unsafe { (versioned(request)?, presented(given, len)?) };
    // SAFETY: the caller's.
    let request = unsafe { self::request(&given) }?;
    Ok(match optional_time(given.now_ms, "now_ms")? {
        None => vault.verify(presented, &request)?,
        Some(now) => vault.verify_at(presented, &request, now)?,
    })
}

/// # Safety
///
/// As for [`texts`] and [`optional_text`].
#[inline]
unsafe fn request<'a>(given: &keycask_request) -> Result<Request<'a>, Failure> {
    let mut request = Request::new();
    // SAFETY: the caller's.
    unsafe {
        for scope in texts(given.scopes, given.scopes_len, "scopes")? {
            request.extend([scope?]);
        }
        if let Some(prefix) = optional_text(given.prefix, "prefix")? {
            request = request.prefix(prefix);
        }
        if let Some(address) = address(given.client_ip)? {
            request = request.client_ip(address);
        }
        if let Some(id) = optional_text(given.request_id, "request_id")? {
            request = request.request_id(id);
        }
    }
    Ok(if given.no_event == 0 { request } else { request.no_event() })
}

/// The key that a secret belongs to, whatever its state: KEYCASK_OK with the key, which is the caller's, or
/// KEYCASK_END with NULL where the secret is malformed or no key's. It is no use of the key, and no answer to
/// whether it may be served.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_identify(
    vault: Handle<'_>,
    presented: *const c_char,
    presented_len: usize,
    key_out: Option<&mut MaybeUninit<*mut keycask_key>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let out = clear(key_out).ok_or_else(|| Failure::null("key_out"))?;
        // SAFETY: bytes of the caller's, as the header says.
        let presented = unsafe { self::presented(presented, presented_len) }?;
        let Some(key) = self::vault(vault)?.identify(presented)? else { return Ok(KEYCASK_END) };
        *out = Box::into_raw(Box::new(keycask_key::of(key)));
        Ok(KEYCASK_OK)
    })
}

/// What verify found: KEYCASK_OUTCOME_VALID, which is 0, or why it refused. -1 for NULL. Tell the client
/// one thing only: invalid; the reason and the key's id are for your logs.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_verdict_reason(verdict: Option<&keycask_verdict>) -> i32 {
    access(-1, || outcome(verdict).map_or(-1, outcome_number))
}

/// The id of the key that the secret belongs to, refused or not; NULL where it is no key's. Borrowed.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_verdict_key_id(verdict: Option<&keycask_verdict>) -> *const c_char {
    access(null(), || match refused(verdict) {
        Some(refused) => borrowed(refused.key_id.as_ref()),
        None => keycask_key_id(key_of(verdict)),
    })
}

/// The key to serve, borrowed from the verdict; NULL where it was refused.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_verdict_key(verdict: Option<&keycask_verdict>) -> *const keycask_key {
    access(null(), || key_of(verdict).map_or(null(), std::ptr::from_ref))
}

/// Until when an accepted key that has a successor is accepted beside it, in milliseconds since 1970 UTC;
/// KEYCASK_TIME_NONE where it has none or was refused.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_verdict_grace_until_ms(verdict: Option<&keycask_verdict>) -> i64 {
    access(KEYCASK_TIME_NONE, || {
        optional_time_ms(key_of(verdict).map(keycask_key::key).and_then(Key::grace_until))
    })
}

/// The id of an accepted key's successor, to which its client should move; NULL where it has none or was
/// refused. Borrowed.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_verdict_successor(verdict: Option<&keycask_verdict>) -> *const c_char {
    access(null(), || keycask_key_replaced_by(key_of(verdict)))
}

/// The first demanded scope that the key lacks, where that is the reason; else NULL. Borrowed.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_verdict_missing_scope(verdict: Option<&keycask_verdict>) -> *const c_char {
    access(null(), || borrowed(refused(verdict).and_then(|refused| refused.missing_scope.as_ref())))
}

/// The HTTP status to answer with: 200, 401, 403 or 429; 503 for NULL, which is no answer of the vault's.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_verdict_http_status(verdict: Option<&keycask_verdict>) -> i32 {
    access(503, || match outcome(verdict) {
        None => 503,
        Some(Outcome::Valid) => 200,
        Some(Outcome::Refused(reason)) => reason.http_status().into(),
    })
}

/// Releases a verdict and the key in it; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_verdict_free(verdict: Option<Box<keycask_verdict>>) {
    access((), || drop(verdict));
}

fn outcome(verdict: Option<&keycask_verdict>) -> Option<Outcome> {
    Some(match &verdict?.0 {
        Found::Valid(_) => Outcome::Valid,
        Found::Refused(refused) => Outcome::Refused(refused.reason),
    })
}

fn key_of(verdict: Option<&keycask_verdict>) -> Option<&keycask_key> {
    match &verdict?.0 {
        Found::Valid(key) => Some(key),
        Found::Refused(_) => None,
    }
}

fn refused(verdict: Option<&keycask_verdict>) -> Option<&Refused> {
    match &verdict?.0 {
        Found::Valid(_) => None,
        Found::Refused(refused) => Some(refused),
    }
}

fn borrowed(text: Option<&CString>) -> *const c_char {
    text.map_or(null(), |text| text.as_ptr())
}
