//! Keys that somebody should look at: what is due, and what nobody uses.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null;

use keycask_core::{Due, Key, Usage};

use crate::cursor::{Cursor, next};
use crate::error::{Failure, keycask_error};
use crate::guard::{access, guard, make};
use crate::input::{KEYCASK_TIME_NONE, duration, optional_time, optional_time_ms, parsed, time_ms};
use crate::key::keycask_key;
use crate::status::{KEYCASK_OK, keycask_status};
use crate::vault::{Handle, vault};
use crate::words::DUES;

/// A list of keys that are due, the most urgent first. Owned by the caller, to be released by
/// keycask_dues_free.
pub struct keycask_dues {
    cursor: Cursor<Due>,
}

/// A key that is due. Owned by the caller, to be released by keycask_due_free.
pub struct keycask_due {
    key: keycask_key,
    reason: i32,
    at_ms: i64,
}

impl From<Due> for keycask_due {
    fn from(due: Due) -> Self {
        let (reason, at_ms) = (DUES.number(due.reason()), time_ms(due.at()));
        Self { key: keycask_key::of(due.key().clone()), reason, at_ms }
    }
}

/// The living keys whose rotation, expiry or end of a window lies within the next `within_ms` milliseconds
/// or is past, and those whose window runs without a successor that lives. As of `now_ms`; 0 for now.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_due(
    vault: Handle<'_>,
    within_ms: i64,
    now_ms: i64,
    dues_out: Option<&mut MaybeUninit<*mut keycask_dues>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(dues_out, "dues_out", error_out, || {
        let (vault, within) = (self::vault(vault)?, duration(within_ms, "within_ms")?);
        let dues = match optional_time(now_ms, "now_ms")? {
            None => vault.due(within)?,
            Some(now) => vault.due_at(within, now)?,
        };
        Ok(keycask_dues { cursor: Cursor::listed(dues) })
    })
}

/// The next of a list: KEYCASK_OK with an object of the caller's, or KEYCASK_END with NULL at its end.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_dues_next(
    dues: Option<&mut keycask_dues>,
    due_out: Option<&mut MaybeUninit<*mut keycask_due>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    next(dues.map(|dues| &mut dues.cursor), ["dues", "due_out"], due_out, error_out, keycask_due::from)
}

/// Releases a list, at its end or before; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_dues_free(dues: Option<Box<keycask_dues>>) {
    access((), || drop(dues));
}

/// The key, borrowed; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_due_key(due: Option<&keycask_due>) -> *const keycask_key {
    access(null(), || due.map_or(null(), |due| std::ptr::from_ref(&due.key)))
}

/// Why it is due, a KEYCASK_DUE_ number; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_due_reason(due: Option<&keycask_due>) -> i32 {
    access(0, || due.map_or(0, |due| due.reason))
}

/// When: the end of the interval, the expiry, the end of the window, in milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_due_at_ms(due: Option<&keycask_due>) -> i64 {
    access(KEYCASK_TIME_NONE, || due.map_or(KEYCASK_TIME_NONE, |due| due.at_ms))
}

/// Releases it; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_due_free(due: Option<Box<keycask_due>>) {
    access((), || drop(due));
}

/// A list of keys that nobody uses. Owned by the caller, to be released by keycask_unused_free.
pub struct keycask_unused {
    cursor: Cursor<(Key, Usage)>,
}

/// A key that nobody uses, and how often it was used before. Owned by the caller, to be released by
/// keycask_unused_key_free.
pub struct keycask_unused_key {
    key: keycask_key,
    usage: Usage,
}

/// The living keys without a recorded use since `since_ms`, or none at all; keys that were created later
/// are left out. As of `now_ms`; 0 for now.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_unused(
    vault: Handle<'_>,
    since_ms: i64,
    now_ms: i64,
    unused_out: Option<&mut MaybeUninit<*mut keycask_unused>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(unused_out, "unused_out", error_out, || {
        let vault = self::vault(vault)?;
        let since =
            optional_time(since_ms, "since_ms")?.ok_or_else(|| Failure::invalid("since_ms: give a time"))?;
        let unused = match optional_time(now_ms, "now_ms")? {
            None => vault.unused(since)?,
            Some(now) => vault.unused_at(since, now)?,
        };
        Ok(keycask_unused { cursor: Cursor::listed(unused) })
    })
}

/// The next of a list: KEYCASK_OK with an object of the caller's, or KEYCASK_END with NULL at its end.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_unused_next(
    unused: Option<&mut keycask_unused>,
    key_out: Option<&mut MaybeUninit<*mut keycask_unused_key>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    let wrap = |(key, usage): (Key, Usage)| keycask_unused_key { key: keycask_key::of(key), usage };
    next(unused.map(|unused| &mut unused.cursor), ["unused", "key_out"], key_out, error_out, wrap)
}

/// Releases a list, at its end or before; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_unused_free(unused: Option<Box<keycask_unused>>) {
    access((), || drop(unused));
}

/// The key, borrowed; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_unused_key_key(unused: Option<&keycask_unused_key>) -> *const keycask_key {
    access(null(), || unused.map_or(null(), |unused| std::ptr::from_ref(&unused.key)))
}

/// Valid verifies of it, as far as they were recorded.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_unused_key_uses(unused: Option<&keycask_unused_key>) -> u64 {
    access(0, || unused.map_or(0, |unused| unused.usage.uses()))
}

/// When the last of them was; KEYCASK_TIME_NONE where there was none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_unused_key_last_used_at_ms(unused: Option<&keycask_unused_key>) -> i64 {
    access(KEYCASK_TIME_NONE, || optional_time_ms(unused.and_then(|unused| unused.usage.last_used_at())))
}

/// Releases it; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_unused_key_free(unused: Option<Box<keycask_unused_key>>) {
    access((), || drop(unused));
}

/// How often a key was used validly, as far as that was recorded, and when last: KEYCASK_TIME_NONE where
/// never. Either of the two may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_usage(
    vault: Handle<'_>,
    key_id: *const c_char,
    uses_out: Option<&mut MaybeUninit<u64>>,
    last_used_at_ms_out: Option<&mut MaybeUninit<i64>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let uses = uses_out.map(|slot| slot.write(0));
        let last = last_used_at_ms_out.map(|slot| slot.write(KEYCASK_TIME_NONE));
        // SAFETY: a text of the caller's, as the header says.
        let id = unsafe { parsed(key_id, "key_id") }?;
        let usage = self::vault(vault)?.usage(id)?;
        if let Some(slot) = uses {
            *slot = usage.uses();
        }
        if let Some(slot) = last {
            *slot = optional_time_ms(usage.last_used_at());
        }
        Ok(KEYCASK_OK)
    })
}
