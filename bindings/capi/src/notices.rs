//! Notices: what people should hear about a key, listed, claimed by a sender, acknowledged.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null;

use keycask_core::{Notice, NoticeClaim, NoticeFilter, Retries};

use crate::cursor::{Cursor, next};
use crate::error::{Failure, keycask_error};
use crate::guard::{access, make, make_wanted};
use crate::input::{
    KEYCASK_TIME_NONE, Versioned, duration, optional_duration, optional_parsed, optional_time,
    optional_time_ms, parsed, required, time_ms, versioned,
};
use crate::status::keycask_status;
use crate::text::Texts;
use crate::vault::{Handle, shared_vault, vault};
use crate::words::NOTICES;

/// Which notices to list: the unacknowledged ones, oldest first, where nothing is said. Begin with
/// KEYCASK_NOTICE_FILTER_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_notice_filter {
    /// sizeof(keycask_notice_filter), as KEYCASK_NOTICE_FILTER_INIT sets it.
    pub struct_size: usize,
    /// Only what was written after the notice with this id: the cursor of a page; NULL for all.
    pub after: *const c_char,
    /// At most so many; 0 for all.
    pub limit: usize,
    /// As of when, in milliseconds since 1970 UTC; 0 for now, by the vault's clock.
    pub now_ms: i64,
    /// Only of this kind, a KEYCASK_NOTICE_ number; 0 for all.
    pub kind: i32,
    /// Not 0 for the acknowledged ones too, and those that no longer hold.
    pub all: i32,
    /// Not 0 for those only that were given up.
    pub dead: i32,
}

/// Which notices a sender wants, and for how long they are its own. Begin with KEYCASK_NOTICE_CLAIM_INIT
/// and set `lease_ms`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_notice_claim {
    /// sizeof(keycask_notice_claim), as KEYCASK_NOTICE_CLAIM_INIT sets it.
    pub struct_size: usize,
    /// For how long no other sender may claim them, in milliseconds: as long as a delivery may take.
    pub lease_ms: i64,
    /// Only what was written after the notice with this id: the next step of a round; NULL for all.
    pub after: *const c_char,
    /// At most so many; one where it is 0.
    pub limit: usize,
    /// As of when, in milliseconds since 1970 UTC; 0 for now, by the vault's clock.
    pub now_ms: i64,
    /// Not 0 for those only whose key has a `notify_email`.
    pub addressed: i32,
}

