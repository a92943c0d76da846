package keycask

/*
#include "shim.h"
*/
import "C"

import "slices"

// Outcome is what verify found, one word, the same in every language.
type Outcome string

// The outcomes of verify, in the order of their precedence but for Valid, which comes last.
const (
	Valid          Outcome = "valid"
	Malformed      Outcome = "malformed"
	Unknown        Outcome = "unknown"
	Revoked        Outcome = "revoked"
	RotatedOut     Outcome = "rotated_out"
	Expired        Outcome = "expired"
	Disabled       Outcome = "disabled"
	NotYetValid    Outcome = "not_yet_valid"
	WrongPrefix    Outcome = "wrong_prefix"
	MissingScope   Outcome = "missing_scope"
	SourceDenied   Outcome = "source_denied"
	RateLimited    Outcome = "rate_limited"
	QuotaExhausted Outcome = "quota_exhausted"
)

// State is what a key is at a point in time.
type State string

// The states of a key. StateSuperseded and StateActive are those in which it is accepted.
const (
	StateRevoked     State = "revoked"
	StateRotatedOut  State = "rotated_out"
	StateExpired     State = "expired"
	StateDisabled    State = "disabled"
	StateNotYetValid State = "not_yet_valid"
	StateSuperseded  State = "superseded"
	StateActive      State = "active"
)

// RevocationReason is why a key was revoked.
type RevocationReason string

// The reasons for a revocation. The empty reason is ReasonUnspecified where one is given.
const (
	ReasonUnspecified       RevocationReason = "unspecified"
	ReasonCompromised       RevocationReason = "compromised"
	ReasonRotationCancelled RevocationReason = "rotation_cancelled"
	ReasonOwnerLeft         RevocationReason = "owner_left"
	ReasonNoLongerUsed      RevocationReason = "no_longer_used"
	ReasonPolicy            RevocationReason = "policy"
)

// Encoding is how the random part of a secret is written.
type Encoding string

// The encodings. Base62 is the default: a double click selects it.
const (
	Base62    Encoding = "base62"
	Base64URL Encoding = "base64url"
)

// Log is one of the two audit logs.
type Log string

// The logs: that of changes is kept for ever, that of uses is pruned by the policy.
const (
	LogChanges Log = "changes"
	LogUses    Log = "uses"
)

// UseMode is how verifies of known keys are recorded.
type UseMode string

// The modes: an event for each verify; one for each key, outcome and five minutes, with an exact count; none.
const (
	UseEach    UseMode = "each"
	UseBuckets UseMode = "buckets"
	UseOff     UseMode = "off"
)

// Acknowledgement is when a verify is answered, seen from its event.
type Acknowledgement string

// The acknowledgements: at once, the event being committed soon after; or only after it is committed.
const (
	Batched Acknowledgement = "batched"
	Strict  Acknowledgement = "strict"
)

// ChangeKind is what happened, in the log of changes.
type ChangeKind string

// The kinds of changes.
const (
	ChangeVaultCreated      ChangeKind = "vault.created"
	ChangeVaultRestored     ChangeKind = "vault.restored"
	ChangeVaultMigrated     ChangeKind = "vault.migrated"
	ChangePolicyChanged     ChangeKind = "policy.changed"
	ChangePepperChanged     ChangeKind = "pepper.changed"
	ChangeKeyCreated        ChangeKind = "key.created"
	ChangeKeyImported       ChangeKind = "key.imported"
	ChangeKeyUpdated        ChangeKind = "key.updated"
	ChangeKeyDisabled       ChangeKind = "key.disabled"
	ChangeKeyEnabled        ChangeKind = "key.enabled"
	ChangeKeyRotated        ChangeKind = "key.rotated"
	ChangeRotationExtended  ChangeKind = "rotation.extended"
	ChangeRotationFinished  ChangeKind = "rotation.finished"
	ChangeRotationCancelled ChangeKind = "rotation.cancelled"
	ChangeKeyRevoked        ChangeKind = "key.revoked"
	ChangeUsesPruned        ChangeKind = "uses.pruned"
	ChangeUsesGap           ChangeKind = "uses.gap"
	ChangeClockRegressed    ChangeKind = "clock.regressed"
	ChangeBackupMade        ChangeKind = "backup.made"
	ChangeLeakReported      ChangeKind = "leak.reported"
	ChangePersonErased      ChangeKind = "person.erased"
)

// NoticeKind is what a notice tells.
type NoticeKind string

// The kinds of notices.
const (
	NoticeRotated          NoticeKind = "rotated"
	NoticeEmergencyRotated NoticeKind = "emergency_rotated"
	NoticeRevoked          NoticeKind = "revoked"
	NoticeWindowEnding     NoticeKind = "window_ending"
	NoticeExpiring         NoticeKind = "expiring"
	NoticeRotationDue      NoticeKind = "rotation_due"
	NoticeLeakReported     NoticeKind = "leak_reported"
)

// DueReason is why a key is due.
type DueReason string

