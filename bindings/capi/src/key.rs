//! The record of a key.

use std::borrow::Cow;
use std::ffi::c_char;
use std::ptr::null;
use std::sync::{Arc, OnceLock};

use keycask_core::{Key, KeyId};

use crate::guard::access;
use crate::input::{
    KEYCASK_DURATION_NONE, KEYCASK_TIME_NONE, duration_ms, optional_text, optional_time_ms, time_ms,
};
use crate::text::Texts;
use crate::words::{ENCODINGS, KEYCASK_REVOCATION_NONE, REVOCATIONS, STATES};

/// The record of a key: everything that the vault knows of it, its digest excepted. It is what the call that
/// returned it saw, not a live view.
///
/// Where a function hands it out as `keycask_key *`, the caller owns it and releases it by
/// keycask_key_free; a `const keycask_key *` is borrowed from the object that it was asked of. Texts are
/// borrowed from the key. The accessors take NULL, and answer NULL, 0, false or the value for none.
pub struct keycask_key {
    key: Arc<Key>,
    /// Made when the first text is asked for: most verdicts are never asked for one.
    texts: OnceLock<Texts>,
}

/// The places of a key's texts; its scopes follow.
mod place {
    pub(super) const ID: usize = 0;
    pub(super) const PREFIX: usize = 1;
    pub(super) const START: usize = 2;
    pub(super) const OWNER: usize = 3;
    pub(super) const NAME: usize = 4;
    pub(super) const METADATA: usize = 5;
    pub(super) const NOTIFY_EMAIL: usize = 6;
    pub(super) const CREATED_BY: usize = 7;
    pub(super) const REVOKED_BY: usize = 8;
    pub(super) const REVOKED_NOTE: usize = 9;
    pub(super) const LINEAGE: usize = 10;
    pub(super) const REPLACES: usize = 11;
    pub(super) const REPLACED_BY: usize = 12;
    pub(super) const SCOPES: usize = 13;
}

impl keycask_key {
    pub(crate) fn of(key: impl Into<Arc<Key>>) -> Self {
        Self { key: key.into(), texts: OnceLock::new() }
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    fn text(&self, place: usize) -> *const c_char {
        self.texts.get_or_init(|| texts(&self.key)).get(place)
    }
}

fn texts(key: &Key) -> Texts {
    let own_id = key.id().to_string();
    let id = |id: KeyId| if id == key.id() { Cow::Borrowed(&*own_id) } else { Cow::Owned(id.to_string()) };
    let fields = [
        Some(id(key.id())),
        Some(key.prefix().into()),
        Some(key.start().into()),
        Some(key.owner().into()),
        key.name().map(Cow::from),
        key.metadata().map(Cow::from),
        key.notify_email().map(Cow::from),
        Some(key.created_by().into()),
        key.revoked_by().map(Cow::from),
        key.revoked_note().map(Cow::from),
        Some(id(key.lineage())),
        key.replaces().map(id),
        key.replaced_by().map(id),
    ];
    Texts::of(fields.into_iter().chain(key.scopes().iter().map(|scope| Some(scope.into()))))
}

fn text_of(key: Option<&keycask_key>, place: usize) -> *const c_char {
    access(null(), || key.map_or(null(), |key| key.text(place)))
}

/// What a fact of a key is, or `none` for NULL.
fn fact<T: Copy>(key: Option<&keycask_key>, none: T, ask: impl FnOnce(&Key) -> T) -> T {
    access(none, || key.map_or(none, |key| ask(key.key())))
}

/// The public id, such as `key_01kb8rdhz6f5sbtcbgh1rstvwx`.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_id(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::ID)
}

/// The prefix of the secret; empty for an imported key that has none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_prefix(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::PREFIX)
}

/// The prefix and the first eight random characters, by which people tell keys apart.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_start(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::START)
}

/// How the random part of the secret is written: KEYCASK_ENCODING_BASE62 or KEYCASK_ENCODING_BASE64URL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_encoding(key: Option<&keycask_key>) -> i32 {
    fact(key, 0, |key| ENCODINGS.number(key.encoding()))
}

/// The account that the key belongs to, in your own words; empty where none was given.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_owner(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::OWNER)
}

/// What its owner calls it; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_name(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::NAME)
}

/// How many scopes it has.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_scopes_len(key: Option<&keycask_key>) -> usize {
    fact(key, 0, |key| key.scopes().len())
}

/// The scope at `index`, from 0 on, in sorted order; NULL where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_scope(key: Option<&keycask_key>, index: usize) -> *const c_char {
    text_of(key, index.saturating_add(place::SCOPES))
}

