//! Issuing keys, and the one moment at which a secret can be had.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

use keycask_core::{Issued, NewKey, Prefix};

use crate::actor::{at, keycask_actor, who};
use crate::error::{Failure, keycask_error};
use crate::guard::{access, clear, guard, make};
use crate::input::{
    Versioned, array, optional_duration, optional_text, optional_time, required, text, texts,
};
use crate::key::keycask_key;
use crate::status::{KEYCASK_CONFLICT, KEYCASK_END, KEYCASK_OK, keycask_status};
use crate::text::keycask_text;
use crate::vault::{Handle, vault};
use crate::words::ENCODINGS;

/// Bytes that the longest secret takes with its NUL: the size of a buffer that fits every one.
pub const KEYCASK_SECRET_SIZE: usize = 75;

/// A request for a new key. Begin with KEYCASK_NEW_KEY_INIT and set `prefix`; what stays 0 or NULL isn't
/// given.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_new_key {
    /// sizeof(keycask_new_key), as KEYCASK_NEW_KEY_INIT sets it.
    pub struct_size: usize,
    /// What its secret begins with, such as `acme_live`: `[a-z][a-z0-9]*(_[a-z0-9]+)*`, 2 to 24 characters.
    pub prefix: *const c_char,
    /// The account that it belongs to, in your own words: at most 256 bytes.
    pub owner: *const c_char,
    /// What its owner calls it: at most 256 bytes.
    pub name: *const c_char,
    /// Its scopes: at most 64 of at most 64 bytes.
    pub scopes: *const *const c_char,
    /// How many scopes there are.
    pub scopes_len: usize,
    /// A JSON object of your own, as text: at most 4 KiB.
    pub metadata: *const c_char,
    /// Where notices about the key go.
    pub notify_email: *const c_char,
    /// The first moment at which it is accepted, in milliseconds since 1970 UTC.
    pub not_before_ms: i64,
    /// The first moment at which it is no longer accepted, in milliseconds since 1970 UTC.
    pub expires_at_ms: i64,
    /// Or how long after its creation that is, in milliseconds.
    pub expires_in_ms: i64,
    /// How long after its creation it should be rotated, in milliseconds: whole seconds.
    pub rotate_after_ms: i64,
    /// Makes the request idempotent, for this owner: a repeat with the same id gets the same key, without its
    /// secret. At most 128 bytes.
    pub request_id: *const c_char,
    /// How the random part is written: KEYCASK_ENCODING_BASE62, which is 0, or KEYCASK_ENCODING_BASE64URL.
    pub encoding: i32,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_new_key {
    const NAME: &str = "keycask_new_key";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// A key that was just issued, with the only copy of its secret. Owned by the caller, to be released by
/// keycask_issued_free, which wipes the secret.
pub struct keycask_issued {
    issued: Issued,
    key: keycask_key,
}

impl From<Issued> for keycask_issued {
    fn from(issued: Issued) -> Self {
        Self { key: keycask_key::of(issued.key().clone()), issued }
    }
}

/// # Safety
///
/// As for [`required`], and everything it points to as its type says.
unsafe fn new_key(given: *const keycask_new_key) -> Result<NewKey, Failure> {
    // SAFETY: the caller's.
    let (given, mut key) = unsafe {
        let given = required(given, "key")?;
        (given, texts_of(&given)?)
    };
    if let Some(time) = optional_time(given.not_before_ms, "not_before_ms")? {
        key = key.not_before(time);
    }
    let at = optional_time(given.expires_at_ms, "expires_at_ms")?;
    let after = optional_duration(given.expires_in_ms, "expires_in_ms")?;
    key = match (at, after) {
        (Some(_), Some(_)) => {
            return Err(Failure::invalid("expires_in_ms: expires_at_ms is given too; give one"));
        }
        (Some(time), None) => key.expires_at(time),
        (None, Some(duration)) => key.expires_in(duration),
        (None, None) => key,
    };
    if let Some(interval) = optional_duration(given.rotate_after_ms, "rotate_after_ms")? {
        key = key.rotate_after(interval);
    }
    Ok(key.encoding(ENCODINGS.word(given.encoding)?))
}

/// # Safety
///
/// Everything that `given` points to is as its type says.
unsafe fn texts_of(given: &keycask_new_key) -> Result<NewKey, Failure> {
    // SAFETY: the caller's.
    unsafe {
        let mut key = NewKey::new(text(given.prefix, "prefix")?);
        for scope in texts(given.scopes, given.scopes_len, "scopes")? {
            key = key.scope(scope?);
        }
        if let Some(owner) = optional_text(given.owner, "owner")? {
            key = key.owner(owner);
        }
        if let Some(name) = optional_text(given.name, "name")? {
            key = key.name(name);
        }
        if let Some(json) = optional_text(given.metadata, "metadata")? {
            key = key.metadata(json);
        }
        if let Some(address) = optional_text(given.notify_email, "notify_email")? {
            key = key.notify_email(address);
        }
        if let Some(id) = optional_text(given.request_id, "request_id")? {
            key = key.request_id(id);
        }
        Ok(key)
    }
}

/// Issues a key. Its secret is in `issued_out` and nowhere else; the object is the caller's.
///
/// Fails with KEYCASK_INVALID_ARGUMENT for a field over its limit or against the policy, KEYCASK_CONFLICT
/// where the owner has as many living keys as the policy allows, or the request id was used for another
/// request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_create_key(
    vault: Handle<'_>,
    key: *const keycask_new_key,
    actor: *const keycask_actor,
    issued_out: Option<&mut MaybeUninit<*mut keycask_issued>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(issued_out, "issued_out", error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (key, who) = unsafe { (new_key(key)?, who(actor)?) };
        let issued = at!(who.now, vault.create_key | create_key_at(key, &who.actor))?;
        Ok(issued.into())
    })
}

