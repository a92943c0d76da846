package keycask

// Guards against a field that is lost, swapped or read in another unit on its way through C, and against JSON that
// differs from the command's.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// whole is a request with every field.
var whole = NewKey{
	Prefix: "acme_live", Owner: "acct_42", Name: "backend – Zürich", Scopes: []string{"a:*", "b"},
	Metadata: `{"team":"x"}`, NotifyEmail: "ops@example.com", NotBefore: created.Add(time.Hour),
	ExpiresAt: created.Add(48 * time.Hour), RotateAfter: 24 * time.Hour, RequestID: "req-1", Encoding: Base64URL,
}

func TestKeysHaveEveryField(t *testing.T) {
	vault := newVault(t)
	issued := must(vault.CreateKey(whole, "alice", At(created)))(t)
	want := &Key{
		ID: issued.Key.ID, Prefix: "acme_live", Start: issued.Secret.Expose()[:len("acme_live_12345678")],
		Owner: "acct_42", Name: "backend – Zürich", Scopes: []string{"a:*", "b"}, Metadata: `{"team":"x"}`,
		NotifyEmail: "ops@example.com", CreatedAt: created, CreatedBy: "alice", NotBefore: created.Add(time.Hour),
		ExpiresAt: created.Add(48 * time.Hour), RotateAfter: 24 * time.Hour, Lineage: issued.Key.ID,
		State: issued.Key.State, Encoding: Base64URL,
	}
	same := func(what string, got *Key) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s:\n got %+v\nwant %+v", what, *got, *want)
		}
	}
	same("issued", issued.Key)
	same("asked", must(vault.Key(issued.Key.ID))(t))

	successor := must(vault.Rotate(issued.Key.ID, Planned(time.Hour), "bob", At(created.Add(2*time.Hour))))(t)
	want.ReplacedBy, want.GraceUntil = successor.Key.ID, created.Add(3*time.Hour)
	want.State = must(vault.Key(issued.Key.ID))(t).State
	same("rotated", must(vault.Key(issued.Key.ID))(t))
	equal(t, "replaces", successor.Key.Replaces, issued.Key.ID)
	equal(t, "lineage", successor.Key.Lineage, issued.Key.ID)

	key := must(vault.Verify(issued.Secret.Expose(), At(created.Add(2*time.Hour)), WithoutEvent()))(t)
	want.State = StateSuperseded
	same("verified", key)

	why := Revocation{ReasonCompromised, "seen in a repository"}
	revoked := must(vault.Revoke(issued.Key.ID, why, "carol", At(created.Add(2*time.Hour))))(t)
	want.RevokedAt, want.RevokedBy = created.Add(2*time.Hour), "carol"
	want.RevokedReason, want.RevokedNote, want.State = ReasonCompromised, "seen in a repository", StateRevoked
	same("revoked", revoked)
}

func TestKeysAreTheCommandsJSON(t *testing.T) {
	vault := newVault(t)
	issued := must(vault.CreateKey(whole, "alice", At(created)))(t)
	key := *issued.Key
	want := fmt.Sprintf(`{"id":%q,"prefix":"acme_live","start":%q,"owner":"acct_42","name":"backend – Zürich",`+
		`"scopes":["a:*","b"],"metadata":{"team":"x"},"notify_email":"ops@example.com",`+
		`"created_at":"2027-01-15T08:00:00.000Z","created_by":"alice","not_before":"2027-01-15T09:00:00.000Z",`+
		`"expires_at":"2027-01-17T08:00:00.000Z","rotate_after":86400,"disabled":false,"revoked_at":null,`+
		`"revoked_by":null,"revoked_reason":null,"revoked_note":null,"replaces":null,"replaced_by":null,"lineage":%q,`+
		`"grace_until":null,"state":%q,"encoding":"base64url"}`, key.ID, key.Start, key.ID, key.State)
	equal(t, "JSON", string(must(json.Marshal(key))(t)), want)
	var read Key
	checked(t, json.Unmarshal([]byte(want), &read))
	if !reflect.DeepEqual(read, key) {
		t.Fatalf("read %+v, wrote %+v", read, key)
	}
	bare := must(vault.CreateKey(NewKey{Prefix: "acme_live"}, "alice"))(t).Key
	text := string(must(json.Marshal(bare))(t))
	for _, part := range []string{`"owner":null`, `"name":null`, `"scopes":[]`, `"metadata":null`, `"rotate_after":null`} {
		equal(t, part, strings.Contains(text, part), true)
	}
}

func TestTimesOutsideTheCalendarAreRefused(t *testing.T) {
	vault := newVault(t)
	for _, at := range []time.Time{time.Unix(1<<60, 0), time.Unix(-1<<60, 0), time.UnixMilli(1<<63 - 1)} {
		if _, err := vault.CreateKey(NewKey{Prefix: "acme_live", ExpiresAt: at}, actor); err == nil {
			t.Fatalf("%v was accepted", at.Unix())
		}
	}
	if _, err := vault.CreateKey(NewKey{Prefix: "acme_live", ExpiresAt: time.Unix(0, 0)}, actor); err == nil {
		t.Fatal("1970 was taken for no expiry")
	}
	within := NewKey{Prefix: "acme_live", ExpiresIn: time.Hour}
	key := must(vault.CreateKey(within, actor, At(created.Add(999_999*time.Nanosecond))))(t).Key
	equal(t, "cut to milliseconds", key.CreatedAt, created)
	equal(t, "expires_in", key.ExpiresAt, created.Add(time.Hour))
	equal(t, "UTC", key.CreatedAt.Location(), time.UTC)
}
