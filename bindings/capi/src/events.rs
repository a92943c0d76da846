//! Events of the two logs.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null;

use keycask_core::{Change, ChangeFilter, Use, UseFilter};

use crate::cursor::{Cursor, next};
use crate::error::{Failure, keycask_error};
use crate::guard::{access, make};
use crate::input::{
    KEYCASK_TIME_NONE, Versioned, optional_parsed, optional_text, optional_time, time_ms, versioned,
};
use crate::status::keycask_status;
use crate::text::Texts;
use crate::vault::{Handle, shared_vault};
use crate::words::{CHANGES, outcome, outcome_number};

/// Which changes to list: all of them, oldest first, where nothing is said. Begin with
/// KEYCASK_CHANGE_FILTER_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_change_filter {
    /// sizeof(keycask_change_filter), as KEYCASK_CHANGE_FILTER_INIT sets it.
    pub struct_size: usize,
    /// Only of the key with this id; NULL for all.
    pub key_id: *const c_char,
    /// Only by this actor; NULL for all.
    pub actor: *const c_char,
    /// Only at this time or later, in milliseconds since 1970 UTC; 0 for all.
    pub since_ms: i64,
    /// Only before this time, in milliseconds since 1970 UTC; 0 for all.
    pub until_ms: i64,
    /// Only what follows this sequence number in the order asked for: the cursor of a page; 0 for all.
    pub after: u64,
    /// At most so many; 0 for all.
    pub limit: usize,
    /// Only of this kind, a KEYCASK_CHANGE_ number; 0 for all.
    pub kind: i32,
    /// Not 0 for the newest first.
    pub newest_first: i32,
}

