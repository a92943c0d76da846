//! The closed sets of words, as numbers and by name. Numbers never change their meaning; later versions may
//! add some.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use keycask_core::{
    ChangeKind, DueReason, Encoding, ImportOutcome, KeyState, Log, NoticeKind, Outcome, Reason,
    RevocationReason, UseAcknowledgement, UseMode,
};

use crate::error::Failure;
use crate::guard::access;
use crate::status::UNKNOWN;
use crate::text::c_string;

/// The key may be served.
pub const KEYCASK_OUTCOME_VALID: i32 = 0;
/// Not the form of a secret, or a wrong checksum: a typo, or not one of yours. HTTP 401.
pub const KEYCASK_OUTCOME_MALFORMED: i32 = 1;
/// Well formed, but no key of this vault. HTTP 401.
pub const KEYCASK_OUTCOME_UNKNOWN: i32 = 2;
/// Revoked, for ever. HTTP 401.
pub const KEYCASK_OUTCOME_REVOKED: i32 = 3;
/// Superseded by a rotation whose grace window is over. HTTP 401.
pub const KEYCASK_OUTCOME_ROTATED_OUT: i32 = 4;
/// Past its `expires_at`. HTTP 401.
pub const KEYCASK_OUTCOME_EXPIRED: i32 = 5;
/// Disabled until somebody enables it. HTTP 401.
pub const KEYCASK_OUTCOME_DISABLED: i32 = 6;
/// Before its `not_before`. HTTP 401.
pub const KEYCASK_OUTCOME_NOT_YET_VALID: i32 = 7;
/// Good, but of another prefix than the one that was demanded. HTTP 403.
pub const KEYCASK_OUTCOME_WRONG_PREFIX: i32 = 8;
/// Good, but without a scope that was demanded. HTTP 403.
pub const KEYCASK_OUTCOME_MISSING_SCOPE: i32 = 9;
/// Reserved: the client's address isn't allowed. HTTP 403.
pub const KEYCASK_OUTCOME_SOURCE_DENIED: i32 = 10;
/// Reserved: too many requests. HTTP 429.
pub const KEYCASK_OUTCOME_RATE_LIMITED: i32 = 11;
/// Reserved: the key's quota is used up. HTTP 429.
pub const KEYCASK_OUTCOME_QUOTA_EXHAUSTED: i32 = 12;

/// Revoked, for ever.
pub const KEYCASK_STATE_REVOKED: i32 = 1;
/// Superseded, its grace window over.
pub const KEYCASK_STATE_ROTATED_OUT: i32 = 2;
/// Past its `expires_at`.
pub const KEYCASK_STATE_EXPIRED: i32 = 3;
/// Disabled until somebody enables it.
pub const KEYCASK_STATE_DISABLED: i32 = 4;
/// Before its `not_before`.
pub const KEYCASK_STATE_NOT_YET_VALID: i32 = 5;
/// Superseded by a successor, and still accepted until `grace_until`.
pub const KEYCASK_STATE_SUPERSEDED: i32 = 6;
/// Accepted.
pub const KEYCASK_STATE_ACTIVE: i32 = 7;

/// The key isn't revoked.
pub const KEYCASK_REVOCATION_NONE: i32 = -1;
/// No reason was said.
pub const KEYCASK_REVOCATION_UNSPECIFIED: i32 = 0;
/// The secret leaked, or may have.
pub const KEYCASK_REVOCATION_COMPROMISED: i32 = 1;
/// The rotation that issued the key was cancelled.
pub const KEYCASK_REVOCATION_ROTATION_CANCELLED: i32 = 2;
/// Its owner left.
pub const KEYCASK_REVOCATION_OWNER_LEFT: i32 = 3;
/// Nobody needs it any more.
pub const KEYCASK_REVOCATION_NO_LONGER_USED: i32 = 4;
/// A rule demands it.
pub const KEYCASK_REVOCATION_POLICY: i32 = 5;

/// 43 characters of `0-9A-Za-z`: a double click selects it.
pub const KEYCASK_ENCODING_BASE62: i32 = 0;
/// 32 bytes as URL-safe base64.
pub const KEYCASK_ENCODING_BASE64URL: i32 = 1;

/// The log of changes of keys, the policy and the vault itself; kept for ever.
pub const KEYCASK_LOG_CHANGES: i32 = 1;
/// The log of verifies of known keys; pruned by the policy.
pub const KEYCASK_LOG_USES: i32 = 2;

