package keycask

/*
#cgo noescape kc_view_notice
#cgo nocallback kc_view_notice
#include "shim.h"
*/
import "C"

import (
	"iter"
	"runtime"
	"time"
)

// Notice is something that people should hear about a key. It never holds a secret.
type Notice struct {
	// ID is such as notice_01kb8rdhz6f5sbtcbgh1rstvwx. A notice that is sent twice has the same one.
	ID string
	// Kind is what it tells.
	Kind NoticeKind
	// At is when it was written.
	At time.Time
	// About is the moment that it speaks of: when the key was rotated, revoked or reported; or when its window ends,
	// it expires, or its rotation is due.
	About time.Time
	// KeyID, Start, Name, Owner and NotifyEmail are the key's.
	KeyID, Start, Name, Owner, NotifyEmail string
	// Detail is what belongs to its kind, as the text of a JSON object.
	Detail string
	// AckedAt is when it was acknowledged; the zero time where it wasn't.
	AckedAt time.Time
	// Attempts is how many deliveries failed.
	Attempts uint32
	// NextAttemptAt is the first moment at which a sender may claim it again; the zero time where it is free.
	NextAttemptAt time.Time
	// DeadAt is when it was given up after too many failures; the zero time where it wasn't.
	DeadAt time.Time
}

// NoticeFilter says which notices to list: the unacknowledged ones, oldest first, where it is zero.
type NoticeFilter struct {
	// Kind, where not empty: only of this kind.
	Kind NoticeKind
	// After, where not empty: only what was written after the notice with this id, the cursor of a page.
	After string
	// Limit, where not 0: at most so many.
	Limit int
	// All adds the acknowledged ones, and those that no longer hold.
	All bool
	// Dead leaves those only that were given up.
	Dead bool
	// Now, where not zero: as of then.
	Now time.Time
}

// NoticeClaim says which notices a sender wants, and for how long they are its own.
type NoticeClaim struct {
	// Lease is for how long no other sender may claim them: as long as a delivery may take. It must be given.
	Lease time.Duration
	// Limit is at most how many; one where it is 0.
	Limit int
	// After, where not empty: only what was written after the notice with this id, the next step of a round.
	After string
	// Addressed leaves those only whose key has a NotifyEmail.
	Addressed bool
	// Now, where not zero: as of then.
	Now time.Time
}

// Retries says how often a sender tries, and how long it waits after a failure. What is zero is the default.
type Retries struct {
	// First is the wait after the first failure, which doubles with each further one: a minute.
	First time.Duration
	// Longest is the longest wait: six hours.
	Longest time.Duration
	// Attempts is how many there are before a notice is given up: 16.
	Attempts uint32
}

// Notices yields the notices that match, oldest first; what time alone brings is written down first, once each. After
// an error it ends.
func (v *Vault) Notices(filter NoticeFilter) iter.Seq2[*Notice, error] {
	return func(yield func(*Notice, error) bool) {
		defer runtime.KeepAlive(v)
		var a arena
		given := a.noticeFilter(filter)
		var notices *C.keycask_notices
		err := a.do(func(failure **C.keycask_error) C.keycask_status {
			return C.keycask_vault_notices(v.handle, given, &notices, failure)
		})
		a.free()
		if err != nil {
			yield(nil, err)
			return
		}
		defer C.keycask_notices_free(notices)
		each(func() (*Notice, error) { return nextNotice(notices) }, yield)
	}
}

func (a *arena) noticeFilter(filter NoticeFilter) *C.keycask_notice_filter {
	out := (*C.keycask_notice_filter)(a.alloc(1, C.sizeof_keycask_notice_filter))
	out.struct_size = C.sizeof_keycask_notice_filter
	out.after = a.optional("after", filter.After)
	out.limit = a.limit(filter.Limit)
	out.now_ms = timeMS(filter.Now)
	kind, err := noticeKinds.optionalNumber(filter.Kind, 0)
	out.kind = ask(a, kind, err)
	out.all, out.dead = truth(filter.All), truth(filter.Dead)
	return out
}

