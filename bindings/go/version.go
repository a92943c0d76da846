package keycask

/*
#include "shim.h"
*/
import "C"

import (
	"runtime"
)

// Version is the version of the library that runs, such as 0.1.0.
func Version() string {
	return C.GoString(C.keycask_version())
}

// Redact masks every secret of keycask's form in a text, as for a log: its prefix and the first 8 random characters
// stay. Bytes that aren't UTF-8 are [ErrInvalidArgument], and nothing is returned.
func Redact(text string) (string, error) {
	defer runtime.KeepAlive(text)
	given, size := presentedText(text)
	var redacted *C.keycask_text
	var failure *C.keycask_error
	status := C.keycask_redact(given, size, &redacted, &failure)
	return ownedText(redacted, failed(status, failure))
}