/// How often a sender tries, and how long it waits after a failure. Begin with KEYCASK_RETRIES_INIT; what
/// stays 0 is the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_retries {
    /// sizeof(keycask_retries), as KEYCASK_RETRIES_INIT sets it.
    pub struct_size: usize,
    /// The wait after the first failure, in milliseconds, which doubles with each further one: a minute.
    pub first_ms: i64,
    /// The longest wait, in milliseconds: six hours.
    pub longest_ms: i64,
    /// How many attempts there are before a notice is given up: 16.
    pub attempts: u32,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_notice_filter {
    const NAME: &str = "keycask_notice_filter";
    const FIRST_SIZE: usize = size_of::<Self>();
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_notice_claim {
    const NAME: &str = "keycask_notice_claim";
    const FIRST_SIZE: usize = size_of::<Self>();
}

// SAFETY: of integers, in C's layout, its size first.
unsafe impl Versioned for keycask_retries {
    const NAME: &str = "keycask_retries";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// A list of notices. Owned by the caller, to be released by keycask_notices_free.
pub struct keycask_notices {
    cursor: Cursor<Notice>,
}

/// Something that people should hear about a key. It never holds a secret. Owned by the caller, to be
/// released by keycask_notice_free; its texts are borrowed from it. The accessors take NULL, and answer
/// NULL, 0 or KEYCASK_TIME_NONE.
pub struct keycask_notice {
    notice: Notice,
    /// Its id, the key's id, start, name, owner and address, the detail.
    texts: Texts,
}

impl From<Notice> for keycask_notice {
    fn from(notice: Notice) -> Self {
        let texts = Texts::of([
            Some(notice.id().to_string()),
            Some(notice.key_id().to_string()),
            Some(notice.start().to_owned()),
            notice.name().map(str::to_owned),
            Some(notice.owner().to_owned()),
            notice.notify_email().map(str::to_owned),
            Some(notice.detail().to_owned()),
        ]);
        Self { notice, texts }
    }
}

/// # Safety
///
/// As for [`optional_parsed`].
unsafe fn filter(given: &keycask_notice_filter) -> Result<NoticeFilter, Failure> {
    let mut filter = NoticeFilter::new();
    // SAFETY: the caller's.
    if let Some(id) = unsafe { optional_parsed(given.after, "after") }? {
        filter = filter.after(id);
    }
    if given.limit != 0 {
        filter = filter.limit(given.limit);
    }
    if given.kind != 0 {
        filter = filter.kind(NOTICES.word(given.kind)?);
    }
    if given.all != 0 {
        filter = filter.all();
    }
    Ok(if given.dead == 0 { filter } else { filter.dead() })
}

/// # Safety
///
/// As for [`optional_parsed`].
unsafe fn claim(given: &keycask_notice_claim) -> Result<NoticeClaim, Failure> {
    let mut claim = NoticeClaim::new(duration(given.lease_ms, "lease_ms")?);
    // SAFETY: the caller's.
    if let Some(id) = unsafe { optional_parsed(given.after, "after") }? {
        claim = claim.after(id);
    }
    if given.limit != 0 {
        claim = claim.limit(given.limit);
    }
    Ok(if given.addressed == 0 { claim } else { claim.addressed() })
}

fn retries(given: &keycask_retries) -> Result<Retries, Failure> {
    let mut retries = Retries::new();
    if let Some(wait) = optional_duration(given.first_ms, "first_ms")? {
        retries = retries.first(wait);
    }
    if let Some(wait) = optional_duration(given.longest_ms, "longest_ms")? {
        retries = retries.longest(wait);
    }
    Ok(if given.attempts == 0 { retries } else { retries.attempts(given.attempts) })
}

/// The notices that match, oldest first; what time alone brings is written down first, once each. `filter`
/// may be NULL: the unacknowledged ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_notices(
    vault: Handle<'_>,
    filter: *const keycask_notice_filter,
    notices_out: Option<&mut MaybeUninit<*mut keycask_notices>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(notices_out, "notices_out", error_out, || {
        let vault = shared_vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (given, filter) = unsafe {
            let given = versioned(filter)?;
            (given, self::filter(&given)?)
        };
        let cursor = match optional_time(given.now_ms, "now_ms")? {
            None => Cursor::paging(vault, |vault| vault.notices(filter)),
            Some(now) => Cursor::paging(vault, |vault| vault.notices_at(filter, now)),
        };
        Ok(keycask_notices { cursor: cursor? })
    })
}

/// Claims notices that are to be delivered now, oldest first: no other sender gets them until the lease is
/// over. After each delivery call keycask_vault_ack, or keycask_vault_notice_failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_claim_notices(
    vault: Handle<'_>,
    claim: *const keycask_notice_claim,
    notices_out: Option<&mut MaybeUninit<*mut keycask_notices>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(notices_out, "notices_out", error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (given, claim) = unsafe {
            let given = required(claim, "claim")?;
            (given, self::claim(&given)?)
        };
        let notices = match optional_time(given.now_ms, "now_ms")? {
            None => vault.claim_notices(claim)?,
            Some(now) => vault.claim_notices_at(claim, now)?,
        };
        Ok(keycask_notices { cursor: Cursor::listed(notices) })
    })
}

/// Acknowledges a notice: it was delivered, or somebody has seen to it. To do so twice changes nothing. As of
/// `now_ms`; 0 for now. The notice as it is then goes to `notice_out`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_ack(
    vault: Handle<'_>,
    notice_id: *const c_char,
    now_ms: i64,
    notice_out: Option<&mut MaybeUninit<*mut keycask_notice>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(notice_out, error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: a text of the caller's, as the header says.
        let id = unsafe { parsed(notice_id, "notice_id") }?;
        let notice = match optional_time(now_ms, "now_ms")? {
            None => vault.ack(id)?,
            Some(now) => vault.ack_at(id, now)?,
        };
        Ok(notice.into())
    })
}

/// Reports that a claimed notice could not be delivered: it may be claimed again after a wait that grows
/// with each failure, or is given up after too many. `retries` may be NULL. As of `now_ms`; 0 for now. The
/// notice as it is then goes to `notice_out`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_notice_failed(
    vault: Handle<'_>,
    notice_id: *const c_char,
    retries: *const keycask_retries,
    now_ms: i64,
    notice_out: Option<&mut MaybeUninit<*mut keycask_notice>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(notice_out, error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (id, given) = unsafe { (parsed(notice_id, "notice_id")?, versioned(retries)?) };
        let retries = self::retries(&given)?;
        let notice = match optional_time(now_ms, "now_ms")? {
            None => vault.notice_failed(id, &retries)?,
            Some(now) => vault.notice_failed_at(id, &retries, now)?,
        };
        Ok(notice.into())
    })
}

