//! Questions: a key by its id, and lists of keys.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use keycask_core::KeyFilter;

use crate::cursor::{Cursor, keycask_keys};
use crate::error::{Failure, keycask_error};
use crate::guard::make;
use crate::input::{Versioned, optional_parsed, optional_text, optional_time, parsed, versioned};
use crate::key::keycask_key;
use crate::status::keycask_status;
use crate::vault::{Handle, shared_vault, vault};
use crate::words::STATES;

/// Which keys to list: all of them, in any state, where nothing is said. Begin with KEYCASK_KEY_FILTER_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_key_filter {
    /// sizeof(keycask_key_filter), as KEYCASK_KEY_FILTER_INIT sets it.
    pub struct_size: usize,
    /// Only this owner's; NULL for all.
    pub owner: *const c_char,
    /// Only with this prefix; NULL for all.
    pub prefix: *const c_char,
    /// Only with this name; NULL for all.
    pub name: *const c_char,
    /// Only keys whose scopes cover this one; NULL for all.
    pub scope: *const c_char,
    /// Only what was created after the key with this id: the cursor of a page; NULL for all.
    pub after: *const c_char,
    /// At most so many; 0 for all.
    pub limit: usize,
    /// States as of when, in milliseconds since 1970 UTC; 0 for now, by the vault's clock.
    pub now_ms: i64,
    /// Only in these states: `1 << KEYCASK_STATE_...`, joined by `|`; 0 for all.
    pub states: u32,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_key_filter {
    const NAME: &str = "keycask_key_filter";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// # Safety
///
/// Everything that `given` points to is as its type says.
unsafe fn filter(given: &keycask_key_filter) -> Result<KeyFilter, Failure> {
    let mut filter = KeyFilter::new();
    // SAFETY: the caller's.
    unsafe {
        if let Some(owner) = optional_text(given.owner, "owner")? {
            filter = filter.owner(owner);
        }
        if let Some(prefix) = optional_text(given.prefix, "prefix")? {
            filter = filter.prefix(prefix);
        }
        if let Some(name) = optional_text(given.name, "name")? {
            filter = filter.name(name);
        }
        if let Some(scope) = optional_text(given.scope, "scope")? {
            filter = filter.scope(scope);
        }
        if let Some(id) = optional_parsed(given.after, "after")? {
            filter = filter.after(id);
        }
    }
    for state in (0..32).filter(|state| given.states & 1 << state != 0) {
        filter = filter.state(STATES.word(state)?);
    }
    Ok(if given.limit == 0 { filter } else { filter.limit(given.limit) })
}

/// The key with this id, which goes to the caller. Fails with KEYCASK_NOT_FOUND where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_key(
    vault: Handle<'_>,
    key_id: *const c_char,
    key_out: Option<&mut MaybeUninit<*mut keycask_key>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(key_out, "key_out", error_out, || {
        // SAFETY: a text of the caller's, as the header says.
        let id = unsafe { parsed(key_id, "key_id") }?;
        Ok(keycask_key::of(self::vault(vault)?.key(id)?))
    })
}

/// The keys that match, in the order of their creation. `filter` may be NULL: all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_keys(
    vault: Handle<'_>,
    filter: *const keycask_key_filter,
    keys_out: Option<&mut MaybeUninit<*mut keycask_keys>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(keys_out, "keys_out", error_out, || {
        let vault = shared_vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (given, filter) = unsafe {
            let given = versioned(filter)?;
            (given, self::filter(&given)?)
        };
        let cursor = match optional_time(given.now_ms, "now_ms")? {
            None => Cursor::paging(vault, |vault| vault.keys(filter)),
            Some(now) => Cursor::paging(vault, |vault| vault.keys_at(filter, now)),
        };
        Ok(keycask_keys::of(cursor?))
    })
}

/// All keys of the chain of rotations that a key belongs to, in the order of their creation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_lineage(
    vault: Handle<'_>,
    key_id: *const c_char,
    keys_out: Option<&mut MaybeUninit<*mut keycask_keys>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(keys_out, "keys_out", error_out, || {
        // SAFETY: a text of the caller's, as the header says.
        let id = unsafe { parsed(key_id, "key_id") }?;
        Ok(keycask_keys::listed(self::vault(vault)?.lineage(id)?))
    })
}
