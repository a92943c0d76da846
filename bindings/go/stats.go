package keycask

/*
#include "shim.h"
*/
import "C"

import "runtime"

// Stats is figures of a vault at a point in time.
type Stats struct {
	// Keys is how many keys are in each state.
	Keys map[State]uint64
	// Verifies is how many verifies had each outcome, of those that the log of uses still holds.
	Verifies map[Outcome]uint64
	// LogSizes is how many events each log has had.
	LogSizes map[Log]uint64
	// PrunedUses is how many of the uses were pruned.
	PrunedUses uint64
	// FileBytes is the size of the file.
	FileBytes uint64
	// WALBytes is the size of its write-ahead log.
	WALBytes uint64
	// BusyChanges is how many changes this handle tried, BusyWaited how many had to wait for another writer, and
	// BusyFailed how many failed as busy.
	BusyChanges, BusyWaited, BusyFailed uint64
}

// Stats returns figures of the vault. It reads every key and every use: for a look now and then, not for each request.
func (v *Vault) Stats(opts ...AskOption) (*Stats, error) {
	defer runtime.KeepAlive(v)
	var figures *C.keycask_stats
	var failure *C.keycask_error
	status := C.keycask_vault_stats(v.handle, askedTime(opts), &figures, &failure)
	if err := failed(status, failure); err != nil {
		return nil, err
	}
	defer C.keycask_stats_free(figures)
	return &Stats{
		Keys:        counts(states, func(n C.int32_t) C.uint64_t { return C.keycask_stats_keys(figures, n) }),
		Verifies:    counts(outcomes, func(n C.int32_t) C.uint64_t { return C.keycask_stats_verifies(figures, n) }),
		LogSizes:    counts(logs, func(n C.int32_t) C.uint64_t { return C.keycask_stats_log_size(figures, n) }),
		PrunedUses:  uint64(C.keycask_stats_pruned_uses(figures)),
		FileBytes:   uint64(C.keycask_stats_file_bytes(figures)),
		WALBytes:    uint64(C.keycask_stats_wal_bytes(figures)),
		BusyChanges: uint64(C.keycask_stats_busy_changes(figures)),
		BusyWaited:  uint64(C.keycask_stats_busy_waited(figures)),
		BusyFailed:  uint64(C.keycask_stats_busy_failed(figures)),
	}, nil
}

// counts is a figure for each word of a set.
func counts[T ~string](set words[T], figure func(C.int32_t) C.uint64_t) map[T]uint64 {
	all := make(map[T]uint64, len(set.list))
	for i, word := range set.list {
		all[word] = uint64(figure(C.int32_t(i + set.first)))
	}
	return all
}
