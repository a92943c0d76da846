//! Rotation: a successor beside the old key, and what becomes of the window.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use keycask_core::Rotation;

use crate::actor::{at, keycask_actor, who};
use crate::error::{Failure, keycask_error};
use crate::guard::{make, make_wanted};
use crate::input::{Versioned, duration, optional_text, optional_time, parsed, versioned};
use crate::issue::keycask_issued;
use crate::key::keycask_key;
use crate::status::keycask_status;
use crate::vault::{Handle, vault};

/// A request to rotate a key. Begin with KEYCASK_ROTATION_INIT; what stays 0 or NULL isn't given.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_rotation {
    /// sizeof(keycask_rotation), as KEYCASK_ROTATION_INIT sets it.
    pub struct_size: usize,
    /// Not 0 where the secret leaked: every living relative of the key is revoked as compromised, and one
    /// new key is issued. Where only the old key of a running rotation leaked, finish that rotation
    /// instead.
    pub emergency: i32,
    /// Not 0 where `grace_ms` counts; else the policy's default does.
    pub has_grace: i32,
    /// How long the old key is accepted beside its successor, in milliseconds, but never past its own
    /// expiry. It must lie within the policy's bounds, and there is none in an emergency.
    pub grace_ms: i64,
    /// An expiry for the new key, in milliseconds since 1970 UTC; else it inherits the old key's.
    pub expires_at_ms: i64,
    /// Makes the request idempotent, for this key: a repeat with the same id gets the same successor,
    /// without its secret. At most 128 bytes.
    pub request_id: *const c_char,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_rotation {
    const NAME: &str = "keycask_rotation";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// # Safety
///
/// As for [`versioned`], and its text as for [`optional_text`].
unsafe fn rotation(given: *const keycask_rotation) -> Result<Rotation, Failure> {
    // SAFETY: the caller's.
    let (given, request_id) = unsafe {
        let given = versioned(given)?;
        (given, optional_text(given.request_id, "request_id")?)
    };
    let mut rotation = if given.emergency == 0 { Rotation::planned() } else { Rotation::emergency() };
    if given.has_grace != 0 {
        rotation = rotation.grace(duration(given.grace_ms, "grace_ms")?);
    }
    if let Some(time) = optional_time(given.expires_at_ms, "expires_at_ms")? {
        rotation = rotation.expires_at(time);
    }
    Ok(match request_id {
        Some(id) => rotation.request_id(id),
        None => rotation,
    })
}

/// Rotates a key: issues its successor, whose secret is in `issued_out`, and lets the old key work beside
/// it until the grace window ends. `rotation` may be NULL: planned, with the policy's grace.
///
/// Fails with KEYCASK_CONFLICT where the key was rotated already, is disabled (emergencies excepted),
/// revoked, rotated out or expired; KEYCASK_INVALID_ARGUMENT for a grace outside the policy's bounds;
/// KEYCASK_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_rotate(
    vault: Handle<'_>,
    key_id: *const c_char,
    rotation: *const keycask_rotation,
    actor: *const keycask_actor,
    issued_out: Option<&mut MaybeUninit<*mut keycask_issued>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(issued_out, "issued_out", error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (id, rotation, who) =
            unsafe { (parsed(key_id, "key_id")?, self::rotation(rotation)?, who(actor)?) };
        let issued = at!(who.now, vault.rotate | rotate_at(id, rotation, &who.actor))?;
        Ok(issued.into())
    })
}

/// Ends the grace window of a rotated key now. On a key that is rotated out already it does nothing. The
/// old key as it is then goes to `key_out`, which may be NULL.
///
/// Fails with KEYCASK_CONFLICT where no rotation of the key runs, or its successor can't be used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_finish_rotation(
    vault: Handle<'_>,
    key_id: *const c_char,
    actor: *const keycask_actor,
    key_out: Option<&mut MaybeUninit<*mut keycask_key>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(key_out, error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (id, who) = unsafe { (parsed(key_id, "key_id")?, who(actor)?) };
        let key = at!(who.now, vault.finish_rotation | finish_rotation_at(id, &who.actor))?;
        Ok(keycask_key::of(key))
    })
}

/// Gives the client of a rotated key more time: `grace_ms` counts from the rotation, as it did there. The
/// old key as it is then goes to `key_out`, which may be NULL.
///
/// Fails with KEYCASK_INVALID_ARGUMENT for a grace over the policy's maximum; KEYCASK_CONFLICT where no
/// rotation of the key runs, the window would not end later than it does, or past the key's own expiry, or
/// where its successor can't be used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_extend_rotation(
    vault: Handle<'_>,
    key_id: *const c_char,
    grace_ms: i64,
    actor: *const keycask_actor,
    key_out: Option<&mut MaybeUninit<*mut keycask_key>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(key_out, error_out, || {
        let (vault, grace) = (self::vault(vault)?, duration(grace_ms, "grace_ms")?);
        // SAFETY: pointers of the caller's, as the header says.
        let (id, who) = unsafe { (parsed(key_id, "key_id")?, who(actor)?) };
        let key = at!(who.now, vault.extend_rotation | extend_rotation_at(id, grace, &who.actor))?;
        Ok(keycask_key::of(key))
    })
}

/// Undoes a running rotation: the successor is revoked as `rotation_cancelled`, and the old key is whole
/// again. With `force` not 0 also where the successor was used. The old key as it is then goes to
/// `key_out`, which may be NULL.
///
/// Fails with KEYCASK_CONFLICT where no rotation of the key runs, the successor was itself rotated, or,
/// without `force`, was used or may have been.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_cancel_rotation(
    vault: Handle<'_>,
    key_id: *const c_char,
    force: i32,
    actor: *const keycask_actor,
    key_out: Option<&mut MaybeUninit<*mut keycask_key>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(key_out, error_out, || {
        let (vault, force) = (self::vault(vault)?, force != 0);
        // SAFETY: pointers of the caller's, as the header says.
        let (id, who) = unsafe { (parsed(key_id, "key_id")?, who(actor)?) };
        let key = at!(who.now, vault.cancel_rotation | cancel_rotation_at(id, force, &who.actor))?;
        Ok(keycask_key::of(key))
    })
}
