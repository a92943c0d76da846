package keycask

/*
#include "shim.h"
*/
import "C"

import "time"

// ChangeOption says from where, or as of when, a change is made: [WithClientIP], [WithRequestID], [At].
type ChangeOption interface{ changeOption() }

// VerifyOption says what verify demands ([RequireScope], [RequirePrefix]), what is known of the client ([WithClientIP],
// [WithRequestID]), as of when to judge ([At]), and whether to record it ([WithoutEvent]).
type VerifyOption interface{ verifyOption() }

// AskOption says as of when a question is asked: [At].
type AskOption interface{ askOption() }

// ContextOption is a [ChangeOption] and a [VerifyOption].
type ContextOption struct {
	text      string
	requestID bool
}

func (ContextOption) changeOption() {}
func (ContextOption) verifyOption() {}

// WithClientIP gives the address that the call comes from, such as 192.0.2.7, for the audit log. An empty one is
// unknown.
func WithClientIP(address string) ContextOption {
	return ContextOption{text: address}
}

// WithRequestID gives the id of the request that the call answers, at most 128 bytes, for the audit log.
func WithRequestID(id string) ContextOption {
	return ContextOption{text: id, requestID: true}
}

// TimeOption is a [ChangeOption], a [VerifyOption] and an [AskOption].
type TimeOption struct{ at time.Time }

func (TimeOption) changeOption() {}
func (TimeOption) verifyOption() {}
func (TimeOption) askOption()    {}

// At makes a call as of another time than now, for tests and replays. Calls that know no other time refuse one with
// [ErrInvalidArgument]. The zero time is now.
func At(at time.Time) TimeOption {
	return TimeOption{at}
}

// actor is who makes a change, as the library takes it.
func (a *arena) actor(name string, opts []ChangeOption) *C.keycask_actor {
	actor := (*C.keycask_actor)(a.alloc(1, C.sizeof_keycask_actor))
	actor.struct_size = C.sizeof_keycask_actor
	actor.name = a.text("actor", name)
	for _, option := range opts {
		switch option := option.(type) {
		case TimeOption:
			actor.now_ms = timeMS(option.at)
		case ContextOption:
			if option.requestID {
				actor.request_id = a.text("request_id", option.text)
			} else {
				actor.client_ip = a.optional("client_ip", option.text)
			}
		}
	}
	return actor
}