// The reasons: rotate_after, the expiry or the grace window ends soon; or no successor lives that could take over.
const (
	DueRotation         DueReason = "rotation"
	DueExpiry           DueReason = "expiry"
	DueWindowEnd        DueReason = "window_end"
	DueWithoutSuccessor DueReason = "without_successor"
)

// ImportOutcome is what became of a line of an import that isn't plainly imported.
type ImportOutcome string

// The outcomes: the digest was there already; the line was refused; it was imported, and something is doubtful.
const (
	ImportExisting ImportOutcome = "existing"
	ImportRefused  ImportOutcome = "refused"
	ImportWarned   ImportOutcome = "warned"
)

// ImportFormat is how the text of an import is written.
type ImportFormat string

// The formats. The empty one is recognised by the first line.
const (
	CSV   ImportFormat = "csv"
	JSONL ImportFormat = "jsonl"
)

// words is a closed set of words that the header numbers without holes, from first on.
type words[T ~string] struct {
	name  string
	first int
	list  []T
}

var (
	outcomes = words[Outcome]{"outcome", C.KEYCASK_OUTCOME_VALID, []Outcome{
		Valid, Malformed, Unknown, Revoked, RotatedOut, Expired, Disabled, NotYetValid, WrongPrefix, MissingScope,
		SourceDenied, RateLimited, QuotaExhausted,
	}}
	states = words[State]{"state", C.KEYCASK_STATE_REVOKED, []State{
		StateRevoked, StateRotatedOut, StateExpired, StateDisabled, StateNotYetValid, StateSuperseded, StateActive,
	}}
	revocationReasons = words[RevocationReason]{"reason", C.KEYCASK_REVOCATION_UNSPECIFIED, []RevocationReason{
		ReasonUnspecified, ReasonCompromised, ReasonRotationCancelled, ReasonOwnerLeft, ReasonNoLongerUsed,
		ReasonPolicy,
	}}
	encodings        = words[Encoding]{"encoding", C.KEYCASK_ENCODING_BASE62, []Encoding{Base62, Base64URL}}
	logs             = words[Log]{"log", C.KEYCASK_LOG_CHANGES, []Log{LogChanges, LogUses}}
	useModes         = words[UseMode]{"use mode", C.KEYCASK_USE_MODE_EACH, []UseMode{UseEach, UseBuckets, UseOff}}
	acknowledgements = words[Acknowledgement]{
		"acknowledgement", C.KEYCASK_ACKNOWLEDGEMENT_BATCHED, []Acknowledgement{Batched, Strict},
	}
	changeKinds = words[ChangeKind]{"kind", C.KEYCASK_CHANGE_VAULT_CREATED, []ChangeKind{
		ChangeVaultCreated, ChangeVaultRestored, ChangeVaultMigrated, ChangePolicyChanged, ChangePepperChanged,
		ChangeKeyCreated, ChangeKeyImported, ChangeKeyUpdated, ChangeKeyDisabled, ChangeKeyEnabled, ChangeKeyRotated,
		ChangeRotationExtended, ChangeRotationFinished, ChangeRotationCancelled, ChangeKeyRevoked, ChangeUsesPruned,
		ChangeUsesGap, ChangeClockRegressed, ChangeBackupMade, ChangeLeakReported, ChangePersonErased,
	}}
	noticeKinds = words[NoticeKind]{"kind", C.KEYCASK_NOTICE_ROTATED, []NoticeKind{
		NoticeRotated, NoticeEmergencyRotated, NoticeRevoked, NoticeWindowEnding, NoticeExpiring, NoticeRotationDue,
		NoticeLeakReported,
	}}
	dueReasons = words[DueReason]{"reason", C.KEYCASK_DUE_ROTATION, []DueReason{
		DueRotation, DueExpiry, DueWindowEnd, DueWithoutSuccessor,
	}}
	importOutcomes = words[ImportOutcome]{"outcome", C.KEYCASK_IMPORT_EXISTING, []ImportOutcome{
		ImportExisting, ImportRefused, ImportWarned,
	}}
	importFormats = words[ImportFormat]{"format", C.KEYCASK_IMPORT_FORMAT_CSV, []ImportFormat{CSV, JSONL}}
)

// word is the word of a number; "?" for one of a later version.
func (w *words[T]) word(number C.int32_t) T {
	place := int(number) - w.first
	if place < 0 || place >= len(w.list) {
		return "?"
	}
	return w.list[place]
}

// number is the number of a word.
func (w *words[T]) number(word T) (C.int32_t, error) {
	place := slices.Index(w.list, word)
	if place < 0 {
		return 0, invalid("%s: %q is none", w.name, string(word))
	}
	return C.int32_t(place + w.first), nil
}

// optionalNumber is the number of a word, and none for the empty one.
func (w *words[T]) optionalNumber(word T, none C.int32_t) (C.int32_t, error) {
	if word == "" {
		return none, nil
	}
	return w.number(word)
}
