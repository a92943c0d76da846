package keycask

/*
#include "shim.h"
*/
import "C"

import (
	"io/fs"
	"time"
	"unsafe"
)

// Option says how to create, open, restore or migrate a vault.
type Option func(*options)

type options struct {
	busyTimeout time.Duration
	mode        fs.FileMode
	group       *uint32
	actor       string
	peppers     [][]byte
}

// WithBusyTimeout sets how long a change waits for other writers before it fails with [ErrBusy]: 5 seconds unless
// said otherwise, an hour at most.
func WithBusyTimeout(timeout time.Duration) Option {
	return func(o *options) { o.busyTimeout = timeout }
}

// WithMode sets the mode of a new file, whatever the umask: 0600 unless said otherwise.
func WithMode(mode fs.FileMode) Option {
	return func(o *options) { o.mode = mode }
}

// WithGroup sets the group of a new file, by number.
func WithGroup(group uint32) Option {
	return func(o *options) { o.group = &group }
}

// WithActor names who creates, restores or migrates the vault: `keycask` unless said otherwise.
func WithActor(name string) Option {
	return func(o *options) { o.actor = name }
}

// WithPepper gives the pepper of the vault, of 32 to 4,096 bytes, if it has one. While a pepper is rotated, give both.
func WithPepper(pepper []byte) Option {
	return func(o *options) { o.peppers = append(o.peppers, pepper) }
}

// options is the options as the library takes them.
func (a *arena) options(opts []Option) *C.keycask_options {
	var given options
	for _, option := range opts {
		option(&given)
	}
	out := (*C.keycask_options)(a.alloc(1, C.sizeof_keycask_options))
	out.struct_size = C.sizeof_keycask_options
	out.busy_timeout_ms = durationMS(given.busyTimeout)
	out.mode = C.uint32_t(given.mode)
	if given.group != nil {
		out.has_group, out.group = 1, C.uint32_t(*given.group)
	}
	if given.actor != "" {
		out.actor = a.actor(given.actor, nil)
	}
	out.peppers, out.peppers_len = a.peppers(given.peppers), C.size_t(len(given.peppers))
	return out
}

func (a *arena) peppers(peppers [][]byte) *C.keycask_bytes {
	if len(peppers) == 0 {
		return nil
	}
	out := unsafe.Slice((*C.keycask_bytes)(a.alloc(len(peppers), C.sizeof_keycask_bytes)), len(peppers))
	for i, pepper := range peppers {
		out[i].data, out[i].len = a.wiped(pepper), C.size_t(len(pepper))
	}
	return &out[0]
}
