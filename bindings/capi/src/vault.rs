//! The vault: created, opened, closed.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::ptr::null;
use std::sync::Arc;

use keycask_core::{Pepper, Prefix, Vault, VaultOptions};

use crate::actor::{keycask_actor, who_now};
use crate::error::{Failure, keycask_error};
use crate::guard::{access, guard, make};
use crate::input::{KEYCASK_TIME_NONE, Versioned, array, optional_duration, path, time_ms, versioned};
use crate::status::{KEYCASK_OK, keycask_status};
use crate::text::{c_string, keycask_texts};

/// A vault: the API keys of one API, in one SQLite file that the processes of a machine share.
///
/// It may be used from any number of threads at once, but for keycask_vault_free. It holds no connection
/// until it is used. What a vault made (keys, verdicts, lists) may outlive it; a list whose vault was
/// closed fails with KEYCASK_CLOSED once it has told what it had read.
pub struct keycask_vault {
    vault: Arc<Vault>,
    id: CString,
    path: CString,
}

/// A vault as C hands it in: `keycask_vault *`, as for any handle, though threads share it. NULL is `None`.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Handle<'a>(Option<&'a keycask_vault>);

impl keycask_vault {
    fn of(vault: Vault) -> Self {
        let path = CString::new(vault.path().as_os_str().as_bytes()).unwrap_or_default();
        Self { id: c_string(vault.id()), path, vault: Arc::new(vault) }
    }
}

impl Drop for keycask_vault {
    fn drop(&mut self) {
        // A list may hold it still.
        self.vault.close();
    }
}

/// The vault that a call is made of.
pub(crate) fn vault(given: Handle<'_>) -> Result<&Vault, Failure> {
    given.0.map(|vault| &*vault.vault).ok_or_else(|| Failure::null("vault"))
}

/// The same, shared with a list that may outlive the call.
pub(crate) fn shared_vault(given: Handle<'_>) -> Result<Arc<Vault>, Failure> {
    given.0.map(|vault| vault.vault.clone()).ok_or_else(|| Failure::null("vault"))
}

/// Bytes of the caller's.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_bytes {
    /// The first of them.
    pub data: *const u8,
    /// How many there are.
    pub len: usize,
}

/// How to create or open a vault. Begin with KEYCASK_OPTIONS_INIT; what stays 0 or NULL is the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_options {
    /// sizeof(keycask_options), as KEYCASK_OPTIONS_INIT sets it.
    pub struct_size: usize,
    /// How long a change waits for other writers before it fails as KEYCASK_BUSY, in milliseconds: 5,000
    /// where it is 0, an hour at most.
    pub busy_timeout_ms: i64,
    /// The mode of a new file, whatever the umask: 0600 where it is 0.
    pub mode: u32,
    /// Not 0 where `group` counts.
    pub has_group: i32,
    /// The group of a new file, by number.
    pub group: u32,
    /// Who creates, restores or migrates the vault; the actor is `keycask` where it is NULL.
    pub actor: *const keycask_actor,
    /// The pepper of the vault, of 32 to 4,096 bytes, if it has one; while a pepper is rotated, both.
    pub peppers: *const keycask_bytes,
    /// How many peppers there are.
    pub peppers_len: usize,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_options {
    const NAME: &str = "keycask_options";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// # Safety
///
/// As for [`versioned`], and everything it points to as its type says.
pub(crate) unsafe fn options(given: *const keycask_options) -> Result<VaultOptions, Failure> {
    // SAFETY: the caller's.
    let (given, peppers, actor) = unsafe {
        let given = versioned(given)?;
        let actor = if given.actor.is_null() { None } else { Some(who_now(given.actor)?) };
        (given, array(given.peppers, given.peppers_len, "peppers")?, actor)
    };
    let mut options = VaultOptions::new();
    if let Some(timeout) = optional_duration(given.busy_timeout_ms, "busy_timeout_ms")? {
        options = options.busy_timeout(timeout);
    }
    if given.mode != 0 {
        options = options.mode(given.mode);
    }
    if given.has_group != 0 {
        options = options.group(given.group);
    }
    if let Some(actor) = actor {
        options = options.actor(actor);
    }
    for bytes in peppers {
        // SAFETY: the caller's.
        options = options.pepper(unsafe { pepper(bytes.data, bytes.len) }?);
    }
    Ok(options)
}

/// # Safety
///
/// As for [`array`].
pub(crate) unsafe fn pepper(data: *const u8, len: usize) -> Result<Pepper, Failure> {
    // SAFETY: the caller's.
    let bytes = unsafe { array(data, len, "pepper") }?;
    Ok(Pepper::new(bytes)?)
}

/// Creates a vault at `path`, which must not exist: atomically, so that whoever looks at the path sees
/// nothing or a whole vault. `options` may be NULL. The vault is the caller's, to be released by
/// keycask_vault_free.
///
/// Fails with KEYCASK_CONFLICT where something is at the path, KEYCASK_VAULT_MISSING where its folder is
/// missing, KEYCASK_UNSUPPORTED_LOCATION where its file system can't carry a write-ahead log.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_create(
    path: *const c_char,
    options: *const keycask_options,
    vault_out: Option<&mut MaybeUninit<*mut keycask_vault>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(vault_out, "vault_out", error_out, || {
        // SAFETY: pointers of the caller's, as the header says.
        let (options, path) = unsafe { (self::options(options)?, self::path(path, "path")?) };
        Ok(keycask_vault::of(options.create(path)?))
    })
}

