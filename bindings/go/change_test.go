package keycask

// Guards against a verb that calls another verb, or loses its actor: every change, from Go to the log and back.

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestRequestsAreIdempotent(t *testing.T) {
	vault := newVault(t)
	wanted := NewKey{Prefix: "acme_live", Owner: "acct_42", RequestID: "req-1"}
	first := must(vault.CreateKey(wanted, actor))(t)
	again := must(vault.CreateKey(wanted, actor))(t)
	equal(t, "key", again.Key.ID, first.Key.ID)
	equal(t, "replayed", again.Replayed && !first.Replayed, true)
	equal(t, "secret", again.Secret.IsZero() && !first.Secret.IsZero(), true)
	wanted.Name = "other"
	if _, err := vault.CreateKey(wanted, actor); !errors.Is(err, ErrConflict) {
		t.Fatalf("another request: %v", err)
	}
	rotation := Planned(time.Hour)
	rotation.RequestID, rotation.ExpiresAt = "req-2", created.Add(99*time.Hour)
	successor := must(vault.Rotate(first.Key.ID, rotation, actor))(t)
	equal(t, "expiry", successor.Key.ExpiresAt, created.Add(99*time.Hour))
	equal(t, "replayed", must(vault.Rotate(first.Key.ID, rotation, actor))(t).Replayed, true)
}

func TestManyKeysAreIssuedAtOnceOrNot(t *testing.T) {
	vault := newVault(t)
	keys := make300()
	all := must(vault.CreateKeys(keys, actor))(t)
	equal(t, "keys", len(all), 300)
	for i, issued := range all {
		equal(t, "order", issued.Key.Owner, keys[i].Owner)
		equal(t, "its own secret", strings.HasPrefix(issued.Secret.Expose(), issued.Key.Start), true)
	}
	keys[299].Prefix = "NO"
	_, err := vault.CreateKeys(keys, actor)
	equal(t, "one is bad", errors.Is(err, ErrInvalidArgument), true)
	equal(t, "none", len(must(vault.CreateKeys(nil, actor))(t)), 0)
	equal(t, "keys in the vault", count(t, vault, KeyFilter{}), 300)
}

func count(t *testing.T, vault *Vault, filter KeyFilter) int {
	t.Helper()
	told := 0
	for _, err := range vault.Keys(filter) {
		checked(t, err)
		told++
	}
	return told
}

func TestARunningRotationIsFinishedExtendedOrCancelled(t *testing.T) {
	vault := newVault(t)
	at := At(created)
	rotated := func() (string, *Issued) {
		id := issue(t, vault, at).Key.ID
		return id, must(vault.Rotate(id, Planned(time.Hour), actor, at))(t)
	}
	id, _ := rotated()
	equal(t, "finished", must(vault.FinishRotation(id, actor, at))(t).GraceUntil, created)
	id, _ = rotated()
	extended := must(vault.ExtendRotation(id, 2*time.Hour, actor, at))(t)
	equal(t, "extended", extended.GraceUntil, created.Add(2*time.Hour))
	id, successor := rotated()
	equal(t, "cancelled", must(vault.CancelRotation(id, false, actor, at))(t).GraceUntil.IsZero(), true)
	equal(t, "its successor", must(vault.Key(successor.Key.ID))(t).RevokedReason, ReasonRotationCancelled)
	id, successor = rotated()
	must(vault.Verify(successor.Secret.Expose(), at))(t)
	_, err := vault.CancelRotation(id, false, actor, at)
	equal(t, "a used successor", errors.Is(err, ErrConflict), true)
	must(vault.CancelRotation(id, true, actor, at))(t)
	id = issue(t, vault, at).Key.ID
	equal(t, "the default", must(vault.Rotate(id, PlannedDefault(), actor, at))(t).Key.Replaces, id)
	equal(t, "a day", must(vault.Key(id))(t).GraceUntil, created.Add(24*time.Hour))
	id = issue(t, vault, at).Key.ID
	must(vault.Rotate(id, Planned(0), actor, at))(t)
	equal(t, "no grace", must(vault.Key(id))(t).GraceUntil, created)
	both := Rotation{Emergency: true, Grace: Set(time.Hour)}
	_, err = vault.Rotate(issue(t, vault).Key.ID, both, actor)
	equal(t, "an emergency with a grace", errors.Is(err, ErrInvalidArgument), true)
}

