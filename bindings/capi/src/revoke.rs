//! Revocation: by id, by owner, by whoever holds the secret.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use keycask_core::Revocation;

use crate::actor::{at, keycask_actor, who};
use crate::cursor::keycask_keys;
use crate::error::{Failure, keycask_error};
use crate::guard::make_wanted;
use crate::input::{Versioned, optional_text, parsed, presented, text, versioned};
use crate::key::keycask_key;
use crate::status::keycask_status;
use crate::vault::{Handle, vault};
use crate::words::REVOCATIONS;

/// Why a key is revoked. Begin with KEYCASK_REVOCATION_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_revocation {
    /// sizeof(keycask_revocation), as KEYCASK_REVOCATION_INIT sets it.
    pub struct_size: usize,
    /// A note for the audit log, at most 1 KiB without control characters; NULL for none.
    pub note: *const c_char,
    /// A KEYCASK_REVOCATION_ number; KEYCASK_REVOCATION_UNSPECIFIED is 0.
    pub reason: i32,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_revocation {
    const NAME: &str = "keycask_revocation";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// # Safety
///
/// As for [`versioned`], and its text as for [`optional_text`].
unsafe fn revocation(given: *const keycask_revocation) -> Result<Revocation, Failure> {
    // SAFETY: the caller's.
    let (given, note) = unsafe {
        let given = versioned(given)?;
        (given, optional_text(given.note, "note")?)
    };
    let revocation = Revocation::new(REVOCATIONS.word(given.reason)?);
    Ok(match note {
        Some(note) => revocation.note(note),
        None => revocation,
    })
}

/// Revokes a key, for ever: the very next verify refuses it, in every process. Its relatives stay as they
/// are. A key that is revoked already keeps its first reason. `revocation` may be NULL: unspecified. The
/// key as it is then goes to `key_out`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_revoke(
    vault: Handle<'_>,
    key_id: *const c_char,
    revocation: *const keycask_revocation,
    actor: *const keycask_actor,
    key_out: Option<&mut MaybeUninit<*mut keycask_key>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(key_out, error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (id, revocation, who) =
            unsafe { (parsed(key_id, "key_id")?, self::revocation(revocation)?, who(actor)?) };
        let key = at!(who.now, vault.revoke | revoke_at(id, revocation, &who.actor))?;
        Ok(keycask_key::of(key))
    })
}

/// Revokes all keys of an owner in one transaction. Those that were not revoked before go to `keys_out`,
/// which may be NULL.
///
/// Fails with KEYCASK_NOT_FOUND where the owner has no key at all: a misspelt owner must not look like a
/// success.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_revoke_owner(
    vault: Handle<'_>,
    owner: *const c_char,
    revocation: *const keycask_revocation,
    actor: *const keycask_actor,
    keys_out: Option<&mut MaybeUninit<*mut keycask_keys>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(keys_out, error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (owner, revocation, who) =
            unsafe { (text(owner, "owner")?, self::revocation(revocation)?, who(actor)?) };
        let keys = at!(who.now, vault.revoke_owner | revoke_owner_at(owner, revocation, &who.actor))?;
        Ok(keycask_keys::listed(keys))
    })
}

/// Revokes the key that a secret belongs to: whoever holds a leaked key may kill it. The key as it is then
/// goes to `key_out`, which may be NULL.
///
/// Fails with KEYCASK_NOT_FOUND where the secret is no key's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_revoke_secret(
    vault: Handle<'_>,
    presented: *const c_char,
    presented_len: usize,
    revocation: *const keycask_revocation,
    actor: *const keycask_actor,
    key_out: Option<&mut MaybeUninit<*mut keycask_key>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(key_out, error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (presented, revocation, who) = unsafe {
            (self::presented(presented, presented_len)?, self::revocation(revocation)?, who(actor)?)
        };
        let key = at!(who.now, vault.revoke_secret | revoke_secret_at(presented, revocation, &who.actor))?;
        Ok(keycask_key::of(key))
    })
}