/// Which uses to list: all of them, oldest first, where nothing is said. Begin with KEYCASK_USE_FILTER_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_use_filter {
    /// sizeof(keycask_use_filter), as KEYCASK_USE_FILTER_INIT sets it.
    pub struct_size: usize,
    /// Only of the key with this id; NULL for all.
    pub key_id: *const c_char,
    /// Only at this time or later, in milliseconds since 1970 UTC; 0 for all.
    pub since_ms: i64,
    /// Only before this time, in milliseconds since 1970 UTC; 0 for all.
    pub until_ms: i64,
    /// Only what follows this sequence number in the order asked for: the cursor of a page; 0 for all.
    pub after: u64,
    /// At most so many; 0 for all.
    pub limit: usize,
    /// Not 0 where `outcome` counts.
    pub has_outcome: i32,
    /// Only with this outcome, a KEYCASK_OUTCOME_ number.
    pub outcome: i32,
    /// Not 0 for the newest first.
    pub newest_first: i32,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_change_filter {
    const NAME: &str = "keycask_change_filter";
    const FIRST_SIZE: usize = size_of::<Self>();
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_use_filter {
    const NAME: &str = "keycask_use_filter";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// The stretch of a log that both filters can name.
macro_rules! in_range {
    ($filter:expr, $given:expr) => {{
        let mut filter = $filter.after($given.after);
        if let Some(time) = optional_time($given.since_ms, "since_ms")? {
            filter = filter.since(time);
        }
        if let Some(time) = optional_time($given.until_ms, "until_ms")? {
            filter = filter.until(time);
        }
        if $given.limit != 0 {
            filter = filter.limit($given.limit);
        }
        if $given.newest_first == 0 { filter } else { filter.newest_first() }
    }};
}

/// # Safety
///
/// As for [`versioned`], and everything it points to as its type says.
unsafe fn change_filter(given: *const keycask_change_filter) -> Result<ChangeFilter, Failure> {
    // SAFETY: the caller's.
    let (given, key, actor) = unsafe {
        let given = versioned(given)?;
        (given, optional_parsed(given.key_id, "key_id")?, optional_text(given.actor, "actor")?)
    };
    let mut filter = in_range!(ChangeFilter::new(), given);
    if let Some(id) = key {
        filter = filter.key(id);
    }
    if let Some(actor) = actor {
        filter = filter.actor(actor);
    }
    Ok(if given.kind == 0 { filter } else { filter.kind(CHANGES.word(given.kind)?) })
}

/// # Safety
///
/// As for [`versioned`], and everything it points to as its type says.
unsafe fn use_filter(given: *const keycask_use_filter) -> Result<UseFilter, Failure> {
    // SAFETY: the caller's.
    let (given, key) = unsafe {
        let given = versioned(given)?;
        (given, optional_parsed(given.key_id, "key_id")?)
    };
    let mut filter = in_range!(UseFilter::new(), given);
    if let Some(id) = key {
        filter = filter.key(id);
    }
    Ok(if given.has_outcome == 0 { filter } else { filter.outcome(outcome(given.outcome)?) })
}

/// A list of changes. Owned by the caller, to be released by keycask_changes_free.
pub struct keycask_changes {
    cursor: Cursor<Change>,
}

/// An event of the log of changes. Owned by the caller, to be released by keycask_change_free; its texts are
/// borrowed from it. The accessors take NULL, and answer NULL, 0 or KEYCASK_TIME_NONE.
pub struct keycask_change {
    change: Change,
    /// The key's id, the actor, the address, the request's id, the detail.
    texts: Texts,
}

impl From<Change> for keycask_change {
    fn from(change: Change) -> Self {
        let texts = Texts::of([
            change.key_id().map(|id| id.to_string()),
            change.actor().map(str::to_owned),
            change.client_ip().map(|address| address.to_string()),
            change.request_id().map(str::to_owned),
            Some(change.detail()),
        ]);
        Self { change, texts }
    }
}

fn change_text(change: Option<&keycask_change>, place: usize) -> *const c_char {
    access(null(), || change.map_or(null(), |change| change.texts.get(place)))
}

/// The events of the log of changes that match. `filter` may be NULL: all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_changes(
    vault: Handle<'_>,
    filter: *const keycask_change_filter,
    changes_out: Option<&mut MaybeUninit<*mut keycask_changes>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(changes_out, "changes_out", error_out, || {
        let vault = shared_vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let filter = unsafe { change_filter(filter) }?;
        Ok(keycask_changes { cursor: Cursor::paging(vault, |vault| vault.changes(filter))? })
    })
}

/// The next change of a list: KEYCASK_OK with an object of the caller's, or KEYCASK_END with NULL at its end.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_changes_next(
    changes: Option<&mut keycask_changes>,
    change_out: Option<&mut MaybeUninit<*mut keycask_change>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    let cursor = changes.map(|changes| &mut changes.cursor);
    next(cursor, ["changes", "change_out"], change_out, error_out, keycask_change::from)
}

/// Releases a list, at its end or before; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_changes_free(changes: Option<Box<keycask_changes>>) {
    access((), || drop(changes));
}

/// Its place in the log, from 1 on without holes.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_change_seq(change: Option<&keycask_change>) -> u64 {
    access(0, || change.map_or(0, |change| change.change.seq()))
}

/// When it happened, in milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_change_at_ms(change: Option<&keycask_change>) -> i64 {
    access(KEYCASK_TIME_NONE, || change.map_or(KEYCASK_TIME_NONE, |change| time_ms(change.change.at())))
}

/// What happened, a KEYCASK_CHANGE_ number; keycask_change_kind_name has its word.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_change_kind(change: Option<&keycask_change>) -> i32 {
    access(0, || change.map_or(0, |change| CHANGES.number(change.change.kind())))
}

/// The id of the key that it happened to; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_change_key_id(change: Option<&keycask_change>) -> *const c_char {
    change_text(change, 0)
}

/// Who did it; NULL once erased.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_change_actor(change: Option<&keycask_change>) -> *const c_char {
    change_text(change, 1)
}

/// The address that it was asked from; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_change_client_ip(change: Option<&keycask_change>) -> *const c_char {
    change_text(change, 2)
}

/// The id of the request that asked for it; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_change_request_id(change: Option<&keycask_change>) -> *const c_char {
    change_text(change, 3)
}

