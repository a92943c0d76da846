package keycask

/*
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"time"
	"unsafe"
)

// NewKey is a request for a new key. Only Prefix must be given; what stays zero isn't.
type NewKey struct {
	// Prefix is what its secret begins with, such as acme_live: [a-z][a-z0-9]*(_[a-z0-9]+)*, 2 to 24 characters.
	Prefix string
	// Owner is the account that it belongs to, in your own words: at most 256 bytes.
	Owner string
	// Name is what its owner calls it: at most 256 bytes.
	Name string
	// Scopes are at most 64 of at most 64 bytes.
	Scopes []string
	// Metadata is a JSON object of your own, as text: at most 4 KiB.
	Metadata string
	// NotifyEmail is where notices about the key go.
	NotifyEmail string
	// NotBefore is the first moment at which it is accepted.
	NotBefore time.Time
	// ExpiresAt is the first moment at which it is no longer accepted.
	ExpiresAt time.Time
	// ExpiresIn is how long after its creation that is, instead.
	ExpiresIn time.Duration
	// RotateAfter is how long after its creation it should be rotated: whole seconds.
	RotateAfter time.Duration
	// RequestID makes the request idempotent, for this owner: a repeat with the same id gets the same key, without
	// its secret. At most 128 bytes.
	RequestID string
	// Encoding is how the random part is written: Base62 unless said otherwise.
	Encoding Encoding
}

// Issued is a key that was just issued, with the only copy of its secret.
type Issued struct {
	// Key is the record.
	Key *Key `json:"key"`
	// Secret is to be shown to the key's owner now, and never again. There is none where Replayed.
	Secret Secret `json:"secret"`
	// Replayed is whether this answers a request that was answered before: the same key, without its secret.
	Replayed bool `json:"replayed"`
}

// CreateKey issues a key. Its secret is in what is returned, and nowhere else.
//
// It fails with [ErrInvalidArgument] for a field over its limit or against the policy, [ErrConflict] where the owner
// has as many living keys as the policy allows, or the request id was used for another request.
func (v *Vault) CreateKey(key NewKey, actor string, opts ...ChangeOption) (*Issued, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	request, who := a.newKey(&key), a.actor(actor, opts)
	var issued *C.keycask_issued
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_create_key(v.handle, request, who, &issued, failure)
	})
	return v.goIssued(issued, err)
}

// CreateKeys issues many keys, at most 100,000, in one transaction: all of them or none.
func (v *Vault) CreateKeys(keys []NewKey, actor string, opts ...ChangeOption) ([]*Issued, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	pointer := int(unsafe.Sizeof(uintptr(0)))
	requests := unsafe.Slice((**C.keycask_new_key)(a.alloc(len(keys), pointer)), len(keys))
	for i := range keys {
		requests[i] = a.newKey(&keys[i])
	}
	issued := unsafe.Slice((**C.keycask_issued)(a.alloc(len(keys), pointer)), len(keys))
	who := a.actor(actor, opts)
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_create_keys(v.handle, unsafe.SliceData(requests), C.size_t(len(keys)), who,
			unsafe.SliceData(issued), failure)
	})
	if err != nil {
		return nil, err
	}
	return v.allIssued(issued)
}

// allIssued copies and releases all of them, also where one fails.
func (v *Vault) allIssued(issued []*C.keycask_issued) ([]*Issued, error) {
	all := make([]*Issued, len(issued))
	var failed error
	for i, one := range issued {
		var err error
		if all[i], err = v.goIssued(one, nil); err != nil {
			failed = err
		}
	}
	if failed != nil {
		return nil, failed
	}
	return all, nil
}

func (a *arena) newKey(key *NewKey) *C.keycask_new_key {
	out := (*C.keycask_new_key)(a.alloc(1, C.sizeof_keycask_new_key))
	out.struct_size = C.sizeof_keycask_new_key
	out.prefix = a.text("prefix", key.Prefix)
	out.owner = a.optional("owner", key.Owner)
	out.name = a.optional("name", key.Name)
	out.scopes, out.scopes_len = a.texts("scopes", key.Scopes), C.size_t(len(key.Scopes))
	out.metadata = a.optional("metadata", key.Metadata)
	out.notify_email = a.optional("notify_email", key.NotifyEmail)
	out.not_before_ms, out.expires_at_ms = timeMS(key.NotBefore), timeMS(key.ExpiresAt)
	out.expires_in_ms, out.rotate_after_ms = durationMS(key.ExpiresIn), durationMS(key.RotateAfter)
	out.request_id = a.optional("request_id", key.RequestID)
	encoding, err := encodings.optionalNumber(key.Encoding, C.KEYCASK_ENCODING_BASE62)
	out.encoding = ask(a, encoding, err)
	return out
}

// goIssued copies an issued key, moves its secret and releases the object, which wipes the library's copy.
func (v *Vault) goIssued(issued *C.keycask_issued, err error) (*Issued, error) {
	if err != nil {
		return nil, err
	}
	defer C.keycask_issued_free(issued)
	out := &Issued{
		Key:      goKey(C.keycask_issued_key(issued), C.keycask_vault_now_ms(v.handle)),
		Replayed: bool(C.keycask_issued_replayed(issued)),
	}
	size := C.keycask_issued_secret_size(issued)
	if size == 0 {
		return out, nil
	}
	// The secret is written to where it stays: no second copy is left to the garbage collector.
	text := make([]byte, size)
	var failure *C.keycask_error
	status := C.keycask_issued_secret(issued, (*C.char)(unsafe.Pointer(&text[0])), size, &failure)
	if err := failed(status, failure); err != nil {
		return nil, err
	}
	out.Secret = newSecret(unsafe.String(&text[0], len(text)-1), out.Key.Start)
	return out, nil
}

// PrefixVendor is the vendor whose keys begin with a prefix, such as Stripe for sk_live: scanners would report a leak
// of yours as theirs. It is empty where nobody's do.
func PrefixVendor(prefix string) (string, error) {
	var a arena
	defer a.free()
	given := a.text("prefix", prefix)
	var vendor *C.keycask_text
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		status := C.keycask_prefix_vendor(given, &vendor, failure)
		if status == C.KEYCASK_END {
			return C.KEYCASK_OK
		}
		return status
	})
	return ownedText(vendor, err)
}
