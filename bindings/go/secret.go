package keycask

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"unsafe"
)

// Secret is the secret of a key, which exists nowhere else. However it is printed, logged or encoded, only its start
// shows: the prefix and the first 8 random characters, by which people tell keys apart. [Secret.Expose] is the text.
//
// The zero Secret is none.
type Secret struct {
	// A *string, such that no printer of values that meets it in a field of another package's can follow it.
	text  unsafe.Pointer
	start string
}

// newSecret hides a text.
func newSecret(text, start string) Secret {
	return Secret{unsafe.Pointer(&text), start}
}

// Expose is the secret's text. Show it to the key's owner now, and store it nowhere.
func (s Secret) Expose() string {
	if s.text == nil {
		return ""
	}
	return *(*string)(s.text)
}

// IsZero reports whether there is no secret, as in the answer to a repeated request.
func (s Secret) IsZero() bool {
	return s.text == nil
}

// String is the start of the secret, and an ellipsis for the rest; empty where there is none.
func (s Secret) String() string {
	if s.text == nil {
		return ""
	}
	return s.start + "…"
}

// GoString is String.
func (s Secret) GoString() string {
	return "keycask.Secret(" + s.String() + ")"
}

// Format writes String, whatever the verb.
func (s Secret) Format(state fmt.State, verb rune) {
	text := s.String()
	if verb == 'v' && state.Flag('#') {
		text = s.GoString()
	}
	_, _ = io.WriteString(state, text)
}

// MarshalText is String.
func (s Secret) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// MarshalJSON is String, or null where there is no secret.
func (s Secret) MarshalJSON() ([]byte, error) {
	if s.text == nil {
		return []byte("null"), nil
	}
	return json.Marshal(s.String())
}

// LogValue is String.
func (s Secret) LogValue() slog.Value {
	return slog.StringValue(s.String())
}
