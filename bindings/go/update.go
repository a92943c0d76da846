package keycask

/*
#include "shim.h"
*/
import "C"

import "time"

// KeyUpdate says which fields of a key to change. A field that is nil stays as it is; one that points to a zero value
// is cleared. [Set] makes the pointers.
type KeyUpdate struct {
	// Prefix is for an imported key that has none, so that it can be rotated. A prefix never changes.
	Prefix *string
	// Name is what its owner calls it.
	Name *string
	// Scopes is the whole list.
	Scopes *[]string
	// Metadata is a JSON object of your own, as text.
	Metadata *string
	// NotifyEmail is where notices about the key go.
	NotifyEmail *string
	// NotBefore is the first moment at which it is accepted.
	NotBefore *time.Time
	// ExpiresAt is its expiry. A running grace window is cut to it, and never extended by it.
	ExpiresAt *time.Time
	// RotateAfter is how long after its creation it should be rotated: whole seconds.
	RotateAfter *time.Duration
}

// Set is a pointer to a value, for the fields of a [KeyUpdate] or a [PolicyUpdate].
func Set[T any](value T) *T {
	return &value
}

// Update changes fields of a living key, and returns the key as it is then; the very next verify goes by it.
//
// It fails with [ErrInvalidArgument] for a field over its limit or against the policy; [ErrConflict] for a dead key, or
// a prefix that would change; [ErrNotFound].
func (v *Vault) Update(id string, update KeyUpdate, actor string, opts ...ChangeOption) (*Key, error) {
	var a arena
	defer a.free()
	given := a.keyUpdate(&update)
	if a.err != nil {
		return nil, a.err
	}
	return v.change(id, actor, opts, func(c *keyChange, failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_update(v.handle, c.id, given, c.actor, &c.key, failure)
	})
}

func (a *arena) keyUpdate(update *KeyUpdate) *C.keycask_key_update {
	out := (*C.keycask_key_update)(a.alloc(1, C.sizeof_keycask_key_update))
	out.struct_size = C.sizeof_keycask_key_update
	a.named("prefix", update.Prefix, &out.prefix, &out.fields, C.KEYCASK_UPDATE_PREFIX)
	a.named("name", update.Name, &out.name, &out.fields, C.KEYCASK_UPDATE_NAME)
	a.named("metadata", update.Metadata, &out.metadata, &out.fields, C.KEYCASK_UPDATE_METADATA)
	a.named("notify_email", update.NotifyEmail, &out.notify_email, &out.fields, C.KEYCASK_UPDATE_NOTIFY_EMAIL)
	if scopes := update.Scopes; scopes != nil {
		out.fields |= C.KEYCASK_UPDATE_SCOPES
		out.scopes, out.scopes_len = a.texts("scopes", *scopes), C.size_t(len(*scopes))
	}
	if update.NotBefore != nil {
		out.fields |= C.KEYCASK_UPDATE_NOT_BEFORE
		out.not_before_ms = timeMS(*update.NotBefore)
	}
	if update.ExpiresAt != nil {
		out.fields |= C.KEYCASK_UPDATE_EXPIRES_AT
		out.expires_at_ms = timeMS(*update.ExpiresAt)
	}
	if update.RotateAfter != nil {
		out.fields |= C.KEYCASK_UPDATE_ROTATE_AFTER
		out.rotate_after_ms = durationMS(*update.RotateAfter)
	}
	return out
}

// named names a text among the fields to change, where it is given.
func (a *arena) named(name string, text *string, place **C.char, fields *C.uint32_t, field C.uint32_t) {
	if text != nil {
		*place = a.optional(name, *text)
		*fields |= field
	}
}

// Disable disables a living key until somebody enables it, and returns the key as it is then. A running grace window
// ticks on.
func (v *Vault) Disable(id, actor string, opts ...ChangeOption) (*Key, error) {
	return v.change(id, actor, opts, func(c *keyChange, failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_disable(v.handle, c.id, c.actor, &c.key, failure)
	})
}

// Enable enables a disabled key, and returns the key as it is then.
func (v *Vault) Enable(id, actor string, opts ...ChangeOption) (*Key, error) {
	return v.change(id, actor, opts, func(c *keyChange, failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_enable(v.handle, c.id, c.actor, &c.key, failure)
	})
}
