package keycask

/*
#cgo noescape kc_view_key
#cgo nocallback kc_view_key
#include "shim.h"
*/
import "C"

import (
	"time"
	"unsafe"
)

// Key is the record of a key: everything that the vault knows of it, its digest excepted. It is what the call that
// returned it saw, not a live view. What is absent is empty: a text, a time, a duration.
//
// As JSON it has the names and forms of the keycask command: null for what is absent, times as RFC 3339, RotateAfter
// in whole seconds.
type Key struct {
	// ID is public, such as key_01kb8rdhz6f5sbtcbgh1rstvwx.
	ID string
	// Prefix of the secret; empty for an imported key that has none.
	Prefix string
	// Start is the prefix and the first 8 random characters, by which people tell keys apart.
	Start string
	// Owner is the account that the key belongs to, in your own words.
	Owner string
	// Name is what its owner calls it.
	Name string
	// Scopes are sorted; a:* covers a:b.
	Scopes []string
	// Metadata is a JSON object of your own, as text.
	Metadata string
	// NotifyEmail is where notices about the key go.
	NotifyEmail string
	// CreatedAt is when it was issued.
	CreatedAt time.Time
	// CreatedBy is the actor who issued it.
	CreatedBy string
	// NotBefore is the first moment at which it is accepted.
	NotBefore time.Time
	// ExpiresAt is the first moment at which it is no longer accepted.
	ExpiresAt time.Time
	// RotateAfter is how long after its creation it should be rotated.
	RotateAfter time.Duration
	// Disabled is whether somebody disabled it.
	Disabled bool
	// RevokedAt is when it was revoked; the zero time where it isn't.
	RevokedAt time.Time
	// RevokedBy is the actor who revoked it.
	RevokedBy string
	// RevokedReason is why; empty where it isn't revoked.
	RevokedReason RevocationReason
	// RevokedNote is what the actor who revoked it wrote down.
	RevokedNote string
	// Replaces is the id of the key that it took over from.
	Replaces string
	// ReplacedBy is the id of its successor.
	ReplacedBy string
	// Lineage is the id of the first key of its chain of rotations: its own where it is the first.
	Lineage string
	// GraceUntil is the first moment at which it is no longer accepted beside its successor.
	GraceUntil time.Time
	// State is what it was when it was asked for.
	State State
	// Encoding is how the random part of its secret is written.
	Encoding Encoding
}

// goKey copies a key of the library's, with its state as of now.
func goKey(key *C.keycask_key, now C.int64_t) *Key {
	var view C.kc_key_view
	C.kc_view_key(key, now, &view)
	return viewedKey(&view)
}

func viewedKey(view *C.kc_key_view) *Key {
	return &Key{
		ID:            C.GoString(view.id),
		Prefix:        C.GoString(view.prefix),
		Start:         C.GoString(view.start),
		Owner:         C.GoString(view.owner),
		Name:          C.GoString(view.name),
		Scopes:        viewedScopes(view),
		Metadata:      C.GoString(view.metadata),
		NotifyEmail:   C.GoString(view.notify_email),
		CreatedAt:     goTime(view.created_at),
		CreatedBy:     C.GoString(view.created_by),
		NotBefore:     goTime(view.not_before),
		ExpiresAt:     goTime(view.expires_at),
		RotateAfter:   goDuration(view.rotate_after),
		Disabled:      bool(view.disabled),
		RevokedAt:     goTime(view.revoked_at),
		RevokedBy:     C.GoString(view.revoked_by),
		RevokedReason: revocationReason(view.revoked_reason),
		RevokedNote:   C.GoString(view.revoked_note),
		Replaces:      C.GoString(view.replaces),
		ReplacedBy:    C.GoString(view.replaced_by),
		Lineage:       C.GoString(view.lineage),
		GraceUntil:    goTime(view.grace_until),
		State:         states.word(view.state),
		Encoding:      encodings.word(view.encoding),
	}
}

func viewedScopes(view *C.kc_key_view) []string {
	scopes := make([]string, view.scopes_len)
	for i := range scopes {
		if i < len(view.scopes) {
			scopes[i] = C.GoString(view.scopes[i])
		} else {
			scopes[i] = C.GoString(C.keycask_key_scope(view.key, C.size_t(i)))
		}
	}
	return scopes
}

func revocationReason(number C.int32_t) RevocationReason {
	if number == C.KEYCASK_REVOCATION_NONE {
		return ""
	}
	return revocationReasons.word(number)
}

// ownedKey copies a key that a call gave, and releases it.
func (v *Vault) ownedKey(key *C.keycask_key, err error) (*Key, error) {
	if err != nil {
		return nil, err
	}
	defer C.keycask_key_free(key)
	return goKey(key, C.keycask_vault_now_ms(v.handle)), nil
}

// presentedText is a presented secret, lent without a copy. The caller keeps it alive until the call is over: the
// library reads no further than its length, writes nothing there, and keeps nothing.
func presentedText(presented string) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(presented))), C.size_t(len(presented))
}
