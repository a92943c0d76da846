package keycask

/*
#include "shim.h"
*/
import "C"

import (
	"strings"
	"time"
	"unsafe"
)

// arena holds what a call lends to the library: C memory that is released when the call is over, and the first thing
// that was wrong with it. Presented secrets never go there.
type arena struct {
	blocks  []unsafe.Pointer
	secrets []secretBlock
	err     error
}

type secretBlock struct {
	data unsafe.Pointer
	len  int
}

func (a *arena) free() {
	for _, secret := range a.secrets {
		C.keycask_wipe(secret.data, C.size_t(secret.len))
	}
	for _, block := range a.blocks {
		C.free(block)
	}
}

// alloc is size zeroed bytes, for pointers too.
func (a *arena) alloc(count, size int) unsafe.Pointer {
	block := C.calloc(C.size_t(max(count, 1)), C.size_t(size))
	a.blocks = append(a.blocks, block)
	return block
}

// refuseNUL refuses a text with a NUL: for C it would end there.
func refuseNUL(name, text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		return invalid("%s: has a NUL character", name)
	}
	return nil
}

// text is a copy of a text.
func (a *arena) text(name, text string) *C.char {
	if err := refuseNUL(name, text); err != nil {
		a.fail(err)
		return nil
	}
	copied := C.CString(text)
	a.blocks = append(a.blocks, unsafe.Pointer(copied))
	return copied
}

// optional is NULL for an empty text.
func (a *arena) optional(name, text string) *C.char {
	if text == "" {
		return nil
	}
	return a.text(name, text)
}

// texts is an array of texts; NULL for none.
func (a *arena) texts(name string, texts []string) **C.char {
	if len(texts) == 0 {
		return nil
	}
	array := a.alloc(len(texts), int(unsafe.Sizeof((*C.char)(nil))))
	for i, place := 0, unsafe.Slice((**C.char)(array), len(texts)); i < len(texts); i++ {
		place[i] = a.text(name, texts[i])
	}
	return (**C.char)(array)
}

// wiped is a copy of bytes that is wiped before it is released.
func (a *arena) wiped(bytes []byte) *C.uint8_t {
	block := a.alloc(len(bytes), 1)
	copy(unsafe.Slice((*byte)(block), len(bytes)), bytes)
	a.secrets = append(a.secrets, secretBlock{block, len(bytes)})
	return (*C.uint8_t)(block)
}

// optionalSecret is optional, and wiped before it is released.
func (a *arena) optionalSecret(name, text string) *C.char {
	copied := a.optional(name, text)
	if copied != nil {
		a.secrets = append(a.secrets, secretBlock{unsafe.Pointer(copied), len(text)})
	}
	return copied
}

// fail keeps the first error.
func (a *arena) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// ask keeps the error of a conversion.
func ask[T any](a *arena, value T, err error) T {
	if err != nil {
		a.fail(err)
	}
	return value
}

// timeMS is a time for the library; the zero time is none. 1970 itself, which is none for the library, becomes its
// first millisecond: an expiry there is a mistake, and must not become a key that never expires.
func timeMS(at time.Time) C.int64_t {
	const first, last = -62_135_596_800, 253_402_300_799 // the years 1 to 9999, in seconds
	switch ms := C.int64_t(at.UnixMilli()); {
	case at.IsZero():
		return C.KEYCASK_TIME_NONE
	case at.Unix() < first || at.Unix() > last:
		return C.INT64_MAX
	case ms == 0:
		return 1
	default:
		return ms
	}
}

// nowMS is the wall clock, where there is no vault to ask for its time.
func nowMS() C.int64_t {
	return timeMS(time.Now())
}

// goTime is a time of the library's; none is the zero time.
func goTime(ms C.int64_t) time.Time {
	if ms == C.KEYCASK_TIME_NONE {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// durationMS is a duration for the library. What is less than a millisecond isn't lost: a grace of a microsecond is no
// grace of none.
func durationMS(duration time.Duration) C.int64_t {
	ms := duration / time.Millisecond
	if duration%time.Millisecond > 0 {
		ms++
	}
	return C.int64_t(ms)
}

// goDuration is a duration of the library's; none is 0. Policies know longer ones than Go does: they are cut to Go's
// longest.
func goDuration(ms C.int64_t) time.Duration {
	const longest = int64(1<<63-1) / int64(time.Millisecond)
	return time.Duration(min(max(int64(ms), 0), longest)) * time.Millisecond
}

// truth is a flag for the library.
func truth(flag bool) C.int32_t {
	if flag {
		return 1
	}
	return 0
}

// do makes a call with what the arena lends, unless something is wrong with that, and turns its status into an error.
func (a *arena) do(call func(failure **C.keycask_error) C.keycask_status) error {
	if a.err != nil {
		return a.err
	}
	var failure *C.keycask_error
	status := call(&failure)
	return failed(status, failure)
}
