package keycask

// Guards against a secret that a program prints, logs or sends without meaning to.

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretsShowTheirStartOnly(t *testing.T) {
	issued := issue(t, newVault(t))
	secret := issued.Secret
	type hiding struct {
		inner Secret
		list  []Secret
		Outer *Issued
	}
	inside := hiding{secret, []Secret{secret}, issued}
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%10.3s", "%c", "%U"} {
		for _, value := range []any{secret, &secret, issued, *issued, inside, &inside, []Secret{secret},
			map[string]Secret{"a": secret}, map[Secret]int{secret: 1}, []any{secret}} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
	}
	printed.WriteString(fmt.Sprint(secret, issued, inside) + fmt.Sprintln(secret))
	for _, logger := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
		slog.New(logger).Info("issued", "secret", secret, "issued", issued, "inside", inside, "map", map[string]any{"a": secret})
	}
	for _, value := range []any{secret, issued, inside, map[string]any{"a": &secret}, []Secret{secret}} {
		printed.Write(must(json.Marshal(value))(t))
	}
	printed.Write(must(secret.MarshalText())(t))
	masked(t, printed.String(), secret)
	if !strings.Contains(printed.String(), issued.Key.Start) {
		t.Fatal("nobody could tell keys apart")
	}
}

// masked fails where more than the start of the secret shows, as text, in hex, or as numbers.
func masked(t *testing.T, printed string, secret Secret) {
	t.Helper()
	hiddenPart := strings.TrimPrefix(secret.Expose(), secret.start)
	equal(t, "length of what is hidden", len(hiddenPart), 41)
	for _, form := range []string{"%s", "%x", "%X", "%d", "% x"} {
		if part := fmt.Sprintf(form, []byte(hiddenPart[:8])); strings.Contains(printed, strings.Trim(part, "[]")) {
			t.Fatalf("the secret shows as %s", form)
		}
	}
}

func TestNoErrorHoldsASecret(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault)
	secret := issued.Secret.Expose()
	checked(t, vault.Close())
	var errs []error
	try := func(_ any, err error) { errs = append(errs, err) }
	try(vault.Verify(secret))
	try(vault.Verify(secret, WithClientIP(secret), RequireScope(secret)))
	try(vault.Identify(secret))
	try(vault.RevokeSecret(secret, Revocation{}, actor))
	try(vault.Key(secret))
	open := newVault(t)
	try(open.Verify(secret))
	try(open.Verify(secret, WithClientIP(secret)))
	try(open.Key(secret))
	try(open.RevokeSecret(secret, Revocation{Reason: RevocationReason("x")}, actor))
	try(open.Rotate(secret, Emergency(), actor))
	var printed strings.Builder
	for i, err := range errs {
		equal(t, fmt.Sprintf("error %d", i), err != nil, true)
		fmt.Fprintf(&printed, "%v %+v %#v\n", err, err, err)
	}
	masked(t, printed.String(), issued.Secret)
}

func TestNoSecretIsNone(t *testing.T) {
	var none Secret
	equal(t, "IsZero", none.IsZero(), true)
	equal(t, "text", none.Expose()+none.String()+fmt.Sprint(none), "")
	equal(t, "JSON", string(must(json.Marshal(none))(t)), "null")
}

func TestRedactMasksSecretsInText(t *testing.T) {
	issued := issue(t, newVault(t))
	redacted := must(Redact("GET /x?key=" + issued.Secret.Expose() + " HTTP/1.1"))(t)
	masked(t, redacted, issued.Secret)
	parts := []string{"GET /x?key=" + issued.Key.Start, " HTTP/1.1"}
	if !strings.HasPrefix(redacted, parts[0]) || !strings.HasSuffix(redacted, parts[1]) {
		t.Fatalf("the rest is %q", redacted)
	}
	if _, err := Redact("\xff"); !errors.Is(err, ErrInvalidArgument) {
		t.Fatalf("no UTF-8: %v", err)
	}
}
