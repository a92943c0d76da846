//! Changing a key that exists: its fields, and whether it is disabled.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use keycask_core::KeyUpdate;

use crate::actor::{at, keycask_actor, who};
use crate::error::{Failure, keycask_error};
use crate::guard::make_wanted;
use crate::input::{
    Versioned, optional_duration, optional_text, optional_time, parsed, required, text, texts,
};
use crate::key::keycask_key;
use crate::status::keycask_status;
use crate::vault::{Handle, vault};

/// Sets `prefix`.
pub const KEYCASK_UPDATE_PREFIX: u32 = 1;
/// Sets or clears `name`.
pub const KEYCASK_UPDATE_NAME: u32 = 2;
/// Sets `scopes`, the whole list.
pub const KEYCASK_UPDATE_SCOPES: u32 = 4;
/// Sets or clears `metadata`.
pub const KEYCASK_UPDATE_METADATA: u32 = 8;
/// Sets or clears `notify_email`.
pub const KEYCASK_UPDATE_NOTIFY_EMAIL: u32 = 16;
/// Sets or clears `not_before_ms`.
pub const KEYCASK_UPDATE_NOT_BEFORE: u32 = 32;
/// Sets or clears `expires_at_ms`.
pub const KEYCASK_UPDATE_EXPIRES_AT: u32 = 64;
/// Sets or clears `rotate_after_ms`.
pub const KEYCASK_UPDATE_ROTATE_AFTER: u32 = 128;

const KNOWN_FIELDS: u32 = 255;

/// Which fields of a key to change. Begin with KEYCASK_KEY_UPDATE_INIT; name the fields in `fields` and set
/// them. A field that is named and left NULL or 0 is cleared; one that isn't named stays as it is.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_key_update {
    /// sizeof(keycask_key_update), as KEYCASK_KEY_UPDATE_INIT sets it.
    pub struct_size: usize,
    /// KEYCASK_UPDATE_ numbers, joined by `|`.
    pub fields: u32,
    /// A prefix for an imported key that has none, so that it can be rotated. A prefix never changes.
    pub prefix: *const c_char,
    /// What its owner calls it.
    pub name: *const c_char,
    /// Its scopes.
    pub scopes: *const *const c_char,
    /// How many scopes there are.
    pub scopes_len: usize,
    /// A JSON object of your own, as text.
    pub metadata: *const c_char,
    /// Where notices about the key go.
    pub notify_email: *const c_char,
    /// The first moment at which it is accepted, in milliseconds since 1970 UTC.
    pub not_before_ms: i64,
    /// Its expiry, in milliseconds since 1970 UTC. A running grace window is cut to it, and never extended
    /// by it.
    pub expires_at_ms: i64,
    /// How long after its creation it should be rotated, in milliseconds: whole seconds.
    pub rotate_after_ms: i64,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_key_update {
    const NAME: &str = "keycask_key_update";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// # Safety
///
/// As for [`required`], and everything it points to as its type says.
unsafe fn update(given: *const keycask_key_update) -> Result<KeyUpdate, Failure> {
    // SAFETY: the caller's.
    let (given, mut update) = unsafe {
        let given = required(given, "update")?;
        (given, texts_of(&given)?)
    };
    let named = |field| given.fields & field != 0;
    if given.fields & !KNOWN_FIELDS != 0 {
        return Err(Failure::invalid(format!("update.fields: {:#x} has unknown ones", given.fields)));
    }
    if named(KEYCASK_UPDATE_NOT_BEFORE) {
        update = update.not_before(optional_time(given.not_before_ms, "not_before_ms")?);
    }
    if named(KEYCASK_UPDATE_EXPIRES_AT) {
        update = update.expires_at(optional_time(given.expires_at_ms, "expires_at_ms")?);
    }
    if named(KEYCASK_UPDATE_ROTATE_AFTER) {
        update = update.rotate_after(optional_duration(given.rotate_after_ms, "rotate_after_ms")?);
    }
    Ok(update)
}

/// # Safety
///
/// Everything that `given` points to is as its type says.
unsafe fn texts_of(given: &keycask_key_update) -> Result<KeyUpdate, Failure> {
    let named = |field| given.fields & field != 0;
    let mut update = KeyUpdate::new();
    // SAFETY: the caller's.
    unsafe {
        if named(KEYCASK_UPDATE_PREFIX) {
            update = update.prefix(text(given.prefix, "prefix")?);
        }
        if named(KEYCASK_UPDATE_NAME) {
            update = update.name(optional_text(given.name, "name")?);
        }
        if named(KEYCASK_UPDATE_SCOPES) {
            let scopes = texts(given.scopes, given.scopes_len, "scopes")?;
            update = update.scopes(scopes.collect::<Result<Vec<_>, _>>()?);
        }
        if named(KEYCASK_UPDATE_METADATA) {
            update = update.metadata(optional_text(given.metadata, "metadata")?);
        }
        if named(KEYCASK_UPDATE_NOTIFY_EMAIL) {
            update = update.notify_email(optional_text(given.notify_email, "notify_email")?);
        }
    }
    Ok(update)
}

/// Changes fields of a living key; the very next verify goes by them. The key as it is then goes to
/// `key_out`, which may be NULL.
///
/// Fails with KEYCASK_INVALID_ARGUMENT for a field over its limit or against the policy; KEYCASK_CONFLICT
/// for a dead key, or a prefix that would change; KEYCASK_NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_update(
    vault: Handle<'_>,
    key_id: *const c_char,
    update: *const keycask_key_update,
    actor: *const keycask_actor,
    key_out: Option<&mut MaybeUninit<*mut keycask_key>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(key_out, error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (id, update, who) = unsafe { (parsed(key_id, "key_id")?, self::update(update)?, who(actor)?) };
        let key = at!(who.now, vault.update | update_at(id, &update, &who.actor))?;
        Ok(keycask_key::of(key))
    })
}

/// Disables a living key until somebody enables it. A running grace window ticks on. The key as it is then
/// goes to `key_out`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_disable(
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
        Ok(keycask_key::of(at!(who.now, vault.disable | disable_at(id, &who.actor))?))
    })
}

/// Enables a disabled key. The key as it is then goes to `key_out`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_enable(
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
        Ok(keycask_key::of(at!(who.now, vault.enable | enable_at(id, &who.actor))?))
    })
}
