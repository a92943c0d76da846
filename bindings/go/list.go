package keycask

/*
#cgo noescape keycask_keys_next
#cgo nocallback keycask_keys_next
#include "shim.h"
*/
import "C"

import (
	"iter"
	"runtime"
	"time"
)

// KeyFilter says which keys to list: all of them, in any state, where it is zero.
type KeyFilter struct {
	// Owner, where not empty: only this owner's.
	Owner string
	// Prefix, where not empty: only with this prefix.
	Prefix string
	// Name, where not empty: only with this name.
	Name string
	// Scope, where not empty: only keys whose scopes cover this one.
	Scope string
	// States, where there are any: only in these states.
	States []State
	// After, where not empty: only what was created after the key with this id, the cursor of a page.
	After string
	// Limit, where not 0: at most so many.
	Limit int
	// Now, where not zero: states as of then.
	Now time.Time
}

// Key returns the key with this id, and fails with [ErrNotFound] where there is none.
func (v *Vault) Key(id string) (*Key, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	keyID := a.text("key_id", id)
	var key *C.keycask_key
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_key(v.handle, keyID, &key, failure)
	})
	return v.ownedKey(key, err)
}

// Keys yields the keys that match, in the order of their creation, and fetches them a page at a time: keys that are
// made or changed meanwhile may be told or not. After an error it ends.
func (v *Vault) Keys(filter KeyFilter) iter.Seq2[*Key, error] {
	return func(yield func(*Key, error) bool) {
		defer runtime.KeepAlive(v)
		keys, err := v.keys(filter)
		if err != nil {
			yield(nil, err)
			return
		}
		defer C.keycask_keys_free(keys)
		now := timeMS(filter.Now)
		if filter.Now.IsZero() {
			now = C.keycask_vault_now_ms(v.handle)
		}
		eachKey(keys, now, yield)
	}
}

func (v *Vault) keys(filter KeyFilter) (*C.keycask_keys, error) {
	var a arena
	defer a.free()
	given := a.keyFilter(filter)
	var keys *C.keycask_keys
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_keys(v.handle, given, &keys, failure)
	})
	return keys, err
}

func (a *arena) keyFilter(filter KeyFilter) *C.keycask_key_filter {
	out := (*C.keycask_key_filter)(a.alloc(1, C.sizeof_keycask_key_filter))
	out.struct_size = C.sizeof_keycask_key_filter
	out.owner = a.optional("owner", filter.Owner)
	out.prefix = a.optional("prefix", filter.Prefix)
	out.name = a.optional("name", filter.Name)
	out.scope = a.optional("scope", filter.Scope)
	out.after = a.optional("after", filter.After)
	out.limit = a.limit(filter.Limit)
	out.now_ms = timeMS(filter.Now)
	for _, state := range filter.States {
		number, err := states.number(state)
		out.states |= 1 << ask(a, number, err)
	}
	return out
}

// limit is how many items are wanted; 0 for all.
func (a *arena) limit(limit int) C.size_t {
	if limit < 0 {
		a.fail(invalid("limit: %d is negative", limit))
	}
	return C.size_t(limit)
}

// eachKey yields the keys of a list, with their states as of now.
func eachKey(keys *C.keycask_keys, now C.int64_t, yield func(*Key, error) bool) {
	for {
		var key *C.keycask_key
		var failure *C.keycask_error
		status := C.keycask_keys_next(keys, &key, &failure)
		if status == C.KEYCASK_END {
			return
		}
		if err := failed(status, failure); err != nil {
			yield(nil, err)
			return
		}
		told := goKey(key, now)
		C.keycask_key_free(key)
		if !yield(told, nil) {
			return
		}
	}
}

// allKeys copies the keys of a list, with their states as of now, and releases it.
func (v *Vault) allKeys(keys *C.keycask_keys, err error) ([]*Key, error) {
	return allKeys(keys, C.keycask_vault_now_ms(v.handle), err)
}

func allKeys(keys *C.keycask_keys, now C.int64_t, err error) ([]*Key, error) {
	if err != nil {
		return nil, err
	}
	defer C.keycask_keys_free(keys)
	var all []*Key
	eachKey(keys, now, func(key *Key, failure error) bool {
		all, err = append(all, key), failure
		return failure == nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Lineage returns all keys of the chain of rotations that a key belongs to, in the order of their creation.
func (v *Vault) Lineage(id string) ([]*Key, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	keyID := a.text("key_id", id)
	var keys *C.keycask_keys
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_lineage(v.handle, keyID, &keys, failure)
	})
	return v.allKeys(keys, err)
}
