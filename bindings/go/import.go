package keycask

/*
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"time"
	"unsafe"
)

// ImportOptions says how to import, where a row doesn't say otherwise.
type ImportOptions struct {
	// Scheme of rows that name none, such as sha256; SHA-256 of the whole key where it is empty.
	Scheme string
	// Recipe is the package whose digests they are, such as unkey, instead.
	Recipe string
	// Owner of rows that name none.
	Owner string
	// Prefix of rows that name none.
	Prefix string
	// Format of the text; recognised where it is empty.
	Format ImportFormat
	// AllOrNothing imports nothing where any line is refused.
	AllOrNothing bool
	// DryRun reports what an import would do, and changes nothing.
	DryRun bool
}

// ImportReport is what an import did.
type ImportReport struct {
	// Imported is the rows that became keys; of a dry run, that would.
	Imported uint64
	// Existing is the rows whose digest was there already; none was changed.
	Existing uint64
	// Refused is the lines that were refused.
	Refused uint64
	// Warned is the rows with a warning; they are among the imported ones.
	Warned uint64
	// LongestLock is the longest time that the import kept other writers from the vault.
	LongestLock time.Duration
	// Notes are on single lines.
	Notes []ImportNote
}

// ImportNote is what an import has to say of a line.
type ImportNote struct {
	// Line is counted from 1 on.
	Line uint64
	// Outcome is what became of it.
	Outcome ImportOutcome
	// Message says why, without a value of the row.
	Message string
}

// Import imports digests that another system made of its keys, from JSON Lines or CSV: from then on the keys work
// here. It takes effect at once and whole, at its end. A row that breaks a limit is refused and reported, and the
// others are imported unless the options say otherwise.
//
// Each row has a digest and may have scheme, strength_bits, owner, name, prefix, scopes, metadata, notify_email,
// created_at, not_before, expires_at and disabled.
func (v *Vault) Import(text []byte, how ImportOptions, actor string, opts ...ChangeOption) (*ImportReport, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	options, who := a.importOptions(how), a.actor(actor, opts)
	var report *C.keycask_import_report
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		bytes := (*C.char)(unsafe.Pointer(unsafe.SliceData(text)))
		return C.keycask_vault_import(v.handle, bytes, C.size_t(len(text)), options, who, &report, failure)
	})
	if err != nil {
		return nil, err
	}
	defer C.keycask_import_report_free(report)
	return goImportReport(report), nil
}

func (a *arena) importOptions(how ImportOptions) *C.keycask_import_options {
	out := (*C.keycask_import_options)(a.alloc(1, C.sizeof_keycask_import_options))
	out.struct_size = C.sizeof_keycask_import_options
	out.scheme = a.optional("scheme", how.Scheme)
	out.recipe = a.optional("recipe", how.Recipe)
	out.owner = a.optional("owner", how.Owner)
	out.prefix = a.optional("prefix", how.Prefix)
	format, err := importFormats.optionalNumber(how.Format, C.KEYCASK_IMPORT_FORMAT_ANY)
	out.format = ask(a, format, err)
	out.all_or_nothing, out.dry_run = truth(how.AllOrNothing), truth(how.DryRun)
	return out
}

func goImportReport(report *C.keycask_import_report) *ImportReport {
	out := &ImportReport{
		Imported:    uint64(C.keycask_import_report_imported(report)),
		Existing:    uint64(C.keycask_import_report_existing(report)),
		Refused:     uint64(C.keycask_import_report_refused(report)),
		Warned:      uint64(C.keycask_import_report_warned(report)),
		LongestLock: goDuration(C.keycask_import_report_longest_lock_ms(report)),
	}
	for i := range C.keycask_import_report_notes_len(report) {
		out.Notes = append(out.Notes, ImportNote{
			Line:    uint64(C.keycask_import_report_note_line(report, i)),
			Outcome: importOutcomes.word(C.keycask_import_report_note_outcome(report, i)),
			Message: C.GoString(C.keycask_import_report_note_message(report, i)),
		})
	}
	return out
}