/// Issues many keys, at most 100,000, in one transaction: all of them or none.
///
/// `keys` are `keys_len` pointers to requests, and `issued_out` has room for as many pointers. Each is set
/// to an object of the caller's, in the order of the requests; to NULL where the call fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_create_keys(
    vault: Handle<'_>,
    keys: *const *const keycask_new_key,
    keys_len: usize,
    actor: *const keycask_actor,
    issued_out: *mut *mut keycask_issued,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        // SAFETY: an array of the caller's, as the header says; the type of its entries can be uninitialised.
        let out = unsafe { slots(issued_out, keys_len) }?;
        out.fill(MaybeUninit::new(null_mut()));
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (keys, who) = unsafe { (array(keys, keys_len, "keys")?, who(actor)?) };
        // SAFETY: each entry is the caller's, too.
        let keys = keys.iter().map(|key| unsafe { new_key(*key) }).collect::<Result<Vec<_>, _>>()?;
        let issued = at!(who.now, vault.create_keys | create_keys_at(keys, &who.actor))?;
        for (slot, issued) in out.iter_mut().zip(issued) {
            slot.write(Box::into_raw(Box::new(issued.into())));
        }
        Ok(KEYCASK_OK)
    })
}

/// # Safety
///
/// `given` is NULL or has room for `len` pointers.
unsafe fn slots<'a, T>(given: *mut *mut T, len: usize) -> Result<&'a mut [MaybeUninit<*mut T>], Failure> {
    // The largest call fits a thousand times; beyond it stands no array.
    const MAX: usize = 100_000_000;
    if len == 0 {
        return Ok(&mut []);
    }
    if given.is_null() || !given.is_aligned() {
        return Err(Failure::null("issued_out"));
    }
    if len > MAX {
        return Err(Failure::invalid(format!("keys_len: {len} given, at most 100000 fit in one call")));
    }
    // SAFETY: it isn't NULL, is aligned, and has room for as many; the rest is the caller's.
    Ok(unsafe { std::slice::from_raw_parts_mut(given.cast(), len) })
}

