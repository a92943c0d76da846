package keycask

import (
	"encoding/json"
	"time"
)

// keyJSON is a key with the names and forms of the keycask command.
type keyJSON struct {
	ID            string            `json:"id"`
	Prefix        *string           `json:"prefix"`
	Start         string            `json:"start"`
	Owner         *string           `json:"owner"`
	Name          *string           `json:"name"`
	Scopes        []string          `json:"scopes"`
	Metadata      json.RawMessage   `json:"metadata"`
	NotifyEmail   *string           `json:"notify_email"`
	CreatedAt     jsonTime          `json:"created_at"`
	CreatedBy     string            `json:"created_by"`
	NotBefore     jsonTime          `json:"not_before"`
	ExpiresAt     jsonTime          `json:"expires_at"`
	RotateAfter   *int64            `json:"rotate_after"`
	Disabled      bool              `json:"disabled"`
	RevokedAt     jsonTime          `json:"revoked_at"`
	RevokedBy     *string           `json:"revoked_by"`
	RevokedReason *RevocationReason `json:"revoked_reason"`
	RevokedNote   *string           `json:"revoked_note"`
	Replaces      *string           `json:"replaces"`
	ReplacedBy    *string           `json:"replaced_by"`
	Lineage       string            `json:"lineage"`
	GraceUntil    jsonTime          `json:"grace_until"`
	State         State             `json:"state"`
	Encoding      Encoding          `json:"encoding"`
}

// MarshalJSON writes the object that the keycask command prints of a key.
func (k Key) MarshalJSON() ([]byte, error) {
	return json.Marshal(keyJSON{
		ID: k.ID, Prefix: orNil(k.Prefix), Start: k.Start, Owner: orNil(k.Owner), Name: orNil(k.Name),
		Scopes: append([]string{}, k.Scopes...), Metadata: rawOrNil(k.Metadata), NotifyEmail: orNil(k.NotifyEmail),
		CreatedAt: jsonTime{k.CreatedAt}, CreatedBy: k.CreatedBy, NotBefore: jsonTime{k.NotBefore},
		ExpiresAt: jsonTime{k.ExpiresAt}, RotateAfter: orNil(int64(k.RotateAfter / time.Second)), Disabled: k.Disabled,
		RevokedAt: jsonTime{k.RevokedAt}, RevokedBy: orNil(k.RevokedBy), RevokedReason: orNil(k.RevokedReason),
		RevokedNote: orNil(k.RevokedNote), Replaces: orNil(k.Replaces), ReplacedBy: orNil(k.ReplacedBy),
		Lineage: k.Lineage, GraceUntil: jsonTime{k.GraceUntil}, State: k.State, Encoding: k.Encoding,
	})
}

// UnmarshalJSON reads what MarshalJSON and the keycask command write.
func (k *Key) UnmarshalJSON(text []byte) error {
	var read keyJSON
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*k = Key{
		ID: read.ID, Prefix: orZero(read.Prefix), Start: read.Start, Owner: orZero(read.Owner), Name: orZero(read.Name),
		Scopes: read.Scopes, Metadata: orEmpty(read.Metadata), NotifyEmail: orZero(read.NotifyEmail),
		CreatedAt: read.CreatedAt.Time, CreatedBy: read.CreatedBy, NotBefore: read.NotBefore.Time,
		ExpiresAt: read.ExpiresAt.Time, RotateAfter: time.Duration(orZero(read.RotateAfter)) * time.Second,
		Disabled: read.Disabled, RevokedAt: read.RevokedAt.Time, RevokedBy: orZero(read.RevokedBy),
		RevokedReason: orZero(read.RevokedReason), RevokedNote: orZero(read.RevokedNote),
		Replaces: orZero(read.Replaces), ReplacedBy: orZero(read.ReplacedBy), Lineage: read.Lineage,
		GraceUntil: read.GraceUntil.Time, State: read.State, Encoding: read.Encoding,
	}
	return nil
}

// jsonTime is a time with three digits of a second, or null for the zero time.
type jsonTime struct{ time.Time }

// MarshalJSON keeps three digits also where they are zeros.
func (t jsonTime) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z07:00"`)), nil
}

func orNil[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

func orZero[T any](value *T) T {
	if value == nil {
		var zero T
		return zero
	}
	return *value
}

// rawOrNil is JSON text, or nil, which is null, for none.
func rawOrNil(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

func orEmpty(text json.RawMessage) string {
	if string(text) == "null" {
		return ""
	}
	return string(text)
}