/// One event for each verify of a known key.
pub const KEYCASK_USE_MODE_EACH: i32 = 1;
/// One event for each key, outcome and five minutes, with an exact count.
pub const KEYCASK_USE_MODE_BUCKETS: i32 = 2;
/// No events.
pub const KEYCASK_USE_MODE_OFF: i32 = 3;

/// Verify answers at once; its event is committed soon after.
pub const KEYCASK_ACKNOWLEDGEMENT_BATCHED: i32 = 1;
/// Verify accepts a key only after its event is committed.
pub const KEYCASK_ACKNOWLEDGEMENT_STRICT: i32 = 2;

/// The vault was created.
pub const KEYCASK_CHANGE_VAULT_CREATED: i32 = 1;
/// A backup took the vault's place.
pub const KEYCASK_CHANGE_VAULT_RESTORED: i32 = 2;
/// The schema was upgraded.
pub const KEYCASK_CHANGE_VAULT_MIGRATED: i32 = 3;
/// The policy was set.
pub const KEYCASK_CHANGE_POLICY_CHANGED: i32 = 4;
/// The pepper was introduced, rotated or retired.
pub const KEYCASK_CHANGE_PEPPER_CHANGED: i32 = 5;
/// A key was issued.
pub const KEYCASK_CHANGE_KEY_CREATED: i32 = 6;
/// A digest of another system became a key.
pub const KEYCASK_CHANGE_KEY_IMPORTED: i32 = 7;
/// A key's fields were changed.
pub const KEYCASK_CHANGE_KEY_UPDATED: i32 = 8;
/// A key was disabled.
pub const KEYCASK_CHANGE_KEY_DISABLED: i32 = 9;
/// A key was enabled.
pub const KEYCASK_CHANGE_KEY_ENABLED: i32 = 10;
/// A key was superseded by a successor, which has its own event.
pub const KEYCASK_CHANGE_KEY_ROTATED: i32 = 11;
/// A grace window was extended.
pub const KEYCASK_CHANGE_ROTATION_EXTENDED: i32 = 12;
/// A grace window was ended early.
pub const KEYCASK_CHANGE_ROTATION_FINISHED: i32 = 13;
/// A rotation was undone.
pub const KEYCASK_CHANGE_ROTATION_CANCELLED: i32 = 14;
/// A key was revoked.
pub const KEYCASK_CHANGE_KEY_REVOKED: i32 = 15;
/// Old uses were deleted by the policy.
pub const KEYCASK_CHANGE_USES_PRUNED: i32 = 16;
/// Uses were lost; the detail says how many, or that nobody knows.
pub const KEYCASK_CHANGE_USES_GAP: i32 = 17;
/// The wall clock stepped back by more than an hour.
pub const KEYCASK_CHANGE_CLOCK_REGRESSED: i32 = 18;
/// A backup was made.
pub const KEYCASK_CHANGE_BACKUP_MADE: i32 = 19;
/// A leak of a secret was reported.
pub const KEYCASK_CHANGE_LEAK_REPORTED: i32 = 20;
/// What named a person was blanked.
pub const KEYCASK_CHANGE_PERSON_ERASED: i32 = 21;

/// A successor was issued, and the key's grace window runs.
pub const KEYCASK_NOTICE_ROTATED: i32 = 1;
/// The key and its living relatives were revoked as compromised, and one new key was issued.
pub const KEYCASK_NOTICE_EMERGENCY_ROTATED: i32 = 2;
/// The key was revoked.
pub const KEYCASK_NOTICE_REVOKED: i32 = 3;
/// The key's grace window ends within 24 hours.
pub const KEYCASK_NOTICE_WINDOW_ENDING: i32 = 4;
/// The key expires within the policy's `notice_ahead`.
pub const KEYCASK_NOTICE_EXPIRING: i32 = 5;
/// The key should be rotated: `rotate_after` is over, or will be within the policy's `notice_ahead`.
pub const KEYCASK_NOTICE_ROTATION_DUE: i32 = 6;
/// Somebody reported that the key's secret leaked.
pub const KEYCASK_NOTICE_LEAK_REPORTED: i32 = 7;

/// The key should be rotated: `rotate_after` is over, or soon will be.
pub const KEYCASK_DUE_ROTATION: i32 = 1;
/// The key expires soon.
pub const KEYCASK_DUE_EXPIRY: i32 = 2;
/// The key's grace window ends soon.
pub const KEYCASK_DUE_WINDOW_END: i32 = 3;
/// The key's grace window runs, and no successor lives that could take over.
pub const KEYCASK_DUE_WITHOUT_SUCCESSOR: i32 = 4;

