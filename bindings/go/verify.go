package keycask

/*
#cgo noescape kc_verify
#cgo nocallback kc_verify
#cgo noescape keycask_verdict_free
#cgo nocallback keycask_verdict_free
#cgo noescape keycask_vault_identify
#cgo nocallback keycask_vault_identify
#cgo noescape kc_view_accepted
#cgo nocallback kc_view_accepted
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// Requirement is what verify demands of a key, or that it leaves no trace: a [VerifyOption] and a [MiddlewareOption].
type Requirement struct {
	text string
	kind requirement
}

type requirement uint8

const (
	requireScope requirement = iota
	requirePrefix
	withoutEvent
)

func (Requirement) verifyOption()     {}
func (Requirement) middlewareOption() {}

// RequireScope demands that the key's scopes cover scope: a:* covers a:b. Given several times, all are demanded.
func RequireScope(scope string) Requirement {
	return Requirement{scope, requireScope}
}

// RequirePrefix demands the prefix, so that a test key never enters production.
func RequirePrefix(prefix string) Requirement {
	return Requirement{prefix, requirePrefix}
}

// WithoutEvent makes verify a look at the key that is no use of it: nothing is recorded.
func WithoutEvent() Requirement {
	return Requirement{kind: withoutEvent}
}

// Verify judges a presented secret. It returns the key to serve; a [*RejectedError], which is an [ErrRejected], where
// the key is refused; and another error where the vault could not say. Then let no one in, and answer 503 rather than
// 401.
//
// What isn't a secret at all, however long, is refused as [Malformed].
func (v *Vault) Verify(presented string, opts ...VerifyOption) (*Key, error) {
	if len(opts) == 0 {
		return v.verify(presented, nil, nil)
	}
	// The texts stand on the stack where they are short, as they mostly are.
	var room [256]byte
	var request C.kc_request
	texts, err := packRequest(&request, room[:0], opts)
	if err != nil {
		return nil, err
	}
	return v.verify(presented, &request, texts)
}

func (v *Vault) verify(presented string, request *C.kc_request, texts []byte) (*Key, error) {
	// C reads the texts and writes to found during the call only, and never calls Go: so none of them must leave the
	// stack, as the directives above say.
	var found C.kc_verdict
	place := v.served.place(presented)
	last := place.key.Load()
	text, size := presentedText(presented)
	status := C.kc_verify(v.handle, text, size, request, (*C.char)(unsafe.Pointer(unsafe.SliceData(texts))),
		last.heldReading(), &found)
	runtime.KeepAlive(v)
	runtime.KeepAlive(presented)
	runtime.KeepAlive(texts)
	runtime.KeepAlive(last)
	switch status {
	case C.KEYCASK_OK:
		if found.known {
			return last.copy(), nil
		}
		return place.serve(&found), nil
	case C.KEYCASK_REFUSED:
		rejected := &RejectedError{
			Reason:       outcomes.word(found.reason),
			KeyID:        C.GoString(found.key_id),
			MissingScope: C.GoString(found.missing_scope),
			HTTPStatus:   int(found.http_status),
		}
		C.keycask_verdict_free(found.verdict)
		return nil, rejected
	default:
		return nil, failed(status, found.error)
	}
}

// packRequest writes the texts of a request one behind the other, each with its NUL, in the order of kc_request.
func packRequest(request *C.kc_request, room []byte, opts []VerifyOption) ([]byte, error) {
	var known requestTexts
	for _, option := range opts {
		switch option := option.(type) {
		case TimeOption:
			request.now = timeMS(option.at)
		case ContextOption:
			if err := known.tell(request, option); err != nil {
				return nil, err
			}
		case Requirement:
			if err := known.demand(request, option); err != nil {
				return nil, err
			}
		}
	}
	texts := pack(room, known.prefix, bool(request.has_prefix))
	texts = pack(texts, known.clientIP, bool(request.has_client_ip))
	texts = pack(texts, known.requestID, bool(request.has_request_id))
	for _, option := range opts {
		if demanded, ok := option.(Requirement); ok {
			texts = pack(texts, demanded.text, demanded.kind == requireScope)
		}
	}
	return texts, nil
}

// requestTexts is the texts of a request but for the scopes.
type requestTexts struct{ prefix, clientIP, requestID string }

func (t *requestTexts) tell(request *C.kc_request, option ContextOption) error {
	if option.requestID {
		t.requestID, request.has_request_id = option.text, true
		return refuseNUL("request_id", option.text)
	}
	t.clientIP, request.has_client_ip = option.text, option.text != ""
	return refuseNUL("client_ip", option.text)
}

func (t *requestTexts) demand(request *C.kc_request, option Requirement) error {
	if err := refuseNUL("a demanded scope or prefix", option.text); err != nil {
		return err
	}
	switch option.kind {
	case withoutEvent:
		request.no_event = true
	case requireScope:
		request.scopes_len++
		if request.scopes_len > C.KC_DEMANDED_SCOPES {
			return invalid("verify a key: more than %d scopes are demanded, and no key has as many", C.KC_DEMANDED_SCOPES)
		}
	case requirePrefix:
		if request.has_prefix && t.prefix != option.text {
			return invalid("verify a key: two prefixes are demanded, and a key has one")
		}
		t.prefix, request.has_prefix = option.text, true
	}
	return nil
}

// pack adds a text and its NUL where it is given.
func pack(texts []byte, text string, given bool) []byte {
	if given {
		texts = append(append(texts, text...), 0)
	}
	return texts
}

// Identify returns the key that a secret belongs to, whatever its state, and nil where the secret is malformed or no
// key's. It is no use of the key, and no answer to whether it may be served.
func (v *Vault) Identify(presented string) (*Key, error) {
	defer runtime.KeepAlive(v)
	defer runtime.KeepAlive(presented)
	var key *C.keycask_key
	var failure *C.keycask_error
	text, size := presentedText(presented)
	status := C.keycask_vault_identify(v.handle, text, size, &key, &failure)
	if status == C.KEYCASK_END {
		return nil, nil
	}
	return v.ownedKey(key, failed(status, failure))
}
