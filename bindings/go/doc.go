// Package keycask gives a backend the whole life of an API key: issue it, show it once, verify it on every request,
// rotate it with a grace window, revoke it at once, and keep an audit log whose edits show. The vault is one SQLite
// file that the processes of one machine share, whatever language they are written in.
//
//	vault, err := keycask.Open("keys.db")
//	...
//	key, err := vault.Verify(presented, keycask.RequireScope("reports:read"), keycask.RequirePrefix("acme_live"))
//	switch {
//	case errors.Is(err, keycask.ErrRejected): // 401 or 403: a *RejectedError says why, for your logs
//	case err != nil: // 503: the vault could not say; let no one in
//	}
//
// [Middleware] does that for an [net/http] handler.
//
// # Building
//
// The package links libkeycask. By default pkg-config finds it, where `make install` put keycask.pc. With the build
// tag keycask_dev it is taken from target/release of the workspace that this package lies in.
//
// # Conventions
//
// A [Vault] may be used from any number of goroutines at once. Everything else that the package returns is a plain Go
// value, which belongs to the caller and needs no release.
//
// Texts that are absent are empty, times that are absent are the zero [time.Time], durations that are absent are 0;
// where that could be meant otherwise, the field says so. Times are UTC, and cut to milliseconds on their way in.
// Every change names its actor, as the audit log will.
//
// Errors are [*Error], and each kind is a constant for [errors.Is]. No error holds a secret.
package keycask
