package keycask

/*
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"time"
)

// Due is a key that is due, and why.
type Due struct {
	Key    *Key
	Reason DueReason
	// At is the end of the interval, the expiry, or the end of the window.
	At time.Time
}

// Unused is a key that nobody uses, and how often it was used before.
type Unused struct {
	Key *Key
	Usage
}

// Usage is how often a key was used validly, as far as that was recorded.
type Usage struct {
	Uses uint64
	// LastUsedAt is the zero time where it never was.
	LastUsedAt time.Time
}

// Due returns the living keys whose rotation, expiry or end of a window lies within the next while or is past, and
// those whose window runs without a successor that lives; the most urgent first.
func (v *Vault) Due(within time.Duration, opts ...AskOption) ([]Due, error) {
	defer runtime.KeepAlive(v)
	now := v.asked(opts)
	var list *C.keycask_dues
	var failure *C.keycask_error
	status := C.keycask_vault_due(v.handle, durationMS(within), now, &list, &failure)
	if err := failed(status, failure); err != nil {
		return nil, err
	}
	defer C.keycask_dues_free(list)
	var all []Due
	for {
		var due *C.keycask_due
		status := C.keycask_dues_next(list, &due, &failure)
		if status == C.KEYCASK_END {
			return all, nil
		}
		if err := failed(status, failure); err != nil {
			return nil, err
		}
		all = append(all, Due{
			Key:    goKey(C.keycask_due_key(due), now),
			Reason: dueReasons.word(C.keycask_due_reason(due)),
			At:     goTime(C.keycask_due_at_ms(due)),
		})
		C.keycask_due_free(due)
	}
}

// Unused returns the living keys without a recorded use since a time, or none at all; keys that were created later are
// left out.
func (v *Vault) Unused(since time.Time, opts ...AskOption) ([]Unused, error) {
	defer runtime.KeepAlive(v)
	now := v.asked(opts)
	var list *C.keycask_unused
	var failure *C.keycask_error
	status := C.keycask_vault_unused(v.handle, timeMS(since), now, &list, &failure)
	if err := failed(status, failure); err != nil {
		return nil, err
	}
	defer C.keycask_unused_free(list)
	var all []Unused
	for {
		var unused *C.keycask_unused_key
		status := C.keycask_unused_next(list, &unused, &failure)
		if status == C.KEYCASK_END {
			return all, nil
		}
		if err := failed(status, failure); err != nil {
			return nil, err
		}
		all = append(all, Unused{goKey(C.keycask_unused_key_key(unused), now), Usage{
			Uses:       uint64(C.keycask_unused_key_uses(unused)),
			LastUsedAt: goTime(C.keycask_unused_key_last_used_at_ms(unused)),
		}})
		C.keycask_unused_key_free(unused)
	}
}

// Usage returns how often a key was used validly, as far as that was recorded, and when last.
func (v *Vault) Usage(id string) (Usage, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	keyID := a.text("key_id", id)
	var uses C.uint64_t
	var last C.int64_t
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_usage(v.handle, keyID, &uses, &last, failure)
	})
	if err != nil {
		return Usage{}, err
	}
	return Usage{uint64(uses), goTime(last)}, nil
}

// asked is the time that a question is asked as of: the vault's where none is given.
func (v *Vault) asked(opts []AskOption) C.int64_t {
	if now := askedTime(opts); now != C.KEYCASK_TIME_NONE {
		return now
	}
	return C.keycask_vault_now_ms(v.handle)
}

func askedTime(opts []AskOption) C.int64_t {
	for _, option := range opts {
		if option, ok := option.(TimeOption); ok {
			return timeMS(option.at)
		}
	}
	return C.KEYCASK_TIME_NONE
}