/// The record of an issued key, borrowed from it; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_issued_key(issued: Option<&keycask_issued>) -> *const keycask_key {
    access(null(), || issued.map_or(null(), |issued| std::ptr::from_ref(&issued.key)))
}

/// Whether this answers a request that was answered before: the same key, without its secret.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_issued_replayed(issued: Option<&keycask_issued>) -> bool {
    access(false, || issued.is_some_and(|issued| issued.issued.replayed()))
}

/// Bytes that the secret takes with its NUL, at most KEYCASK_SECRET_SIZE; 0 where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_issued_secret_size(issued: Option<&keycask_issued>) -> usize {
    access(0, || {
        let secret = issued.and_then(|issued| issued.issued.try_secret());
        secret.map_or(0, |secret| secret.expose().len() + 1)
    })
}

/// Writes the secret and a NUL into a buffer of the caller's. Hand it to the key's owner now, then clear
/// the buffer by keycask_wipe: it exists nowhere else.
///
/// Fails with KEYCASK_INVALID_ARGUMENT, and writes nothing, where `buffer_size` is less than
/// keycask_issued_secret_size; with KEYCASK_CONFLICT on the answer to a repeated request, which has no
/// secret.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_issued_secret(
    issued: Option<&keycask_issued>,
    buffer: *mut c_char,
    buffer_size: usize,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let issued = issued.ok_or_else(|| Failure::null("issued"))?;
        if buffer.is_null() {
            return Err(Failure::null("buffer"));
        }
        let secret = issued.issued.try_secret().ok_or_else(|| told_before(&issued.issued))?;
        let bytes = secret.expose().as_bytes();
        if buffer_size <= bytes.len() {
            return Err(Failure::invalid(format!(
                "buffer: has {buffer_size} bytes, the secret and its NUL take {}",
                bytes.len() + 1
            )));
        }
        // SAFETY: the caller's buffer has room for them and a NUL.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), buffer, bytes.len());
            buffer.add(bytes.len()).write(0);
        }
        Ok(KEYCASK_OK)
    })
}

fn told_before(issued: &Issued) -> Failure {
    let id = issued.key().id();
    Failure::new(KEYCASK_CONFLICT, format!("the secret of {id} was told when its request was first answered"))
}

/// Wipes the secret and releases the object with its key; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_issued_free(issued: Option<Box<keycask_issued>>) {
    access((), || drop(issued));
}

/// The vendor whose keys begin with a prefix, such as `Stripe` for `sk_live`: scanners would report a leak
/// of yours as theirs. KEYCASK_OK with a text of the caller's, or KEYCASK_END where nobody's do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_prefix_vendor(
    prefix: *const c_char,
    vendor_out: Option<&mut MaybeUninit<*mut keycask_text>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let out = clear(vendor_out).ok_or_else(|| Failure::null("vendor_out"))?;
        // SAFETY: a text of the caller's, as the header says.
        let prefix = Prefix::new(unsafe { text(prefix, "prefix") }?)?;
        let Some(vendor) = prefix.vendor() else { return Ok(KEYCASK_END) };
        *out = Box::into_raw(Box::new(keycask_text::of(vendor)));
        Ok(KEYCASK_OK)
    })
}

#[cfg(test)]
mod tests {
    //! Guards against a buffer size in the header that doesn't fit every secret.

    use super::*;

    #[test]
    fn the_longest_secret_fits_the_size_in_the_header() {
        let longest = "abcdefghijklmnopqrstuvwx";
        assert!(Prefix::new(longest).is_ok() && Prefix::new(&format!("{longest}y")).is_err());
        assert_eq!(KEYCASK_SECRET_SIZE, longest.len() + 1 + 49 + 1);
    }
}
