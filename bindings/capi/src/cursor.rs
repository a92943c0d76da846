//! Cursors: lists that fetch their items a page at a time, so that no read transaction outlives a call.

use std::mem::MaybeUninit;
use std::sync::Arc;

use keycask_core::{Key, Vault};

use crate::error::{Failure, keycask_error};
use crate::guard::{access, clear, guard};
use crate::key::keycask_key;
use crate::status::{KEYCASK_END, KEYCASK_OK, keycask_status};

type Items<T> = Box<dyn Iterator<Item = keycask_core::Result<T>> + Send>;

/// Where a list stands.
pub(crate) struct Cursor<T> {
    /// Declared, and so dropped, before the vault that it borrows from.
    items: Items<T>,
    _vault: Option<Arc<Vault>>,
}

impl<T: Send + 'static> Cursor<T> {
    /// Of what was read already.
    pub(crate) fn listed(items: impl IntoIterator<Item = T, IntoIter: Send + 'static>) -> Self {
        Self { items: Box::new(items.into_iter().map(Ok)), _vault: None }
    }

    /// Of what is read from the vault as the cursor moves.
    pub(crate) fn paging<I>(
        vault: Arc<Vault>,
        begin: impl FnOnce(&'static Vault) -> keycask_core::Result<I>,
    ) -> Result<Self, Failure>
    where
        I: Iterator<Item = keycask_core::Result<T>> + Send + 'static,
    {
        // SAFETY: the vault stands in the Arc, which the cursor keeps for as long as the iterator that borrows from
        // it; the iterator is dropped first and given to nobody.
        let borrowed: &'static Vault = unsafe { &*Arc::as_ptr(&vault) };
        Ok(Self { items: Box::new(begin(borrowed)?), _vault: Some(vault) })
    }

    fn next(&mut self) -> Result<Option<T>, Failure> {
        Ok(self.items.next().transpose()?)
    }
}

/// Takes the next item of a cursor and puts the object made of it into `out`.
pub(crate) fn next<T: Send + 'static, O>(
    cursor: Option<&mut Cursor<T>>,
    names: [&str; 2],
    out: Option<&mut MaybeUninit<*mut O>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
    wrap: impl FnOnce(T) -> O,
) -> keycask_status {
    guard(error_out, || {
        let out = clear(out).ok_or_else(|| Failure::null(names[1]))?;
        let Some(item) = cursor.ok_or_else(|| Failure::null(names[0]))?.next()? else {
            return Ok(KEYCASK_END);
        };
        *out = Box::into_raw(Box::new(wrap(item)));
        Ok(KEYCASK_OK)
    })
}

/// A list of keys, of which keycask_keys_next returns one after the other. Owned by the caller, to be
/// released by keycask_keys_free. Keys that are made or changed meanwhile may be told or not.
pub struct keycask_keys {
    cursor: Cursor<Key>,
}

impl keycask_keys {
    pub(crate) fn of(cursor: Cursor<Key>) -> Self {
        Self { cursor }
    }

    pub(crate) fn listed(keys: Vec<Key>) -> Self {
        Self { cursor: Cursor::listed(keys) }
    }
}

/// The next key of a list: KEYCASK_OK with a key of the caller's, or KEYCASK_END with NULL at its end.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_keys_next(
    keys: Option<&mut keycask_keys>,
    key_out: Option<&mut MaybeUninit<*mut keycask_key>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    let cursor = keys.map(|keys| &mut keys.cursor);
    next(cursor, ["keys", "key_out"], key_out, error_out, keycask_key::of)
}

/// Releases a list, at its end or before; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_keys_free(keys: Option<Box<keycask_keys>>) {
    access((), || drop(keys));
}