/// Whether the scopes cover `wanted`: `a:*` covers `a:b`. False for NULL and for what isn't UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_key_has_scope(key: Option<&keycask_key>, wanted: *const c_char) -> bool {
    // SAFETY: a text of the caller's, as the header says.
    let wanted = || unsafe { optional_text(wanted, "wanted") };
    fact(key, false, |key| wanted().ok().flatten().is_some_and(|wanted| key.has_scope(wanted)))
}

/// A JSON object of your own, as text; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_metadata(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::METADATA)
}

/// Where notices about this key go; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_notify_email(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::NOTIFY_EMAIL)
}

/// When it was issued, in milliseconds since 1970 UTC.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_created_at_ms(key: Option<&keycask_key>) -> i64 {
    fact(key, KEYCASK_TIME_NONE, |key| time_ms(key.created_at()))
}

/// The actor who issued it.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_created_by(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::CREATED_BY)
}

/// The first moment at which it is accepted; KEYCASK_TIME_NONE for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_not_before_ms(key: Option<&keycask_key>) -> i64 {
    fact(key, KEYCASK_TIME_NONE, |key| optional_time_ms(key.not_before()))
}

/// The first moment at which it is no longer accepted; KEYCASK_TIME_NONE for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_expires_at_ms(key: Option<&keycask_key>) -> i64 {
    fact(key, KEYCASK_TIME_NONE, |key| optional_time_ms(key.expires_at()))
}

/// How long after its creation it should be rotated, in milliseconds; KEYCASK_DURATION_NONE for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_rotate_after_ms(key: Option<&keycask_key>) -> i64 {
    fact(key, KEYCASK_DURATION_NONE, |key| key.rotate_after().map_or(KEYCASK_DURATION_NONE, duration_ms))
}

/// Whether somebody disabled it.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_disabled(key: Option<&keycask_key>) -> bool {
    fact(key, false, Key::disabled)
}

/// When it was revoked; KEYCASK_TIME_NONE where it isn't.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_revoked_at_ms(key: Option<&keycask_key>) -> i64 {
    fact(key, KEYCASK_TIME_NONE, |key| optional_time_ms(key.revoked_at()))
}

/// The actor who revoked it; NULL where it isn't revoked.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_revoked_by(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::REVOKED_BY)
}

/// Why it was revoked: a KEYCASK_REVOCATION_ number; KEYCASK_REVOCATION_NONE where it isn't revoked.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_revoked_reason(key: Option<&keycask_key>) -> i32 {
    let number = |key: &Key| key.revoked_reason().map(|reason| REVOCATIONS.number(reason));
    fact(key, KEYCASK_REVOCATION_NONE, |key| number(key).unwrap_or(KEYCASK_REVOCATION_NONE))
}

/// What the actor who revoked it wrote down; NULL for nothing.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_revoked_note(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::REVOKED_NOTE)
}

/// The id of the first key of the chain of rotations that it belongs to: its own where it is the first.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_lineage(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::LINEAGE)
}

/// The id of the key that it took over from; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_replaces(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::REPLACES)
}

/// The id of the key that took over from it; NULL for none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_replaced_by(key: Option<&keycask_key>) -> *const c_char {
    text_of(key, place::REPLACED_BY)
}

/// The first moment at which it is no longer accepted beside its successor; KEYCASK_TIME_NONE without one.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_grace_until_ms(key: Option<&keycask_key>) -> i64 {
    fact(key, KEYCASK_TIME_NONE, |key| optional_time_ms(key.grace_until()))
}

/// Its state at `now_ms`, a KEYCASK_STATE_ number; keycask_vault_now_ms has the vault's time. 0 for NULL
/// and for a time that is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_state(key: Option<&keycask_key>, now_ms: i64) -> i32 {
    let now = || crate::input::optional_time(now_ms, "now_ms").ok().flatten();
    fact(key, 0, |key| now().map_or(0, |now| STATES.number(key.state_at(now))))
}

/// A number that two keys have in common where, as long as both live, they are one reading of the vault's
/// record: what was made of one serves for the other. Verdicts on a key that did not change mostly share one.
/// 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_reading(key: Option<&keycask_key>) -> u64 {
    access(0, || key.map_or(0, |key| Arc::as_ptr(&key.key).addr() as u64))
}

/// Releases a key that the caller owns; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_key_free(key: Option<Box<keycask_key>>) {
    access((), || drop(key));
}
