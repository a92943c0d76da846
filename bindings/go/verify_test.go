package keycask

// Guards against a verify that lets in whom it shouldn't, forgets what was demanded or known, or costs more than a call.

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestVerifyReturnsTheKeyOrSaysWhyNot(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault)
	secret := issued.Secret.Expose()
	key := must(vault.Verify(secret, RequireScope("reports:read"), RequirePrefix("acme_live")))(t)
	equal(t, "id", key.ID, issued.Key.ID)
	equal(t, "owner", key.Owner, "acct_42")
	equal(t, "state", key.State, StateActive)

	equal(t, "state now", must(vault.Verify(secret, At(time.Time{})))(t).State, StateActive)

	_, err := vault.Verify(secret, RequireScope("reports:read"), RequireScope("reports:write"))
	var rejected *RejectedError
	equal(t, "errors.Is", errors.Is(err, ErrRejected), true)
	equal(t, "errors.As", errors.As(fmt.Errorf("wrapped: %w", err), &rejected), true)
	equal(t, "refusal", *rejected, RejectedError{MissingScope, issued.Key.ID, "reports:write", 403})
	equal(t, "a failure of the vault", errors.Is(err, ErrInternal), false)
	_, err = vault.Verify(secret, RequirePrefix("acme_test"))
	equal(t, "refusal", *refusal(t, err), RejectedError{WrongPrefix, issued.Key.ID, "", 403})
	_, err = vault.Verify("")
	equal(t, "refusal", *refusal(t, err), RejectedError{Malformed, "", "", 401})
	_, err = vault.Verify(strings.Repeat("x", 1<<20))
	equal(t, "refusal", refusal(t, err).Reason, Malformed)
	_, err = vault.Verify(secret, RequirePrefix("acme_live"), RequirePrefix("acme_test"))
	equal(t, "two prefixes", errors.Is(err, ErrInvalidArgument), true)
	_, err = vault.Verify(secret, RequirePrefix(""))
	equal(t, "an empty prefix lets nobody in", err != nil, true)
}

func TestDemandsOfAnyNumberAndLengthAreKept(t *testing.T) {
	vault := newVault(t)
	var scopes []string
	for i := range 64 {
		scopes = append(scopes, fmt.Sprintf("%02d%s", i, strings.Repeat("s", 62)))
	}
	issued := must(vault.CreateKey(NewKey{Prefix: "acme_live", Scopes: scopes}, actor))(t)
	var demands []VerifyOption
	for _, scope := range scopes {
		demands = append(demands, RequireScope(scope))
		key := must(vault.Verify(issued.Secret.Expose(), demands...))(t)
		equal(t, "scopes", strings.Join(key.Scopes, " "), strings.Join(scopes, " "))
	}
	demands[63] = RequireScope("other")
	_, err := vault.Verify(issued.Secret.Expose(), demands...)
	equal(t, "missing", refusal(t, err).MissingScope, "other")
	_, err = vault.Verify(issued.Secret.Expose(), append(demands, RequireScope("more"))...)
	equal(t, "65 scopes", errors.Is(err, ErrInvalidArgument), true)
}

func TestUsesTellWhatWasKnownOfTheClient(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault)
	secret := issued.Secret.Expose()
	must(vault.Verify(secret, WithClientIP("2001:db8::7"), WithRequestID("req-1"), RequireScope("reports:read")))(t)
	must(vault.Verify(secret, WithRequestID("req-2")))(t)
	must(vault.Verify(secret, WithClientIP("192.0.2.7"), WithClientIP("")))(t)
	must(vault.Verify(secret, WithoutEvent()))(t)
	checked(t, vault.Flush())
	var told []string
	for use, err := range vault.Uses(UseFilter{KeyID: issued.Key.ID, Outcome: Valid}) {
		checked(t, err)
		told = append(told, use.ClientIP+" "+use.RequestID)
	}
	equal(t, "uses", strings.Join(told, ", "), "2001:db8::7 req-1,  req-2,  ")
	equal(t, "usage", must(vault.Usage(issued.Key.ID))(t).Uses, 3)
	_, err := vault.Verify(secret, WithClientIP("localhost"))
	equal(t, "no address", errors.Is(err, ErrInvalidArgument), true)
}

