//! The vault's pepper: introduced, rotated, retired.

use std::mem::MaybeUninit;

use crate::actor::{keycask_actor, who_now};
use crate::cursor::keycask_keys;
use crate::error::keycask_error;
use crate::guard::{guard, make};
use crate::status::{KEYCASK_OK, keycask_status};
use crate::vault::{Handle, pepper, vault};

/// Introduces a pepper of 32 to 4,096 bytes, or rotates to a new one. `changed_out`, which may be NULL, is
/// set to false where it is the current one already.
///
/// Introduced, it covers every key at once. Rotated, it covers new keys at once and each old one at its
/// next valid use; until then both must be given when the vault is opened. Give the new pepper to every
/// process first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_set_pepper(
    vault: Handle<'_>,
    pepper: *const u8,
    pepper_len: usize,
    actor: *const keycask_actor,
    changed_out: Option<&mut MaybeUninit<bool>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let changed = changed_out.map(|slot| slot.write(false));
        // SAFETY: pointers of the caller's, as the header says.
        let (pepper, actor) = unsafe { (self::pepper(pepper, pepper_len)?, who_now(actor)?) };
        let done = self::vault(vault)?.set_pepper(pepper, &actor)?;
        if let Some(changed) = changed {
            *changed = done;
        }
        Ok(KEYCASK_OK)
    })
}

/// Retires every pepper but the current one; it needn't be given any more.
///
/// Fails with KEYCASK_CONFLICT while a living key is stored under it, or where the vault has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_retire_pepper(
    vault: Handle<'_>,
    actor: *const keycask_actor,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        // SAFETY: a struct of the caller's, as the header says.
        let actor = unsafe { who_now(actor) }?;
        self::vault(vault)?.retire_pepper(&actor)?;
        Ok(KEYCASK_OK)
    })
}

/// The living keys that are still stored under a pepper before the current one.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_keys_on_retired_pepper(
    vault: Handle<'_>,
    keys_out: Option<&mut MaybeUninit<*mut keycask_keys>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(keys_out, "keys_out", error_out, || {
        Ok(keycask_keys::listed(self::vault(vault)?.keys_on_retired_pepper()?))
    })
}
