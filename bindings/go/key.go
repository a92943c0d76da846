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
	copied := copiedTexts(view)
	return &Key{
		ID:            viewedText(view, copied, C.KC_ID),
		Prefix:        viewedText(view, copied, C.KC_PREFIX),
		Start:         viewedText(view, copied, C.KC_START),
		Owner:         viewedText(view, copied, C.KC_OWNER),
		Name:          viewedText(view, copied, C.KC_NAME),
		Scopes:        viewedScopes(view, copied),
		Metadata:      viewedText(view, copied, C.KC_METADATA),
		NotifyEmail:   viewedText(view, copied, C.KC_NOTIFY_EMAIL),
		CreatedAt:     goTime(view.created_at),
		CreatedBy:     viewedText(view, copied, C.KC_CREATED_BY),
		NotBefore:     goTime(view.not_before),
		ExpiresAt:     goTime(view.expires_at),
		RotateAfter:   goDuration(view.rotate_after),
		Disabled:      bool(view.disabled),
		RevokedAt:     goTime(view.revoked_at),
		RevokedBy:     viewedText(view, copied, C.KC_REVOKED_BY),
		RevokedReason: revocationReason(view.revoked_reason),
		RevokedNote:   viewedText(view, copied, C.KC_REVOKED_NOTE),
		Replaces:      viewedText(view, copied, C.KC_REPLACES),
		ReplacedBy:    viewedText(view, copied, C.KC_REPLACED_BY),
		Lineage:       viewedText(view, copied, C.KC_LINEAGE),
		GraceUntil:    goTime(view.grace_until),
		State:         states.word(view.state),
		Encoding:      encodings.word(view.encoding),
	}
}

// copiedTexts is the texts that a view has copied, as one string whose parts are the key's.
func copiedTexts(view *C.kc_key_view) string {
	if !view.copied {
		return ""
	}
	size := view.ends[view.texts_len-1]
	return string(unsafe.Slice((*byte)(unsafe.Pointer(&view.room[0])), size))
}

// viewedText is the text at a place. What is copied comes apart from the view, which must not leave the stack.
func viewedText(view *C.kc_key_view, copied string, place int) string {
	if !view.copied {
		return C.GoString(view.texts[place])
	}
	var start C.uint16_t
	if place > 0 {
		start = view.ends[place-1]
	}
	return copied[start:view.ends[place]]
}

func viewedScopes(view *C.kc_key_view, copied string) []string {
	scopes := make([]string, view.scopes_len)
	for i := range scopes {
		if i < C.KC_SCOPES {
			scopes[i] = viewedText(view, copied, C.KC_TEXTS+i)
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
