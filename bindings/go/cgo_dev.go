//go:build keycask_dev

package keycask

// The static library, since the shared one goes by the name of its SONAME, which only an installation has.

// #cgo CFLAGS: -I${SRCDIR}/../../include
// #cgo LDFLAGS: ${SRCDIR}/../../target/release/libkeycask.a -lpthread -ldl -lm
import "C"
