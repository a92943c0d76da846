package keycask

/*
#cgo noescape keycask_vault_close
#cgo nocallback keycask_vault_close
#cgo noescape keycask_vault_flush
#cgo nocallback keycask_vault_flush
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"time"
)

// Vault is a vault that was opened: the API keys of one API, in one SQLite file that the processes of a machine share.
// Any number of goroutines may use it at once, also while one of them closes it.
//
// Nothing but keycask may open a vault's file while it is in use, not even to copy it: see [Vault.Backup].
type Vault struct {
	// The library takes calls and a close from several threads at once. The object itself is released when the last
	// reference to the Vault is gone, so that no call can meet a released one.
	handle *C.keycask_vault
	served *served
}

func opened(handle *C.keycask_vault, err error) (*Vault, error) {
	if err != nil {
		return nil, err
	}
	vault := &Vault{handle, newServed()}
	runtime.AddCleanup(vault, func(handle *C.keycask_vault) { C.keycask_vault_free(handle) }, handle)
	return vault, nil
}

// Create creates a vault at path, which must not exist: atomically, with mode 0600 unless an option says otherwise.
//
// It fails with [ErrConflict] where something is at the path, [ErrVaultMissing] where its folder is missing,
// [ErrUnsupportedLocation] where its file system can't carry a write-ahead log.
func Create(path string, opts ...Option) (*Vault, error) {
	var a arena
	defer a.free()
	file, options := a.text("path", path), a.options(opts)
	var handle *C.keycask_vault
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_create(file, options, &handle, failure)
	})
	return opened(handle, err)
}

// Open opens the vault at path, looks at it and changes nothing. A missing file is an error, never a new vault.
//
// It fails with [ErrVaultMissing], [ErrNotAVault], [ErrUnsupportedVersion], [ErrReadOnly], [ErrUnsupportedLocation],
// [ErrDamaged] or [ErrPepper]: each message says what was found and what to do.
func Open(path string, opts ...Option) (*Vault, error) {
	var a arena
	defer a.free()
	file, options := a.text("path", path), a.options(opts)
	var handle *C.keycask_vault
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_open(file, options, &handle, failure)
	})
	return opened(handle, err)
}

// CreateInMemory creates a vault that lives in this process's memory, for tests, and is gone when it is closed.
func CreateInMemory(opts ...Option) (*Vault, error) {
	var a arena
	defer a.free()
	options := a.options(opts)
	var handle *C.keycask_vault
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_create_in_memory(options, &handle, failure)
	})
	return opened(handle, err)
}

// Close closes the vault: calls in flight on other goroutines finish, later ones fail with [ErrClosed]. To close it
// again changes nothing, and returns nil.
func (v *Vault) Close() error {
	defer runtime.KeepAlive(v)
	var failure *C.keycask_error
	return failed(C.keycask_vault_close(v.handle, &failure), failure)
}

// ID is the vault's id, such as vault_01kb8rdhz6f5sbtcbgh1rstvwx; a backup keeps it.
func (v *Vault) ID() string {
	defer runtime.KeepAlive(v)
	return C.GoString(C.keycask_vault_id(v.handle))
}

// Path is the file, with symbolic links resolved; empty for a vault in memory.
func (v *Vault) Path() string {
	defer runtime.KeepAlive(v)
	return C.GoString(C.keycask_vault_path(v.handle))
}

// CreatedAt is when the vault was created.
func (v *Vault) CreatedAt() time.Time {
	defer runtime.KeepAlive(v)
	return goTime(C.keycask_vault_created_at_ms(v.handle))
}

// Now is the time that the vault judges by: the wall clock, with a small step back absorbed.
func (v *Vault) Now() time.Time {
	defer runtime.KeepAlive(v)
	return goTime(C.keycask_vault_now_ms(v.handle))
}

// Flush returns when every use that was acknowledged so far is durable.
func (v *Vault) Flush() error {
	defer runtime.KeepAlive(v)
	var failure *C.keycask_error
	return failed(C.keycask_vault_flush(v.handle, &failure), failure)
}

// Prefixes is the prefixes of the keys that were ever issued and those that the policy names, sorted: what a secret
// scanner must know.
func (v *Vault) Prefixes() ([]string, error) {
	defer runtime.KeepAlive(v)
	var texts *C.keycask_texts
	var failure *C.keycask_error
	if err := failed(C.keycask_vault_prefixes(v.handle, &texts, &failure), failure); err != nil {
		return nil, err
	}
	defer C.keycask_texts_free(texts)
	prefixes := make([]string, C.keycask_texts_len(texts))
	for i := range prefixes {
		prefixes[i] = C.GoString(C.keycask_texts_get(texts, C.size_t(i)))
	}
	return prefixes, nil
}