func TestAKeyThatIsServedAgainIsTheCallersOwnAndNew(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault)
	verify := func() *Key {
		t.Helper()
		// Three times: what was asked for twice is remembered.
		must(vault.Verify(issued.Secret.Expose()))(t)
		must(vault.Verify(issued.Secret.Expose()))(t)
		return must(vault.Verify(issued.Secret.Expose()))(t)
	}
	key := verify()
	equal(t, "served as issued", fmt.Sprint(*key), fmt.Sprint(*issued.Key))
	key.Owner, key.Scopes[0] = "acct_43", "admin"
	equal(t, "served again", fmt.Sprint(*verify()), fmt.Sprint(*issued.Key))

	must(vault.Update(issued.Key.ID, KeyUpdate{Scopes: Set([]string{"a", "b"})}, actor))(t)
	equal(t, "new scopes", strings.Join(verify().Scopes, " "), "a b")
	rotated := must(vault.Rotate(issued.Key.ID, PlannedDefault(), actor))(t)
	key = verify()
	equal(t, "state", key.State, StateSuperseded)
	equal(t, "successor", key.ReplacedBy, rotated.Key.ID)
	equal(t, "before the grace ends", must(vault.Verify(issued.Secret.Expose(), At(key.GraceUntil.Add(-1))))(t).ID, key.ID)
	_, err := vault.Verify(issued.Secret.Expose(), At(key.GraceUntil))
	equal(t, "after it", refusal(t, err).Reason, RotatedOut)
	must(vault.Revoke(issued.Key.ID, Revocation{}, actor))(t)
	_, err = vault.Verify(issued.Secret.Expose())
	equal(t, "revoked", refusal(t, err).Reason, Revoked)
}

func TestIdentifyNamesTheKeyInAnyState(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault)
	must(vault.Revoke(issued.Key.ID, Revocation{Reason: ReasonPolicy}, actor))(t)
	key := must(vault.Identify(issued.Secret.Expose()))(t)
	equal(t, "id", key.ID, issued.Key.ID)
	equal(t, "state", key.State, StateRevoked)
}

func TestVerifyAllocatesForItsAnswerOnly(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault)
	secret := issued.Secret.Expose()
	must(vault.UpdatePolicy(PolicyUpdate{UseMode: Set(UseOff)}, actor))(t)
	plain := testing.AllocsPerRun(200, func() { _, _ = vault.Verify(secret) })
	demanding := testing.AllocsPerRun(200, func() {
		_, _ = vault.Verify(secret, RequireScope("reports:read"), RequirePrefix("acme_live"), WithClientIP("192.0.2.7"))
	})
	refused := testing.AllocsPerRun(200, func() { _, _ = vault.Verify("acme_live_x") })
	t.Logf("allocations: %v plain, %v with demands, %v refused", plain, demanding, refused)
	// The key and its list of scopes; the refusal.
	if plain > 2 || demanding > plain || refused > 1 {
		t.Fatalf("allocations: %v plain, %v with demands, %v refused", plain, demanding, refused)
	}
}

func BenchmarkVerify(b *testing.B) {
	vault := newVault(b)
	secret := issue(b, vault).Secret.Expose()
	must(vault.UpdatePolicy(PolicyUpdate{UseMode: Set(UseOff)}, actor))(b)
	for _, each := range []struct {
		name string
		opts []VerifyOption
	}{
		{"plain", nil},
		{"demanding", []VerifyOption{RequireScope("reports:read"), RequirePrefix("acme_live"), WithClientIP("192.0.2.7")}},
	} {
		b.Run(each.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				must(vault.Verify(secret, each.opts...))(b)
			}
		})
	}
}
