package keycask

/*
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"time"
)

// NoLimit is for the limits of a [Policy] that may be none.
const NoLimit = -1

// Policy is what a vault allows. It rules what is issued from now on; keys that exist stay as they are.
type Policy struct {
	// Prefixes are those that create accepts; any where there are none.
	Prefixes []string
	// DefaultGrace is the grace of a planned rotation that names none.
	DefaultGrace time.Duration
	// MinGrace and MaxGrace are the bounds of the grace that a planned rotation may name: 0 to 30 days.
	MinGrace, MaxGrace time.Duration
	// MaxLifetime is how long after its creation a key must expire; NoLimit for none.
	MaxLifetime time.Duration
	// MaxLivingKeys is how many living keys an owner may have; NoLimit for none.
	MaxLivingKeys int64
	// UseMode is how uses are recorded.
	UseMode UseMode
	// UseAcknowledgement is when a verify is answered, seen from its event.
	UseAcknowledgement Acknowledgement
	// RetainUses is how long uses are kept.
	RetainUses time.Duration
	// RetainUsesBytes is how many bytes of uses are kept.
	RetainUsesBytes uint64
	// NoticeAhead is how long before an expiry or a due rotation its notice is made.
	NoticeAhead time.Duration
}

// PolicyUpdate says which rules to change, as they stand in [Policy]; a rule that is nil stays as it is. [Set] makes
// the pointers.
type PolicyUpdate struct {
	Prefixes           *[]string
	DefaultGrace       *time.Duration
	MinGrace           *time.Duration
	MaxGrace           *time.Duration
	MaxLifetime        *time.Duration
	MaxLivingKeys      *int64
	UseMode            *UseMode
	UseAcknowledgement *Acknowledgement
	RetainUses         *time.Duration
	RetainUsesBytes    *uint64
	NoticeAhead        *time.Duration
}

// Policy returns the policy.
func (v *Vault) Policy() (*Policy, error) {
	defer runtime.KeepAlive(v)
	var policy *C.keycask_policy
	var failure *C.keycask_error
	status := C.keycask_vault_policy(v.handle, &policy, &failure)
	return ownedPolicy(policy, failed(status, failure))
}

// SetPolicy sets all of the policy, and returns it as it is then. Begin with what [Vault.Policy] returns; where two
// may do so at once, [Vault.UpdatePolicy] changes some of it and leaves the rest alone.
func (v *Vault) SetPolicy(policy Policy, actor string, opts ...ChangeOption) (*Policy, error) {
	return v.UpdatePolicy(PolicyUpdate{
		Prefixes:           &policy.Prefixes,
		DefaultGrace:       &policy.DefaultGrace,
		MinGrace:           &policy.MinGrace,
		MaxGrace:           &policy.MaxGrace,
		MaxLifetime:        &policy.MaxLifetime,
		MaxLivingKeys:      &policy.MaxLivingKeys,
		UseMode:            &policy.UseMode,
		UseAcknowledgement: &policy.UseAcknowledgement,
		RetainUses:         &policy.RetainUses,
		RetainUsesBytes:    &policy.RetainUsesBytes,
		NoticeAhead:        &policy.NoticeAhead,
	}, actor, opts...)
}

// UpdatePolicy changes some of the policy, in one transaction, and returns it as it is then.
//
// It fails with [ErrInvalidArgument] for rules that contradict each other.
func (v *Vault) UpdatePolicy(update PolicyUpdate, actor string, opts ...ChangeOption) (*Policy, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	given, who := a.policyUpdate(&update), a.actor(actor, opts)
	var policy *C.keycask_policy
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_update_policy(v.handle, given, who, &policy, failure)
	})
	return ownedPolicy(policy, err)
}

func (a *arena) policyUpdate(update *PolicyUpdate) *C.keycask_policy_update {
	out := (*C.keycask_policy_update)(a.alloc(1, C.sizeof_keycask_policy_update))
	out.struct_size = C.sizeof_keycask_policy_update
	if prefixes := update.Prefixes; prefixes != nil {
		out.fields |= C.KEYCASK_POLICY_PREFIXES
		out.prefixes, out.prefixes_len = a.texts("prefixes", *prefixes), C.size_t(len(*prefixes))
	}
	rule := func(duration *time.Duration, place *C.int64_t, field C.uint32_t) {
		if duration != nil {
			*place, out.fields = durationMS(*duration), out.fields|field
		}
	}
	rule(update.DefaultGrace, &out.default_grace_ms, C.KEYCASK_POLICY_DEFAULT_GRACE)
	rule(update.MinGrace, &out.min_grace_ms, C.KEYCASK_POLICY_MIN_GRACE)
	rule(update.MaxGrace, &out.max_grace_ms, C.KEYCASK_POLICY_MAX_GRACE)
	rule(update.RetainUses, &out.retain_uses_ms, C.KEYCASK_POLICY_RETAIN_USES)
	rule(update.NoticeAhead, &out.notice_ahead_ms, C.KEYCASK_POLICY_NOTICE_AHEAD)
	if lifetime := update.MaxLifetime; lifetime != nil {
		out.fields, out.max_lifetime_ms = out.fields|C.KEYCASK_POLICY_MAX_LIFETIME, C.KEYCASK_DURATION_NONE
		if *lifetime != NoLimit {
			out.max_lifetime_ms = durationMS(*lifetime)
		}
	}
	a.policyNumbers(update, out)
	return out
}

func (a *arena) policyNumbers(update *PolicyUpdate, out *C.keycask_policy_update) {
	if update.MaxLivingKeys != nil {
		out.fields |= C.KEYCASK_POLICY_MAX_LIVING_KEYS
		out.max_living_keys = C.int64_t(*update.MaxLivingKeys)
	}
	if update.RetainUsesBytes != nil {
		out.fields |= C.KEYCASK_POLICY_RETAIN_USES_BYTES
		out.retain_uses_bytes = C.uint64_t(*update.RetainUsesBytes)
	}
	if update.UseMode != nil {
		out.fields |= C.KEYCASK_POLICY_USE_MODE
		mode, err := useModes.number(*update.UseMode)
		out.use_mode = ask(a, mode, err)
	}
	if update.UseAcknowledgement != nil {
		out.fields |= C.KEYCASK_POLICY_USE_ACKNOWLEDGEMENT
		acknowledgement, err := acknowledgements.number(*update.UseAcknowledgement)
		out.use_acknowledgement = ask(a, acknowledgement, err)
	}
}

// ownedPolicy copies a policy that a call gave, and releases it.
func ownedPolicy(policy *C.keycask_policy, err error) (*Policy, error) {
	if err != nil {
		return nil, err
	}
	defer C.keycask_policy_free(policy)
	out := &Policy{
		DefaultGrace:       goDuration(C.keycask_policy_default_grace_ms(policy)),
		MinGrace:           goDuration(C.keycask_policy_min_grace_ms(policy)),
		MaxGrace:           goDuration(C.keycask_policy_max_grace_ms(policy)),
		MaxLifetime:        NoLimit,
		MaxLivingKeys:      int64(C.keycask_policy_max_living_keys(policy)),
		UseMode:            useModes.word(C.keycask_policy_use_mode(policy)),
		UseAcknowledgement: acknowledgements.word(C.keycask_policy_use_acknowledgement(policy)),
		RetainUses:         goDuration(C.keycask_policy_retain_uses_ms(policy)),
		RetainUsesBytes:    uint64(C.keycask_policy_retain_uses_bytes(policy)),
		NoticeAhead:        goDuration(C.keycask_policy_notice_ahead_ms(policy)),
	}
	if lifetime := C.keycask_policy_max_lifetime_ms(policy); lifetime != C.KEYCASK_DURATION_NONE {
		out.MaxLifetime = goDuration(lifetime)
	}
	for i := range C.keycask_policy_prefixes_len(policy) {
		out.Prefixes = append(out.Prefixes, C.GoString(C.keycask_policy_prefix(policy, i)))
	}
	return out, nil
}
