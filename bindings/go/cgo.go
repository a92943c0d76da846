//go:build !keycask_dev

package keycask

// #cgo pkg-config: keycask
import "C"
