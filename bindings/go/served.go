package keycask

/*
#include "shim.h"
*/
import "C"

import (
	"hash/maphash"
	"runtime"
	"slices"
	"sync/atomic"
)

// served remembers the keys that verify returned last, so that a key that didn't change isn't made of C's texts anew
// for each request. It never answers whether a key may be served: the library judges every time, and says whether its
// record is still the one that the remembered key was made of.
type served struct {
	seed   maphash.Seed
	places [servedPlaces]servedPlace
}

// Each place holds a key with about 2 KB at most, unless its texts are long.
const servedPlaces = 4096

type servedPlace struct {
	key atomic.Pointer[servedKey]
	// The reading that was last not found here. What isn't asked for twice in a row isn't worth a place.
	missed atomic.Uint64
}

// servedKey is a key and the reading that it was made of. Its verdict lives as long, so that no other reading can have
// the same number.
type servedKey struct {
	reading C.uint64_t
	key     *Key
}

func newServed() *served {
	return &served{seed: maphash.MakeSeed()}
}

// place is where the key of a secret is remembered. Longer texts are no secrets, and share their places.
func (s *served) place(presented string) *servedPlace {
	const enough = 128
	hash := maphash.String(s.seed, presented[:min(len(presented), enough)])
	return &s.places[hash%servedPlaces]
}

// serve makes the key of an accepted verdict, which it releases or remembers.
func (p *servedPlace) serve(found *C.kc_verdict) *Key {
	var view C.kc_key_view
	C.kc_view_accepted(found.verdict, &view)
	key := viewedKey(&view)
	if p.missed.Swap(uint64(found.reading)) != uint64(found.reading) {
		C.keycask_verdict_free(found.verdict)
		return key
	}
	kept := &servedKey{found.reading, key}
	runtime.AddCleanup(kept, func(verdict *C.keycask_verdict) { C.keycask_verdict_free(verdict) }, found.verdict)
	p.key.Store(kept)
	return kept.copy()
}

// heldReading is 0, which is no reading, for none.
func (k *servedKey) heldReading() C.uint64_t {
	if k == nil {
		return 0
	}
	return k.reading
}

// copy is a key of the caller's own, to change as it likes.
func (k *servedKey) copy() *Key {
	key := *k.key
	key.Scopes = slices.Clone(key.Scopes)
	return &key
}