/// What belongs to its kind, as the text of a JSON object.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_change_detail(change: Option<&keycask_change>) -> *const c_char {
    change_text(change, 4)
}

/// Releases a change; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_change_free(change: Option<Box<keycask_change>>) {
    access((), || drop(change));
}

/// A list of uses. Owned by the caller, to be released by keycask_uses_free.
pub struct keycask_uses {
    cursor: Cursor<Use>,
}

/// An event of the log of uses: one verify, or several that were counted together. Owned by the caller, to
/// be released by keycask_use_free; its texts are borrowed from it. The accessors take NULL, and answer
/// NULL, 0 or the value for none.
pub struct keycask_use {
    event: Use,
    /// The key's id, the address, the request's id.
    texts: Texts,
}

impl From<Use> for keycask_use {
    fn from(event: Use) -> Self {
        let texts = Texts::of([
            event.key_id().map(|id| id.to_string()),
            event.client_ip().map(|address| address.to_string()),
            event.request_id().map(str::to_owned),
        ]);
        Self { event, texts }
    }
}

fn use_text(event: Option<&keycask_use>, place: usize) -> *const c_char {
    access(null(), || event.map_or(null(), |event| event.texts.get(place)))
}

/// The events of the log of uses that match; counts that still run stand at the new end. `filter` may be
/// NULL: all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_uses(
    vault: Handle<'_>,
    filter: *const keycask_use_filter,
    uses_out: Option<&mut MaybeUninit<*mut keycask_uses>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(uses_out, "uses_out", error_out, || {
        let vault = shared_vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let filter = unsafe { use_filter(filter) }?;
        Ok(keycask_uses { cursor: Cursor::paging(vault, |vault| vault.uses(filter))? })
    })
}

/// The next use of a list: KEYCASK_OK with an object of the caller's, or KEYCASK_END with NULL at its end.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_uses_next(
    uses: Option<&mut keycask_uses>,
    use_out: Option<&mut MaybeUninit<*mut keycask_use>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    next(uses.map(|uses| &mut uses.cursor), ["uses", "use_out"], use_out, error_out, keycask_use::from)
}

/// Releases a list, at its end or before; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_uses_free(uses: Option<Box<keycask_uses>>) {
    access((), || drop(uses));
}

/// Its place in the log, from 1 on without holes; 0 while its count is still open.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_use_seq(event: Option<&keycask_use>) -> u64 {
    access(0, || event.and_then(|event| event.event.seq()).unwrap_or(0))
}

/// When verify judged, in milliseconds since 1970 UTC; of several, the first time.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_use_at_ms(event: Option<&keycask_use>) -> i64 {
    access(KEYCASK_TIME_NONE, || event.map_or(KEYCASK_TIME_NONE, |event| time_ms(event.event.at())))
}

/// When verify judged the last of them.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_use_last_at_ms(event: Option<&keycask_use>) -> i64 {
    access(KEYCASK_TIME_NONE, || event.map_or(KEYCASK_TIME_NONE, |event| time_ms(event.event.last_at())))
}

/// How many verifies this stands for.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_use_count(event: Option<&keycask_use>) -> u64 {
    access(0, || event.map_or(0, |event| event.event.count()))
}

/// What verify found, a KEYCASK_OUTCOME_ number; -1 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_use_outcome(event: Option<&keycask_use>) -> i32 {
    access(-1, || event.map_or(-1, |event| outcome_number(event.event.outcome())))
}

/// The id of the key that was presented; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_use_key_id(event: Option<&keycask_use>) -> *const c_char {
    use_text(event, 0)
}

/// The client's address; NULL where unknown.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_use_client_ip(event: Option<&keycask_use>) -> *const c_char {
    use_text(event, 1)
}

/// The id of the client's request; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_use_request_id(event: Option<&keycask_use>) -> *const c_char {
    use_text(event, 2)
}

/// Releases a use; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_use_free(event: Option<Box<keycask_use>>) {
    access((), || drop(event));
}