/// Opens the vault at `path`, looks at it whole and changes nothing; a missing file is a failure, never a
/// new vault. `options` may be NULL. The vault is the caller's, to be released by keycask_vault_free.
///
/// Fails with KEYCASK_VAULT_MISSING, KEYCASK_NOT_A_VAULT, KEYCASK_UNSUPPORTED_VERSION, KEYCASK_READ_ONLY,
/// KEYCASK_UNSUPPORTED_LOCATION, KEYCASK_DAMAGED or KEYCASK_PEPPER: each message says what was found and
/// what to do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_open(
    path: *const c_char,
    options: *const keycask_options,
    vault_out: Option<&mut MaybeUninit<*mut keycask_vault>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(vault_out, "vault_out", error_out, || {
        // SAFETY: pointers of the caller's, as the header says.
        let (options, path) = unsafe { (self::options(options)?, self::path(path, "path")?) };
        Ok(keycask_vault::of(options.open(path)?))
    })
}

/// Creates a vault in memory, for tests: it belongs to this handle alone and ends with it. A child of a
/// fork gets a copy of its own. `options` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_create_in_memory(
    options: *const keycask_options,
    vault_out: Option<&mut MaybeUninit<*mut keycask_vault>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(vault_out, "vault_out", error_out, || {
        // SAFETY: pointers of the caller's, as the header says.
        let options = unsafe { self::options(options) }?;
        Ok(keycask_vault::of(options.create_in_memory()?))
    })
}

/// Closes a vault: calls in flight on other threads finish, later ones fail with KEYCASK_CLOSED,
/// a list at its next page. To close it again changes nothing. It must be released all the same.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_close(
    vault: Handle<'_>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let vault = vault.0.ok_or_else(|| Failure::null("vault"))?;
        vault.vault.close();
        Ok(KEYCASK_OK)
    })
}

/// Closes a vault and releases it; nothing for NULL. No other thread may be using it, or use it afterwards:
/// to stop threads that do, call keycask_vault_close first and wait for them.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_free(vault: Option<Box<keycask_vault>>) {
    access((), || drop(vault));
}

/// The vault's id, such as `vault_01kb8rdhz6f5sbtcbgh1rstvwx`; a backup keeps it. Borrowed; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_id(vault: Handle<'_>) -> *const c_char {
    access(null(), || vault.0.map_or(null(), |vault| vault.id.as_ptr()))
}

/// The file, with symbolic links resolved, in the file system's own bytes. Borrowed; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_path(vault: Handle<'_>) -> *const c_char {
    access(null(), || vault.0.map_or(null(), |vault| vault.path.as_ptr()))
}

/// When the vault was created, in milliseconds since 1970 UTC; KEYCASK_TIME_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_created_at_ms(vault: Handle<'_>) -> i64 {
    access(KEYCASK_TIME_NONE, || vault.0.map_or(KEYCASK_TIME_NONE, |vault| time_ms(vault.vault.created_at())))
}

/// The time that the vault judges by, in milliseconds since 1970 UTC: the wall clock, with a small step back
/// absorbed. KEYCASK_TIME_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_now_ms(vault: Handle<'_>) -> i64 {
    access(KEYCASK_TIME_NONE, || vault.0.map_or(KEYCASK_TIME_NONE, |vault| time_ms(vault.vault.now())))
}

/// The prefixes of the keys that were ever issued and those that the policy names, sorted: what a secret
/// scanner must know.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_prefixes(
    vault: Handle<'_>,
    prefixes_out: Option<&mut MaybeUninit<*mut keycask_texts>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(prefixes_out, "prefixes_out", error_out, || {
        Ok(keycask_texts::of(self::vault(vault)?.prefixes()?.iter().map(Prefix::as_str)))
    })
}

/// Returns when every use that was acknowledged so far is durable.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_flush(
    vault: Handle<'_>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        self::vault(vault)?.flush()?;
        Ok(KEYCASK_OK)
    })
}
