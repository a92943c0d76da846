package keycask

// Guards against a failure that a caller can't tell from another, or takes for a bad key: a status without a kind, a
// kind of another number, an error that errors.Is doesn't know.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// kinds is every kind by the name that the header gives its status.
var kinds = map[string]Kind{
	"REFUSED": ErrRejected, "INVALID_ARGUMENT": ErrInvalidArgument, "NOT_FOUND": ErrNotFound, "CONFLICT": ErrConflict,
	"CLOSED": ErrClosed, "FOREIGN_ACCESS": ErrForeignAccess, "VAULT_MISSING": ErrVaultMissing,
	"NOT_A_VAULT": ErrNotAVault, "UNSUPPORTED_VERSION": ErrUnsupportedVersion, "READ_ONLY": ErrReadOnly,
	"UNSUPPORTED_LOCATION": ErrUnsupportedLocation, "BUSY": ErrBusy, "VAULT_FULL": ErrVaultFull,
	"DAMAGED": ErrDamaged, "IO": ErrIO, "PEPPER": ErrPepper, "INTERNAL": ErrInternal, "PANIC": ErrPanic,
}

func TestEveryStatusHasItsKind(t *testing.T) {
	text := string(must(os.ReadFile("../../include/keycask.h"))(t))
	_, text, _ = strings.Cut(text, "What a call that can fail returns.")
	text, _, _ = strings.Cut(text, `extern "C"`)
	statuses := map[string]Kind{}
	for _, found := range regexp.MustCompile(`(?m)^#define KEYCASK_([A-Z_]+) (\d+)$`).FindAllStringSubmatch(text, -1) {
		statuses[found[1]] = Kind(must(strconv.Atoi(found[2]))(t))
	}
	equal(t, "statuses of the header", len(statuses), len(kinds)+2)
	delete(statuses, "OK")
	delete(statuses, "END")
	for name, status := range statuses {
		kind, known := kinds[name]
		equal(t, name+" is known", known, true)
		equal(t, name, kind, status)
		equal(t, name+" by name", kind.String(), strings.ToLower(name))
	}
}

func TestEveryKindIsKnownToErrorsIs(t *testing.T) {
	for name, kind := range kinds {
		if kind == ErrRejected {
			continue
		}
		err := fmt.Errorf("wrapped: %w", statusError(kind, ""))
		for other, sentinel := range kinds {
			equal(t, name+" is "+other, errors.Is(err, sentinel), name == other)
		}
		var full *Error
		equal(t, "errors.As", errors.As(err, &full), true)
		equal(t, "kind", full.Kind, kind)
	}
	unknown := statusError(1234, "")
	equal(t, "a status of a later version", unknown.Error(), "keycask: ?")
}

func TestFailuresAreOfTheirKinds(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault)
	folder := t.TempDir()
	text := filepath.Join(folder, "text")
	checked(t, os.WriteFile(text, []byte(strings.Repeat("not a vault ", 100)), 0o600))
	_, missing := Open(filepath.Join(folder, "keys.db"))
	_, foreign := Open(text)
	_, twice := Create(vault.Path())
	_, argument := vault.CreateKey(NewKey{Prefix: "Not A Prefix"}, actor)
	_, noActor := vault.CreateKey(NewKey{Prefix: "acme_live"}, "")
	_, unknown := vault.Key("key_01h455vb4pex5vsknk084sn02q")
	_, long := vault.Rotate(issued.Key.ID, Planned(366*24*time.Hour), actor)
	_, timeless := vault.RetryNotice("notice_01h455vb4pex5vsknk084sn02q")
	_, word := vault.Revoke(issued.Key.ID, Revocation{Reason: "bored"}, actor)
	_, state := vault.keys(KeyFilter{States: []State{"bored"}})
	_, limit := vault.keys(KeyFilter{Limit: -1})
	_, policy := vault.UpdatePolicy(PolicyUpdate{}, actor, At(created))
	for _, each := range []struct {
		what string
		err  error
		kind Kind
	}{
		{"open a missing file", missing, ErrVaultMissing},
		{"open a text", foreign, ErrNotAVault},
		{"create twice", twice, ErrConflict},
		{"a bad prefix", argument, ErrInvalidArgument},
		{"no actor", noActor, ErrInvalidArgument},
		{"an unknown key", unknown, ErrNotFound},
		{"a grace over the maximum", long, ErrInvalidArgument},
		{"an unknown notice", timeless, ErrNotFound},
		{"an unknown reason", word, ErrInvalidArgument},
		{"an unknown state", state, ErrInvalidArgument},
		{"a negative limit", limit, ErrInvalidArgument},
		{"a policy as of another time", policy, ErrInvalidArgument},
	} {
		if !errors.Is(each.err, each.kind) {
			t.Errorf("%s: got %v, want %v", each.what, each.err, each.kind)
		}
		if errors.Is(each.err, ErrRejected) {
			t.Errorf("%s: taken for a refused key", each.what)
		}
	}
}

func TestATextWithANULIsNoShorterText(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault)
	secret := issued.Secret.Expose()
	_, err := vault.Verify(secret, RequireScope("reports:read\x00:admin"))
	namesNUL(t, "scope", err)
	_, err = vault.Verify(secret, RequirePrefix("acme_live\x00"))
	namesNUL(t, "prefix", err)
	_, err = vault.CreateKey(NewKey{Prefix: "acme_live", Scopes: []string{"a\x00b"}}, actor)
	namesNUL(t, "new scope", err)
	_, err = vault.RevokeOwner("acct_42\x00x", Revocation{}, actor)
	namesNUL(t, "owner", err)
	_, err = vault.Disable(issued.Key.ID, "alice\x00bob")
	namesNUL(t, "actor", err)
	_, err = Open(vault.Path() + "\x00.bak")
	namesNUL(t, "path", err)
	_, err = vault.Verify(secret + "\x00")
	equal(t, "a secret with a NUL", refusal(t, err).Reason, Malformed)
}

func namesNUL(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, ErrInvalidArgument) || !strings.Contains(err.Error(), "NUL") {
		t.Fatalf("%s: %v", what, err)
	}
}

func TestADamagedVaultIsAnError(t *testing.T) {
	vault := newVault(t)
	secret := issue(t, vault).Secret.Expose()
	copied := filepath.Join(t.TempDir(), "copy.db")
	checked(t, vault.Backup(copied, actor))
	// The schema's number stands at byte 60 of every SQLite file.
	overwrite(t, copied, 60, "\x00\x00\x7f\xff")
	_, err := Open(copied)
	equal(t, fmt.Sprintf("a newer vault: %v", err), errors.Is(err, ErrUnsupportedVersion), true)
	again := filepath.Join(t.TempDir(), "copy.db")
	checked(t, vault.Backup(again, actor))
	size := must(os.Stat(again))(t).Size()
	overwrite(t, again, 4096, strings.Repeat("\xff", int(size)-4096))
	damaged, err := Open(again)
	if err == nil {
		_, err = damaged.Verify(secret)
	}
	equal(t, fmt.Sprintf("a damaged vault: %v", err), errors.Is(err, ErrDamaged), true)
}

func overwrite(t *testing.T, path string, at int64, text string) {
	t.Helper()
	file := must(os.OpenFile(path, os.O_RDWR, 0))(t)
	must(file.WriteAt([]byte(text), at))(t)
	checked(t, file.Close())
}
