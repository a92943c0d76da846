package keycask

/*
#cgo noescape kc_view_change
#cgo nocallback kc_view_change
#cgo noescape kc_view_use
#cgo nocallback kc_view_use
#include "shim.h"
*/
import "C"

import (
	"iter"
	"runtime"
	"time"
)

// Change is an event of the log of changes.
type Change struct {
	// Seq is its place in the log, from 1 on without holes.
	Seq uint64
	// At is when it happened.
	At time.Time
	// Kind is what happened.
	Kind ChangeKind
	// KeyID is the key that it happened to; empty for none.
	KeyID string
	// Actor is who did it; empty once erased.
	Actor string
	// ClientIP is the address that it was asked from.
	ClientIP string
	// RequestID is the request that asked for it.
	RequestID string
	// Detail is what belongs to its kind, as the text of a JSON object.
	Detail string
}

// Use is an event of the log of uses: one verify, or several that were counted together.
type Use struct {
	// Seq is its place in the log, from 1 on without holes; 0 while its count is still open.
	Seq uint64
	// At is when verify judged; of several, the first time.
	At time.Time
	// LastAt is when verify judged the last of them.
	LastAt time.Time
	// Count is how many verifies this stands for.
	Count uint64
	// Outcome is what verify found.
	Outcome Outcome
	// KeyID is the key that was presented; empty for none.
	KeyID string
	// ClientIP is the client's address.
	ClientIP string
	// RequestID is the client's request.
	RequestID string
}

// ChangeFilter says which changes to list: all of them, oldest first, where it is zero.
type ChangeFilter struct {
	// KeyID, where not empty: only of this key.
	KeyID string
	// Actor, where not empty: only by this actor.
	Actor string
	// Kind, where not empty: only of this kind.
	Kind ChangeKind
	// Since and Until, where not zero: only at this time or later, and only before that.
	Since, Until time.Time
	// After, where not 0: only what follows this sequence number in the order asked for, the cursor of a page.
	After uint64
	// Limit, where not 0: at most so many.
	Limit int
	// NewestFirst turns the order round.
	NewestFirst bool
}

// UseFilter says which uses to list: all of them, oldest first, where it is zero.
type UseFilter struct {
	// KeyID, where not empty: only of this key.
	KeyID string
	// Outcome, where not empty: only with this outcome.
	Outcome Outcome
	// Since and Until, where not zero: only at this time or later, and only before that.
	Since, Until time.Time
	// After, where not 0: only what follows this sequence number in the order asked for, the cursor of a page.
	After uint64
	// Limit, where not 0: at most so many.
	Limit int
	// NewestFirst turns the order round.
	NewestFirst bool
}

// Changes yields the events of the log of changes that match, a page at a time. After an error it ends.
func (v *Vault) Changes(filter ChangeFilter) iter.Seq2[*Change, error] {
	return func(yield func(*Change, error) bool) {
		defer runtime.KeepAlive(v)
		changes, err := v.changes(filter)
		if err != nil {
			yield(nil, err)
			return
		}
		defer C.keycask_changes_free(changes)
		each(func() (*Change, error) { return nextChange(changes) }, yield)
	}
}

// each yields what next returns, until that is nil or an error.
func each[T any](next func() (*T, error), yield func(*T, error) bool) {
	for {
		item, err := next()
		if item == nil && err == nil {
			return
		}
		if !yield(item, err) || err != nil {
			return
		}
	}
}

func (v *Vault) changes(filter ChangeFilter) (*C.keycask_changes, error) {
	var a arena
	defer a.free()
	given := (*C.keycask_change_filter)(a.alloc(1, C.sizeof_keycask_change_filter))
	given.struct_size = C.sizeof_keycask_change_filter
	given.key_id = a.optional("key_id", filter.KeyID)
	given.actor = a.optional("actor", filter.Actor)
	given.since_ms, given.until_ms = timeMS(filter.Since), timeMS(filter.Until)
	given.after, given.limit = C.uint64_t(filter.After), a.limit(filter.Limit)
	kind, err := changeKinds.optionalNumber(filter.Kind, 0)
	given.kind = ask(&a, kind, err)
	given.newest_first = truth(filter.NewestFirst)
	var changes *C.keycask_changes
	err = a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_changes(v.handle, given, &changes, failure)
	})
	return changes, err
}

// nextChange is the next of a list; nil at its end.
func nextChange(changes *C.keycask_changes) (*Change, error) {
	var change *C.keycask_change
	var failure *C.keycask_error
	status := C.keycask_changes_next(changes, &change, &failure)
	if status == C.KEYCASK_END {
		return nil, nil
	}
	if err := failed(status, failure); err != nil {
		return nil, err
	}
	defer C.keycask_change_free(change)
	var view C.kc_change_view
	C.kc_view_change(change, &view)
	return &Change{
		Seq:       uint64(view.seq),
		At:        goTime(view.at),
		Kind:      changeKinds.word(view.kind),
		KeyID:     C.GoString(view.key_id),
		Actor:     C.GoString(view.actor),
		ClientIP:  C.GoString(view.client_ip),
		RequestID: C.GoString(view.request_id),
		Detail:    C.GoString(view.detail),
	}, nil
}

// Uses yields the events of the log of uses that match, a page at a time; counts that still run stand at the new end.
// After an error it ends.
func (v *Vault) Uses(filter UseFilter) iter.Seq2[*Use, error] {
	return func(yield func(*Use, error) bool) {
		defer runtime.KeepAlive(v)
		uses, err := v.uses(filter)
		if err != nil {
			yield(nil, err)
			return
		}
		defer C.keycask_uses_free(uses)
		each(func() (*Use, error) { return nextUse(uses) }, yield)
	}
}

func (v *Vault) uses(filter UseFilter) (*C.keycask_uses, error) {
	var a arena
	defer a.free()
	given := (*C.keycask_use_filter)(a.alloc(1, C.sizeof_keycask_use_filter))
	given.struct_size = C.sizeof_keycask_use_filter
	given.key_id = a.optional("key_id", filter.KeyID)
	given.since_ms, given.until_ms = timeMS(filter.Since), timeMS(filter.Until)
	given.after, given.limit = C.uint64_t(filter.After), a.limit(filter.Limit)
	given.has_outcome = truth(filter.Outcome != "")
	outcome, err := outcomes.optionalNumber(filter.Outcome, 0)
	given.outcome = ask(&a, outcome, err)
	given.newest_first = truth(filter.NewestFirst)
	var uses *C.keycask_uses
	err = a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_uses(v.handle, given, &uses, failure)
	})
	return uses, err
}

// nextUse is the next of a list; nil at its end.
func nextUse(uses *C.keycask_uses) (*Use, error) {
	var use *C.keycask_use
	var failure *C.keycask_error
	status := C.keycask_uses_next(uses, &use, &failure)
	if status == C.KEYCASK_END {
		return nil, nil
	}
	if err := failed(status, failure); err != nil {
		return nil, err
	}
	defer C.keycask_use_free(use)
	var view C.kc_use_view
	C.kc_view_use(use, &view)
	return &Use{
		Seq:       uint64(view.seq),
		At:        goTime(view.at),
		LastAt:    goTime(view.last_at),
		Count:     uint64(view.count),
		Outcome:   outcomes.word(view.outcome),
		KeyID:     C.GoString(view.key_id),
		ClientIP:  C.GoString(view.client_ip),
		RequestID: C.GoString(view.request_id),
	}, nil
}
