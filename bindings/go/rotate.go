package keycask

/*
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"time"
)

// Rotation says how to rotate a key: [Planned], [PlannedDefault] or [Emergency], and what else is wanted of it. The
// zero Rotation is planned, with the policy's grace.
type Rotation struct {
	// Emergency is for a secret that leaked: every living relative of the key is revoked as compromised, and one new
	// key is issued. There is no grace then. Where only the old key of a running rotation leaked, finish that instead.
	Emergency bool
	// Grace is how long the old key is accepted beside its successor, but never past its own expiry. It must lie
	// within the policy's bounds; where it is nil, the policy's default counts.
	Grace *time.Duration
	// ExpiresAt is an expiry for the new key, which else inherits the old one's.
	ExpiresAt time.Time
	// RequestID makes the request idempotent, for this key: a repeat with the same id gets the same successor,
	// without its secret. At most 128 bytes.
	RequestID string
}

// Planned is a rotation with a grace window, in which both keys work. A grace of 0 ends the old key at once.
func Planned(grace time.Duration) Rotation {
	return Rotation{Grace: &grace}
}

// PlannedDefault is a rotation with the policy's default grace.
func PlannedDefault() Rotation {
	return Rotation{}
}

// Emergency is a rotation without a window: see [Rotation].
func Emergency() Rotation {
	return Rotation{Emergency: true}
}

// Rotate rotates a key: issues its successor, whose secret is in what is returned, and lets the old key work beside it
// until the grace window ends.
//
// It fails with [ErrConflict] where the key was rotated already, is disabled (emergencies excepted), revoked, rotated
// out or expired; [ErrInvalidArgument] for a grace outside the policy's bounds; [ErrNotFound].
func (v *Vault) Rotate(id string, rotation Rotation, actor string, opts ...ChangeOption) (*Issued, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	keyID, request, who := a.text("key_id", id), a.rotation(rotation), a.actor(actor, opts)
	var issued *C.keycask_issued
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_rotate(v.handle, keyID, request, who, &issued, failure)
	})
	return v.goIssued(issued, err)
}

func (a *arena) rotation(rotation Rotation) *C.keycask_rotation {
	out := (*C.keycask_rotation)(a.alloc(1, C.sizeof_keycask_rotation))
	out.struct_size = C.sizeof_keycask_rotation
	out.emergency = truth(rotation.Emergency)
	if rotation.Grace != nil {
		out.has_grace, out.grace_ms = 1, durationMS(*rotation.Grace)
	}
	out.expires_at_ms = timeMS(rotation.ExpiresAt)
	out.request_id = a.optional("request_id", rotation.RequestID)
	return out
}

// FinishRotation ends the grace window of a rotated key now, and returns the old key. On a key that is rotated out
// already it does nothing.
//
// It fails with [ErrConflict] where no rotation of the key runs, or its successor can't be used.
func (v *Vault) FinishRotation(id, actor string, opts ...ChangeOption) (*Key, error) {
	return v.change(id, actor, opts, func(c *keyChange, failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_finish_rotation(v.handle, c.id, c.actor, &c.key, failure)
	})
}

// ExtendRotation gives the client of a rotated key more time, and returns the old key: grace counts from the rotation,
// as it did there.
//
// It fails with [ErrInvalidArgument] for a grace over the policy's maximum; [ErrConflict] where no rotation of the key
// runs, the window would not end later than it does, or past the key's own expiry, or its successor can't be used.
func (v *Vault) ExtendRotation(id string, grace time.Duration, actor string, opts ...ChangeOption) (*Key, error) {
	return v.change(id, actor, opts, func(c *keyChange, failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_extend_rotation(v.handle, c.id, durationMS(grace), c.actor, &c.key, failure)
	})
}

// CancelRotation undoes a running rotation, and returns the old key, which is whole again; the successor is revoked as
// rotation_cancelled. With force also where the successor was used.
//
// It fails with [ErrConflict] where no rotation of the key runs, the successor was itself rotated, or, without force,
// was used or may have been.
func (v *Vault) CancelRotation(id string, force bool, actor string, opts ...ChangeOption) (*Key, error) {
	return v.change(id, actor, opts, func(c *keyChange, failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_cancel_rotation(v.handle, c.id, truth(force), c.actor, &c.key, failure)
	})
}

// keyChange is what changes of one key have in common.
type keyChange struct {
	arena
	id    *C.char
	actor *C.keycask_actor
	key   *C.keycask_key
}

// change makes a change of one key, and returns the key as it is then.
func (v *Vault) change(
	id, actor string, opts []ChangeOption, call func(*keyChange, **C.keycask_error) C.keycask_status,
) (*Key, error) {
	defer runtime.KeepAlive(v)
	var c keyChange
	defer c.free()
	c.id, c.actor = c.text("key_id", id), c.arena.actor(actor, opts)
	err := c.do(func(failure **C.keycask_error) C.keycask_status { return call(&c, failure) })
	return v.ownedKey(c.key, err)
}
