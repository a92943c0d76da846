package keycask

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Secret is the secret of a key, which exists nowhere else. However it is printed, logged or encoded, only its start
// shows: the prefix and the first 8 random characters, by which people tell keys apart. [Secret.Expose] is the text.
//
// The zero Secret is none.
type Secret struct {
	// A pointer, so that fmt shows an address where it meets a Secret in a field that it can't ask for its methods.
	hidden *hidden
}

type hidden struct{ text, start string }

// Expose is the secret's text. Show it to the key's owner now, and store it nowhere.
func (s Secret) Expose() string {
	if s.hidden == nil {
		return ""
	}
	return s.hidden.text
}

// IsZero reports whether there is no secret, as in the answer to a repeated request.
func (s Secret) IsZero() bool {
	return s.hidden == nil
}

// String is the start of the secret, and dots for the rest; empty where there is none.
func (s Secret) String() string {
	if s.hidden == nil {
		return ""
	}
	return s.hidden.start + "..."
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
	if s.hidden == nil {
		return []byte("null"), nil
	}
	return json.Marshal(s.String())
}

// LogValue is String.
func (s Secret) LogValue() slog.Value {
	return slog.StringValue(s.String())
}
