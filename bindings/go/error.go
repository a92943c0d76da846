package keycask

/*
#include "shim.h"
*/
import "C"

import "fmt"

// Kind says what sort of failure an error is. Each constant below is an error itself, for [errors.Is]; numbers are
// those of the C library, and never change their meaning. Later versions may add kinds.
type Kind int32

// The kinds of errors. 10 to 19 the caller can mend, 20 to 29 lie with the machine, the file or its place, and 90 to
// 99 are defects of keycask.
const (
	// ErrRejected: verify refused the key. The error is a [*RejectedError], which says why.
	ErrRejected Kind = C.KEYCASK_REFUSED
	// ErrInvalidArgument: an argument breaks a limit or a form; the message names it.
	ErrInvalidArgument Kind = C.KEYCASK_INVALID_ARGUMENT
	// ErrNotFound: no key, or no notice, has this id.
	ErrNotFound Kind = C.KEYCASK_NOT_FOUND
	// ErrConflict: the state of the key or the vault doesn't allow the change.
	ErrConflict Kind = C.KEYCASK_CONFLICT
	// ErrClosed: the vault was closed.
	ErrClosed Kind = C.KEYCASK_CLOSED
	// ErrForeignAccess: something else in this process opened the vault's file, so that SQLite's locks no longer hold.
	ErrForeignAccess Kind = C.KEYCASK_FOREIGN_ACCESS
	// ErrVaultMissing: there is no vault at the path.
	ErrVaultMissing Kind = C.KEYCASK_VAULT_MISSING
	// ErrNotAVault: what the path leads to isn't a vault.
	ErrNotAVault Kind = C.KEYCASK_NOT_A_VAULT
	// ErrUnsupportedVersion: the vault needs a newer library.
	ErrUnsupportedVersion Kind = C.KEYCASK_UNSUPPORTED_VERSION
	// ErrReadOnly: the vault or its folder can't be written or read by this process.
	ErrReadOnly Kind = C.KEYCASK_READ_ONLY
	// ErrUnsupportedLocation: a place where a write-ahead log can't work, such as a network file system.
	ErrUnsupportedLocation Kind = C.KEYCASK_UNSUPPORTED_LOCATION
	// ErrBusy: another writer held the file for longer than the busy timeout. Try again.
	ErrBusy Kind = C.KEYCASK_BUSY
	// ErrVaultFull: the disk is full.
	ErrVaultFull Kind = C.KEYCASK_VAULT_FULL
	// ErrDamaged: the content of the file contradicts itself.
	ErrDamaged Kind = C.KEYCASK_DAMAGED
	// ErrIO: the operating system failed to read or write.
	ErrIO Kind = C.KEYCASK_IO
	// ErrPepper: the vault's pepper is missing or wrong.
	ErrPepper Kind = C.KEYCASK_PEPPER
	// ErrInternal: a defect of keycask.
	ErrInternal Kind = C.KEYCASK_INTERNAL
	// ErrPanic: a defect of keycask that ended a call in its middle. What was being changed is undone.
	ErrPanic Kind = C.KEYCASK_PANIC
)

// String is the stable name of the kind, such as vault_missing, the same in every language; "?" for a number that
// this version doesn't know.
func (k Kind) String() string {
	return C.GoString(C.keycask_status_name(C.keycask_status(k)))
}

// Error is the name of the kind. What a call returns is an [*Error], which says more.
func (k Kind) Error() string {
	return "keycask: " + k.String()
}

// Error says why a call failed: nothing was changed then, and nobody may be let in.
type Error struct {
	// Kind is what errors.Is compares.
	Kind Kind
	// Message says what was tried, why it failed and, where that is known, what to do.
	Message string
}

// Error is the message.
func (e *Error) Error() string {
	return "keycask: " + e.Message
}

// Is reports whether target is the error's kind.
func (e *Error) Is(target error) bool {
	kind, ok := target.(Kind)
	return ok && kind == e.Kind
}

// RejectedError says why verify refused a key. Tell the client one thing only, that the key is invalid: the reason and
// the key's id are for your logs.
type RejectedError struct {
	// Reason is the outcome.
	Reason Outcome
	// KeyID is the id of the key that the secret belongs to; empty where it is no key's.
	KeyID string
	// MissingScope is the first demanded scope that the key lacks, where that is the reason.
	MissingScope string
	// HTTPStatus is what to answer with: 401, 403 or 429.
	HTTPStatus int
}

// Error names the reason and, where there is one, the key.
func (e *RejectedError) Error() string {
	message := "keycask: key rejected: " + string(e.Reason)
	if e.MissingScope != "" {
		message += " " + e.MissingScope
	}
	if e.KeyID != "" {
		message += " (" + e.KeyID + ")"
	}
	return message
}

// Is reports whether target is ErrRejected.
func (e *RejectedError) Is(target error) bool {
	return target == error(ErrRejected)
}

// invalid is the error for an argument that doesn't reach the library.
func invalid(format string, arguments ...any) error {
	return &Error{ErrInvalidArgument, fmt.Sprintf(format, arguments...)}
}

// failed is nil for KEYCASK_OK, and else the error of a call; it releases failure.
func failed(status C.keycask_status, failure *C.keycask_error) error {
	if status == C.KEYCASK_OK {
		return nil
	}
	defer C.keycask_error_free(failure)
	return statusError(Kind(status), C.GoString(C.keycask_error_message(failure)))
}

// statusError is the error of a status; its name has to do where there is no message.
func statusError(kind Kind, message string) error {
	if message == "" {
		message = kind.String()
	}
	return &Error{kind, message}
}
