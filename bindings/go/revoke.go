package keycask

/*
#include "shim.h"
*/
import "C"

import "runtime"

// Revocation says why a key is revoked. The zero Revocation says nothing.
type Revocation struct {
	// Reason is ReasonUnspecified where it is empty.
	Reason RevocationReason
	// Note is for the audit log, at most 1 KiB without control characters.
	Note string
}

// Revoke revokes a key, for ever: the very next verify refuses it, in every process. Its relatives stay as they are.
// A key that is revoked already keeps its first reason. It returns the key as it is then.
func (v *Vault) Revoke(id string, why Revocation, actor string, opts ...ChangeOption) (*Key, error) {
	var a arena
	defer a.free()
	revocation := a.revocation(why)
	if a.err != nil {
		return nil, a.err
	}
	return v.change(id, actor, opts, func(c *keyChange, failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_revoke(v.handle, c.id, revocation, c.actor, &c.key, failure)
	})
}

// RevokeOwner revokes all keys of an owner in one transaction, and returns those that were not revoked before.
//
// It fails with [ErrNotFound] where the owner has no key at all: a misspelt owner must not look like a success.
func (v *Vault) RevokeOwner(owner string, why Revocation, actor string, opts ...ChangeOption) ([]*Key, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	given, revocation, who := a.text("owner", owner), a.revocation(why), a.actor(actor, opts)
	var keys *C.keycask_keys
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_revoke_owner(v.handle, given, revocation, who, &keys, failure)
	})
	return v.allKeys(keys, err)
}

// RevokeSecret revokes the key that a secret belongs to: whoever holds a leaked key may kill it. It returns the key as
// it is then, and fails with [ErrNotFound] where the secret is no key's.
func (v *Vault) RevokeSecret(presented string, why Revocation, actor string, opts ...ChangeOption) (*Key, error) {
	defer runtime.KeepAlive(v)
	defer runtime.KeepAlive(presented)
	var a arena
	defer a.free()
	revocation, who := a.revocation(why), a.actor(actor, opts)
	text, size := presentedText(presented)
	var key *C.keycask_key
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_revoke_secret(v.handle, text, size, revocation, who, &key, failure)
	})
	return v.ownedKey(key, err)
}

func (a *arena) revocation(why Revocation) *C.keycask_revocation {
	out := (*C.keycask_revocation)(a.alloc(1, C.sizeof_keycask_revocation))
	out.struct_size = C.sizeof_keycask_revocation
	out.note = a.optional("note", why.Note)
	reason, err := revocationReasons.optionalNumber(why.Reason, C.KEYCASK_REVOCATION_UNSPECIFIED)
	out.reason = ask(a, reason, err)
	return out
}