// ClaimNotices claims notices that are to be delivered now, oldest first: no other sender gets them until the lease is
// over. After each delivery call [Vault.Ack], or [Vault.NoticeFailed].
func (v *Vault) ClaimNotices(claim NoticeClaim) ([]*Notice, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	given := (*C.keycask_notice_claim)(a.alloc(1, C.sizeof_keycask_notice_claim))
	given.struct_size = C.sizeof_keycask_notice_claim
	given.lease_ms = durationMS(claim.Lease)
	given.after = a.optional("after", claim.After)
	given.limit = a.limit(claim.Limit)
	given.now_ms = timeMS(claim.Now)
	given.addressed = truth(claim.Addressed)
	var notices *C.keycask_notices
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_claim_notices(v.handle, given, &notices, failure)
	})
	if err != nil {
		return nil, err
	}
	defer C.keycask_notices_free(notices)
	var all []*Notice
	each(func() (*Notice, error) { return nextNotice(notices) }, func(notice *Notice, failure error) bool {
		all, err = append(all, notice), failure
		return failure == nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Ack acknowledges a notice: it was delivered, or somebody has seen to it. To do so twice changes nothing. It returns
// the notice as it is then.
func (v *Vault) Ack(id string, opts ...AskOption) (*Notice, error) {
	now := askedTime(opts)
	return v.notice(id, func(id *C.char, out **C.keycask_notice, failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_ack(v.handle, id, now, out, failure)
	})
}

// NoticeFailed reports that a claimed notice could not be delivered: it may be claimed again after a wait that grows
// with each failure, or is given up after too many. It returns the notice as it is then.
func (v *Vault) NoticeFailed(id string, retries Retries, opts ...AskOption) (*Notice, error) {
	now := askedTime(opts)
	given := C.keycask_retries{
		struct_size: C.sizeof_keycask_retries,
		first_ms:    durationMS(retries.First),
		longest_ms:  durationMS(retries.Longest),
		attempts:    C.uint32_t(retries.Attempts),
	}
	return v.notice(id, func(id *C.char, out **C.keycask_notice, failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_notice_failed(v.handle, id, &given, now, out, failure)
	})
}

// RetryNotice lets a notice that was given up, or that waits, be claimed at once, and returns it as it is then. It
// fails with [ErrConflict] where it was acknowledged.
func (v *Vault) RetryNotice(id string) (*Notice, error) {
	return v.notice(id, func(id *C.char, out **C.keycask_notice, failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_retry_notice(v.handle, id, out, failure)
	})
}

// notice makes a call about one notice, and returns it as it is then.
func (v *Vault) notice(
	id string, call func(*C.char, **C.keycask_notice, **C.keycask_error) C.keycask_status,
) (*Notice, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	noticeID := a.text("notice_id", id)
	var notice *C.keycask_notice
	err := a.do(func(failure **C.keycask_error) C.keycask_status { return call(noticeID, &notice, failure) })
	if err != nil {
		return nil, err
	}
	return ownedNotice(notice), nil
}

// nextNotice is the next of a list; nil at its end.
func nextNotice(notices *C.keycask_notices) (*Notice, error) {
	var notice *C.keycask_notice
	var failure *C.keycask_error
	status := C.keycask_notices_next(notices, &notice, &failure)
	if status == C.KEYCASK_END {
		return nil, nil
	}
	if err := failed(status, failure); err != nil {
		return nil, err
	}
	return ownedNotice(notice), nil
}

// ownedNotice copies a notice that a call gave, and releases it.
func ownedNotice(notice *C.keycask_notice) *Notice {
	defer C.keycask_notice_free(notice)
	var view C.kc_notice_view
	C.kc_view_notice(notice, &view)
	return &Notice{
		ID:            C.GoString(view.id),
		Kind:          noticeKinds.word(view.kind),
		At:            goTime(view.at),
		About:         goTime(view.about),
		KeyID:         C.GoString(view.key_id),
		Start:         C.GoString(view.start),
		Name:          C.GoString(view.name),
		Owner:         C.GoString(view.owner),
		NotifyEmail:   C.GoString(view.notify_email),
		Detail:        C.GoString(view.detail),
		AckedAt:       goTime(view.acked_at),
		Attempts:      uint32(view.attempts),
		NextAttemptAt: goTime(view.next_attempt_at),
		DeadAt:        goTime(view.dead_at),
	}
}
