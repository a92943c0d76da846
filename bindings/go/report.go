package keycask

/*
#include "shim.h"
*/
import "C"

import "runtime"

// Report is what a check found.
type Report struct {
	// OK is whether nothing was found.
	OK bool
	// Findings are what was found.
	Findings []Finding
	// LogSizes and LogRoots are the events that each log has had, and the root of its tree in lower-case hexadecimal.
	// Both are nil unless VerifyLogs made the report.
	LogSizes map[Log]uint64
	LogRoots map[Log]string
}

// Finding is a thing that a check found.
type Finding struct {
	// Code is its sort, a stable word.
	Code string
	// Message says what was found, and what to do.
	Message string
}

// Check looks for damage, reads the whole file and changes nothing. Where deep it looks at everything, both logs leaf
// by leaf. An error means that it could not look; the report tells whether all is well.
func (v *Vault) Check(deep bool) (*Report, error) {
	defer runtime.KeepAlive(v)
	var report *C.keycask_report
	var failure *C.keycask_error
	status := C.keycask_vault_check(v.handle, truth(deep), &report, &failure)
	return ownedReport(report, failed(status, failure))
}

// Checkpoint returns the sizes and roots of both logs as of now, as text to keep elsewhere: whoever holds it sees when
// a log is rewritten or cut. signingKey is the text of an Ed25519 key for signed notes (PRIVATE+KEY+NAME+ID+KEY), or
// empty for checkpoints without a signature.
func (v *Vault) Checkpoint(signingKey string) (string, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	key := a.optionalSecret("signing_key", signingKey)
	var text *C.keycask_text
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_checkpoint(v.handle, key, &text, failure)
	})
	return ownedText(text, err)
}

// VerifyLogs recomputes every leaf and both roots from the rows, and compares them with the trees that the file states.
//
// checkpoints is text that [Vault.Checkpoint] returned earlier and that was kept elsewhere, or empty: then today's logs
// must begin with what it says. With a verifierKey (NAME+ID+KEY), which may be empty, each checkpoint must carry its
// signature. An error means that it could not look; the report tells whether all is well.
func (v *Vault) VerifyLogs(checkpoints, verifierKey string) (*Report, error) {
	defer runtime.KeepAlive(v)
	var a arena
	defer a.free()
	kept, key := a.optional("checkpoints", checkpoints), a.optional("verifier_key", verifierKey)
	var report *C.keycask_report
	err := a.do(func(failure **C.keycask_error) C.keycask_status {
		return C.keycask_vault_verify_logs(v.handle, kept, key, &report, failure)
	})
	return ownedReport(report, err)
}

// ownedReport copies a report that a call gave, and releases it.
func ownedReport(report *C.keycask_report, err error) (*Report, error) {
	if err != nil {
		return nil, err
	}
	defer C.keycask_report_free(report)
	out := &Report{OK: bool(C.keycask_report_ok(report))}
	for i := range C.keycask_report_findings_len(report) {
		out.Findings = append(out.Findings, Finding{
			Code:    C.GoString(C.keycask_report_code(report, i)),
			Message: C.GoString(C.keycask_report_message(report, i)),
		})
	}
	if C.keycask_report_log_root(report, C.KEYCASK_LOG_CHANGES) == nil {
		return out, nil
	}
	out.LogSizes = counts(logs, func(n C.int32_t) C.uint64_t { return C.keycask_report_log_size(report, n) })
	out.LogRoots = make(map[Log]string, len(logs.list))
	for i, log := range logs.list {
		out.LogRoots[log] = C.GoString(C.keycask_report_log_root(report, C.int32_t(i+logs.first)))
	}
	return out, nil
}

// ownedText copies a text that a call gave, and releases it; empty for NULL.
func ownedText(text *C.keycask_text, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer C.keycask_text_free(text)
	return C.GoStringN(C.keycask_text_get(text), C.int(C.keycask_text_len(text))), nil
}
