package keycask

/*
#include "shim.h"
*/
import "C"

import "runtime"

// SetPepper introduces a pepper of 32 to 4,096 bytes, or rotates to a new one. It reports whether anything changed.
//
// Introduced, it covers every key at once. Rotated, it covers new keys at once and each old one at its next valid use;
// until then both must be given when the vault is opened ([WithPepper]). Give the new pepper to every process first.
func (v *Vault) SetPepper(pepper []byte, actor string, opts ...ChangeOption) (changed bool, err error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	given, who := a.wiped(pepper), a.actor(actor, opts)
	var out C.bool
	err = a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_set_pepper(v.handle, given, C.size_t(len(pepper)), who, &out, failure)
	})
	return bool(out), err
}

// RetirePepper retires every pepper but the current one; it needn't be given any more.
//
// It fails with [ErrConflict] while a living key is stored under it, or where the vault has none.
func (v *Vault) RetirePepper(actor string, opts ...ChangeOption) error {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	who := a.actor(actor, opts)
	return a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_retire_pepper(v.handle, who, failure)
	})
}

// KeysOnRetiredPepper returns the living keys that are still stored under a pepper before the current one.
func (v *Vault) KeysOnRetiredPepper() ([]*Key, error) {
	defer runtime.KeepAlive(v)
	var keys *C.keycask_keys
	var failure *C.keycask_error
	status := C.keycask_vault_keys_on_retired_pepper(v.handle, &keys, &failure)
	return v.allKeys(keys, failed(status, failure))
}