/// Lets a notice that was given up, or that waits, be claimed at once. The notice as it is then goes to
/// `notice_out`, which may be NULL. Fails with KEYCASK_CONFLICT where it was acknowledged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_retry_notice(
    vault: Handle<'_>,
    notice_id: *const c_char,
    notice_out: Option<&mut MaybeUninit<*mut keycask_notice>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(notice_out, error_out, || {
        // SAFETY: a text of the caller's, as the header says.
        let id = unsafe { parsed(notice_id, "notice_id") }?;
        Ok(self::vault(vault)?.retry_notice(id)?.into())
    })
}

/// The next notice of a list: KEYCASK_OK with an object of the caller's, or KEYCASK_END with NULL at its end.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notices_next(
    notices: Option<&mut keycask_notices>,
    notice_out: Option<&mut MaybeUninit<*mut keycask_notice>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    let cursor = notices.map(|notices| &mut notices.cursor);
    next(cursor, ["notices", "notice_out"], notice_out, error_out, keycask_notice::from)
}

/// Releases a list, at its end or before; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notices_free(notices: Option<Box<keycask_notices>>) {
    access((), || drop(notices));
}

fn text(notice: Option<&keycask_notice>, place: usize) -> *const c_char {
    access(null(), || notice.map_or(null(), |notice| notice.texts.get(place)))
}

fn fact<T: Copy>(notice: Option<&keycask_notice>, none: T, ask: impl FnOnce(&Notice) -> T) -> T {
    access(none, || notice.map_or(none, |notice| ask(&notice.notice)))
}

/// Its id, such as `notice_01kb8rdhz6f5sbtcbgh1rstvwx`. A notice that is sent twice has the same one.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_id(notice: Option<&keycask_notice>) -> *const c_char {
    text(notice, 0)
}

/// What it tells, a KEYCASK_NOTICE_ number.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_kind(notice: Option<&keycask_notice>) -> i32 {
    fact(notice, 0, |notice| NOTICES.number(notice.kind()))
}

/// When it was written, in milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_at_ms(notice: Option<&keycask_notice>) -> i64 {
    fact(notice, KEYCASK_TIME_NONE, |notice| time_ms(notice.at()))
}

/// The moment that it speaks of: when the key was rotated, revoked or reported; or when its window ends, it
/// expires, or its rotation is due.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_about_ms(notice: Option<&keycask_notice>) -> i64 {
    fact(notice, KEYCASK_TIME_NONE, |notice| time_ms(notice.about()))
}

/// The id of the key that it is about.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_key_id(notice: Option<&keycask_notice>) -> *const c_char {
    text(notice, 1)
}

/// The start of the key's secret, by which people tell keys apart.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_start(notice: Option<&keycask_notice>) -> *const c_char {
    text(notice, 2)
}

/// The key's name; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_name(notice: Option<&keycask_notice>) -> *const c_char {
    text(notice, 3)
}

/// The account that the key belongs to; empty where none was given.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_owner(notice: Option<&keycask_notice>) -> *const c_char {
    text(notice, 4)
}

/// Where notices about the key go; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_notify_email(notice: Option<&keycask_notice>) -> *const c_char {
    text(notice, 5)
}

/// What belongs to its kind, as the text of a JSON object.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_detail(notice: Option<&keycask_notice>) -> *const c_char {
    text(notice, 6)
}

/// When it was acknowledged; KEYCASK_TIME_NONE where it wasn't.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_acked_at_ms(notice: Option<&keycask_notice>) -> i64 {
    fact(notice, KEYCASK_TIME_NONE, |notice| optional_time_ms(notice.acked_at()))
}

/// How many deliveries failed.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_attempts(notice: Option<&keycask_notice>) -> u32 {
    fact(notice, 0, Notice::attempts)
}

/// The first moment at which a sender may claim it again; KEYCASK_TIME_NONE where it is free to be claimed.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_next_attempt_at_ms(notice: Option<&keycask_notice>) -> i64 {
    fact(notice, KEYCASK_TIME_NONE, |notice| optional_time_ms(notice.next_attempt_at()))
}

/// When it was given up after too many failures; KEYCASK_TIME_NONE where it wasn't.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_dead_at_ms(notice: Option<&keycask_notice>) -> i64 {
    fact(notice, KEYCASK_TIME_NONE, |notice| optional_time_ms(notice.dead_at()))
}

/// Releases a notice; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_free(notice: Option<Box<keycask_notice>>) {
    access((), || drop(notice));
}