/// The digest is in the vault already, or stands on an earlier line; nothing was changed.
pub const KEYCASK_IMPORT_EXISTING: i32 = 1;
/// The line was not imported.
pub const KEYCASK_IMPORT_REFUSED: i32 = 2;
/// The line was imported, and something about it is doubtful.
pub const KEYCASK_IMPORT_WARNED: i32 = 3;

/// Recognised by its first line.
pub const KEYCASK_IMPORT_FORMAT_ANY: i32 = 0;
/// Comma-separated values with a header that names the fields.
pub const KEYCASK_IMPORT_FORMAT_CSV: i32 = 1;
/// A JSON object on each line.
pub const KEYCASK_IMPORT_FORMAT_JSONL: i32 = 2;

/// Words with numbers that count from `first` on.
pub(crate) struct Numbered<T: 'static> {
    name: &'static str,
    first: i32,
    words: &'static [T],
}

impl<T: Copy + PartialEq> Numbered<T> {
    /// What a number from outside stands for.
    pub(crate) fn word(&self, number: i32) -> Result<T, Failure> {
        self.find(number).ok_or_else(|| Failure::invalid(format!("{}: {number} is none", self.name)))
    }

    /// The number of a word; -1 for one that is newer than this list.
    pub(crate) fn number(&self, word: T) -> i32 {
        let place = self.words.iter().position(|known| *known == word);
        place.and_then(|place| i32::try_from(place).ok()).map_or(-1, |place| place + self.first)
    }

    fn find(&self, number: i32) -> Option<T> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.words.get(place).copied()
    }
}

pub(crate) const STATES: Numbered<KeyState> = Numbered { name: "state", first: 1, words: KeyState::ALL };
pub(crate) const ENCODINGS: Numbered<Encoding> =
    Numbered { name: "encoding", first: 0, words: Encoding::ALL };
pub(crate) const LOGS: Numbered<Log> = Numbered { name: "log", first: 1, words: Log::ALL };
pub(crate) const USE_MODES: Numbered<UseMode> = Numbered { name: "use_mode", first: 1, words: UseMode::ALL };
pub(crate) const ACKNOWLEDGEMENTS: Numbered<UseAcknowledgement> =
    Numbered { name: "use_acknowledgement", first: 1, words: UseAcknowledgement::ALL };
pub(crate) const CHANGES: Numbered<ChangeKind> = Numbered { name: "kind", first: 1, words: ChangeKind::ALL };
pub(crate) const NOTICES: Numbered<NoticeKind> = Numbered { name: "kind", first: 1, words: NoticeKind::ALL };
pub(crate) const REASONS: Numbered<Reason> = Numbered { name: "outcome", first: 1, words: Reason::ALL };
pub(crate) const REVOCATIONS: Numbered<RevocationReason> = Numbered {
    name: "reason",
    first: 0,
    words: &[
        RevocationReason::Unspecified,
        RevocationReason::Compromised,
        RevocationReason::RotationCancelled,
        RevocationReason::OwnerLeft,
        RevocationReason::NoLongerUsed,
        RevocationReason::Policy,
    ],
};
pub(crate) const DUES: Numbered<DueReason> = Numbered {
    name: "reason",
    first: 1,
    words: &[DueReason::Rotation, DueReason::Expiry, DueReason::WindowEnd, DueReason::WithoutSuccessor],
};
pub(crate) const IMPORTS: Numbered<ImportOutcome> = Numbered {
    name: "outcome",
    first: 1,
    words: &[ImportOutcome::Existing, ImportOutcome::Refused, ImportOutcome::Warned],
};

/// The number of an outcome.
pub(crate) fn outcome_number(outcome: Outcome) -> i32 {
    match outcome {
        Outcome::Valid => KEYCASK_OUTCOME_VALID,
        Outcome::Refused(reason) => REASONS.number(reason),
    }
}

/// The outcome of a number.
pub(crate) fn outcome(number: i32) -> Result<Outcome, Failure> {
    match number {
        KEYCASK_OUTCOME_VALID => Ok(Outcome::Valid),
        reason => Ok(Outcome::Refused(REASONS.word(reason)?)),
    }
}

/// The word of a KEYCASK_OUTCOME_ number, such as `valid` or `rotated_out`; `?` for a number that is none.
/// Never NULL, and never to be released, as with the other names.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_outcome_name(outcome: i32) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    if outcome == KEYCASK_OUTCOME_VALID {
        return c"valid".as_ptr();
    }
    name(&NAMES, &REASONS, outcome, Reason::as_str)
}

/// The word of a KEYCASK_STATE_ number, such as `active`.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_state_name(state: i32) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    name(&NAMES, &STATES, state, KeyState::as_str)
}