func TestAnEmergencyRevokesTheLineage(t *testing.T) {
	vault := newVault(t)
	first := issue(t, vault)
	second := must(vault.Rotate(first.Key.ID, Planned(time.Hour), actor))(t)
	third := must(vault.Rotate(second.Key.ID, Emergency(), actor))(t)
	lineage := must(vault.Lineage(third.Key.ID))(t)
	equal(t, "lineage", len(lineage), 3)
	for _, key := range lineage[:2] {
		equal(t, "reason", key.RevokedReason, ReasonCompromised)
	}
	equal(t, "the new key", lineage[2].State, StateActive)
	_, err := vault.Verify(first.Secret.Expose())
	equal(t, "the old secret", refusal(t, err).Reason, Revoked)
}

func TestFieldsAreSetClearedAndLeftAlone(t *testing.T) {
	vault := newVault(t)
	id := must(vault.CreateKey(whole, actor, At(created)))(t).Key.ID
	at := At(created)
	key := must(vault.Update(id, KeyUpdate{Name: Set("new"), Scopes: Set([]string{"c"})}, actor, at))(t)
	equal(t, "set", key.Name+" "+strings.Join(key.Scopes, " "), "new c")
	equal(t, "left alone", key.Metadata+key.NotifyEmail, whole.Metadata+whole.NotifyEmail)
	key = must(vault.Update(id, KeyUpdate{
		Name: Set(""), Scopes: Set([]string(nil)), Metadata: Set(""), NotifyEmail: Set(""), NotBefore: Set(time.Time{}),
		ExpiresAt: Set(time.Time{}), RotateAfter: Set(time.Duration(0)),
	}, actor, at))(t)
	equal(t, "cleared", key.Name+key.Metadata+key.NotifyEmail+strings.Join(key.Scopes, ""), "")
	equal(t, "cleared times", key.NotBefore.IsZero() && key.ExpiresAt.IsZero() && key.RotateAfter == 0, true)
	_, err := vault.Update(id, KeyUpdate{Prefix: Set("acme_test")}, actor, at)
	equal(t, "a prefix never changes", errors.Is(err, ErrConflict), true)
	equal(t, "disabled", must(vault.Disable(id, actor))(t).Disabled, true)
	equal(t, "enabled", must(vault.Enable(id, actor))(t).Disabled, false)
}

func TestKeysAreRevokedByOwnerAndBySecret(t *testing.T) {
	vault := newVault(t)
	one, two := issue(t, vault), issue(t, vault)
	key := must(vault.RevokeSecret(one.Secret.Expose(), Revocation{ReasonCompromised, "found"}, "scanner"))(t)
	equal(t, "by secret", key.ID+string(key.RevokedReason), one.Key.ID+"compromised")
	revoked := must(vault.RevokeOwner("acct_42", Revocation{Reason: ReasonOwnerLeft}, actor))(t)
	equal(t, "by owner", len(revoked), 1)
	equal(t, "the other one", revoked[0].ID, two.Key.ID)
	_, err := vault.RevokeOwner("acct_43", Revocation{}, actor)
	equal(t, "a misspelt owner", errors.Is(err, ErrNotFound), true)
	_, err = vault.RevokeSecret("acme_live_x", Revocation{}, actor)
	equal(t, "no secret", errors.Is(err, ErrNotFound), true)
}

func TestChangesNameTheirActor(t *testing.T) {
	vault := newVault(t, WithActor("installer"))
	from := []ChangeOption{WithClientIP("192.0.2.7"), WithRequestID("req-9"), At(created)}
	issued := must(vault.CreateKey(NewKey{Prefix: "acme_live", Owner: "acct_42"}, "alice", from...))(t)
	must(vault.Disable(issued.Key.ID, "bob"))(t)
	var told []string
	for change, err := range vault.Changes(ChangeFilter{}) {
		checked(t, err)
		told = append(told, string(change.Kind)+" "+change.Actor)
		if change.Kind == ChangeKeyCreated {
			seq, id, detail := change.Seq, issued.Key.ID, change.Detail
			want := Change{seq, created, ChangeKeyCreated, id, "alice", "192.0.2.7", "req-9", detail}
			equal(t, "change", *change, want)
			equal(t, "detail", strings.HasPrefix(detail, "{"), true)
		}
	}
	equal(t, "changes", strings.Join(told, ", "), "vault.created installer, key.created alice, key.disabled bob")
}