/// The word of a KEYCASK_REVOCATION_ number, such as `compromised`.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_revocation_name(reason: i32) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    name(&NAMES, &REVOCATIONS, reason, RevocationReason::as_str)
}

/// The word of a KEYCASK_CHANGE_ number, such as `key.created`.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_change_kind_name(kind: i32) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    name(&NAMES, &CHANGES, kind, ChangeKind::as_str)
}

/// The word of a KEYCASK_NOTICE_ number, such as `window_ending`.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_notice_kind_name(kind: i32) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    name(&NAMES, &NOTICES, kind, NoticeKind::as_str)
}

/// The word of a KEYCASK_DUE_ number, such as `rotation`.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_due_reason_name(reason: i32) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    name(&NAMES, &DUES, reason, DueReason::as_str)
}

/// The word of a KEYCASK_USE_MODE_ number, such as `each`.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_use_mode_name(mode: i32) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    name(&NAMES, &USE_MODES, mode, UseMode::as_str)
}

/// The word of a KEYCASK_ACKNOWLEDGEMENT_ number, such as `batched`.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_acknowledgement_name(acknowledgement: i32) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    name(&NAMES, &ACKNOWLEDGEMENTS, acknowledgement, UseAcknowledgement::as_str)
}

/// The word of a KEYCASK_IMPORT_ outcome, such as `refused`.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_outcome_name(outcome: i32) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    name(&NAMES, &IMPORTS, outcome, ImportOutcome::as_str)
}

/// The word of a KEYCASK_ENCODING_ number: `base62` or `base64url`.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_encoding_name(encoding: i32) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    name(&NAMES, &ENCODINGS, encoding, Encoding::as_str)
}

fn name<T: Copy>(
    names: &'static OnceLock<Vec<CString>>,
    numbered: &Numbered<T>,
    number: i32,
    word: impl Fn(T) -> &'static str,
) -> *const c_char {
    access(UNKNOWN.as_ptr(), || {
        let names = names.get_or_init(|| numbered.words.iter().map(|known| c_string(word(*known))).collect());
        let place = number.checked_sub(numbered.first).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| names.get(place)).map_or(UNKNOWN.as_ptr(), |name| name.as_ptr())
    })
}

#[cfg(test)]
mod tests {
    //! Guards against a number of the header that stands for another word than the core's.

    use super::*;

    #[test]
    fn numbers_stand_for_the_words_that_they_are_named_after() {
        assert_eq!(REASONS.number(Reason::Malformed), KEYCASK_OUTCOME_MALFORMED);
        assert_eq!(REASONS.number(Reason::RotatedOut), KEYCASK_OUTCOME_ROTATED_OUT);
        assert_eq!(REASONS.number(Reason::QuotaExhausted), KEYCASK_OUTCOME_QUOTA_EXHAUSTED);
        assert!(Reason::ALL.iter().all(|reason| REASONS.number(*reason) == *reason as i32));
        assert!(ChangeKind::ALL.iter().all(|kind| CHANGES.number(*kind) == *kind as i32));
        assert_eq!(CHANGES.number(ChangeKind::PersonErased), KEYCASK_CHANGE_PERSON_ERASED);
        assert_eq!(STATES.number(KeyState::Active), KEYCASK_STATE_ACTIVE);
        assert_eq!(NOTICES.number(NoticeKind::LeakReported), KEYCASK_NOTICE_LEAK_REPORTED);
        assert_eq!(REVOCATIONS.number(RevocationReason::Policy), KEYCASK_REVOCATION_POLICY);
        assert_eq!(LOGS.number(Log::Uses), KEYCASK_LOG_USES);
        assert_eq!(USE_MODES.number(UseMode::Off), KEYCASK_USE_MODE_OFF);
        assert_eq!(ENCODINGS.number(Encoding::Base64Url), KEYCASK_ENCODING_BASE64URL);
        assert_eq!(DUES.number(DueReason::WithoutSuccessor), KEYCASK_DUE_WITHOUT_SUCCESSOR);
        assert_eq!(IMPORTS.number(ImportOutcome::Warned), KEYCASK_IMPORT_WARNED);
    }

    #[test]
    fn every_word_has_a_number_and_no_other_number_a_word() {
        assert!(RevocationReason::ALL.iter().all(|reason| REVOCATIONS.number(*reason) >= 0));
        for number in [i32::MIN, -1, 0, 13, i32::MAX] {
            assert!(REASONS.word(number).is_err());
        }
        assert!(REVOCATIONS.word(0).is_ok() && REVOCATIONS.word(6).is_err());
    }
}
