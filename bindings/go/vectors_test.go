package keycask

// Guards against two languages that disagree on what a secret, an id, an outcome or a rotation is: a key that one lets
// in and another turns away. The rows are those of tests/vectors, which every language runs.

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestWhatHasTheFormOfASecretIsUnknown(t *testing.T) {
	vault := newVault(t)
	rows(t, "secrets_valid.txt", 44, func(t *testing.T, columns []string) {
		_, err := vault.Verify(columns[0])
		equal(t, "outcome", refusal(t, err).Reason, Unknown)
		if key := must(vault.Identify(columns[0]))(t); key != nil {
			t.Fatal("it was identified")
		}
	})
}

func TestWhatHasAnotherFormIsMalformedAndNoError(t *testing.T) {
	vault := newVault(t)
	rows(t, "secrets_invalid.txt", 348, func(t *testing.T, columns []string) {
		presented := column(t, columns[0])
		_, err := vault.Verify(presented)
		equal(t, "outcome", refusal(t, err).Reason, Malformed)
		if key := must(vault.Identify(presented))(t); key != nil {
			t.Fatal("it was identified")
		}
	})
}

func TestIDsAreRead(t *testing.T) {
	vault := newVault(t)
	rows(t, "type_ids.txt", 25, func(t *testing.T, columns []string) {
		_, err := vault.Key(columns[2])
		want := ErrNotFound
		if columns[0] != "key" {
			want = ErrInvalidArgument
		}
		if !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
		if columns[0] == "key" && !strings.Contains(err.Error(), columns[2]) {
			t.Fatalf("the id was written otherwise: %v", err)
		}
	})
}

func TestForeignDigestsAreFoundByWhatTheirClientsPresent(t *testing.T) {
	rows(t, "schemes.txt", 108, func(t *testing.T, columns []string) {
		scheme, presented, digest := columns[0], column(t, columns[1]), columns[2]
		vault := must(CreateInMemory())(t)
		defer vault.Close()
		if digest == "-" {
			// Of a text without the part that is digested there is none: it must not be found by any.
			digest = strings.Repeat("00", map[bool]int{false: 32, true: 64}[strings.Contains(scheme, "512")])
		}
		row := fmt.Appendf(nil, `{"digest": %q}`, digest)
		report := must(vault.Import(row, ImportOptions{Scheme: scheme}, "vectors"))(t)
		equal(t, "imported", report.Imported, 1)
		_, err := vault.Verify(presented)
		if columns[2] == "-" {
			equal(t, "outcome", refusal(t, err).Reason, Malformed)
		} else if err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatIsNoIDIsAnInvalidArgument(t *testing.T) {
	vault := newVault(t)
	rows(t, "type_ids_invalid.txt", 59, func(t *testing.T, columns []string) {
		if _, err := vault.Key(column(t, columns[0])); !errors.Is(err, ErrInvalidArgument) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestOutcomesFollowThePrecedence(t *testing.T) {
	vault := newVault(t)
	rows(t, "outcomes.txt", 100, func(t *testing.T, columns []string) {
		issued := inState(t, vault, columns)
		opts := []VerifyOption{At(optionalTime(t, columns[1])), WithoutEvent()}
		if prefix, ok := present(columns[9]); ok {
			opts = append(opts, RequirePrefix(prefix))
		}
		if scopes, ok := present(columns[10]); ok {
			for _, scope := range strings.Fields(scopes) {
				opts = append(opts, RequireScope(scope))
			}
		}
		key, err := vault.Verify(issued.Secret.Expose(), opts...)
		if columns[11] == "valid" {
			checked(t, err)
			equal(t, "id", key.ID, issued.Key.ID)
			return
		}
		rejected := refusal(t, err)
		equal(t, "outcome", string(rejected.Reason), columns[11])
		equal(t, "key id", rejected.KeyID, issued.Key.ID)
		missing, _ := strings.CutPrefix(columns[12], "-")
		equal(t, "missing scope", rejected.MissingScope, missing)
	})
}

// inState is a new key in the state that a row of outcomes.txt says.
func inState(t *testing.T, vault *Vault, columns []string) *Issued {
	t.Helper()
	wanted := NewKey{
		Prefix:    columns[7],
		NotBefore: optionalTime(t, columns[2]),
		ExpiresAt: optionalTime(t, columns[3]),
	}
	if scopes, ok := present(columns[8]); ok {
		wanted.Scopes = strings.Fields(scopes)
	}
	issued := must(vault.CreateKey(wanted, actor, At(created)))(t)
	id := issued.Key.ID
	if end := optionalTime(t, columns[4]); !end.IsZero() {
		must(vault.Rotate(id, Planned(end.Sub(created)), actor, At(created)))(t)
		equal(t, "grace_until", must(vault.Key(id))(t).GraceUntil, end)
	}
	if columns[5] == "1" {
		must(vault.Disable(id, actor, At(created)))(t)
	}
	if columns[6] == "1" {
		must(vault.Revoke(id, Revocation{}, actor, At(created)))(t)
	}
	return issued
}

func TestRotationsKeepToTheirTimelines(t *testing.T) {
	folder := t.TempDir()
	var timeline *timeline
	rows(t, "rotation.txt", 219, func(t *testing.T, columns []string) {
		if timeline == nil || timeline.name != columns[0] {
			timeline = newTimeline(t, folder, columns[0])
		}
		timeline.take(t, columns)
	})
}

// timeline is a vault of its own, and its keys by their labels.
type timeline struct {
	name  string
	vault *Vault
	keys  map[string]*Issued
}

func newTimeline(t *testing.T, folder, name string) *timeline {
	vault := must(Create(filepath.Join(folder, name+".db")))(t)
	return &timeline{name, vault, map[string]*Issued{}}
}

// take takes the step of a row: timeline, now, verb, label, other, argument, expected, grace_until.
func (l *timeline) take(t *testing.T, columns []string) {
	t.Helper()
	now, verb, label, expected := optionalTime(t, columns[1]), columns[2], columns[3], columns[6]
	argument, given := present(columns[5])
	switch verb {
	case "create", "create_from":
		l.create(t, columns)
	case "rotate":
		rotation := PlannedDefault()
		if given {
			rotation = Planned(must(time.ParseDuration(argument + "ms"))(t))
		}
		l.rotate(t, rotation, columns)
		if expected == "ok" {
			old := must(l.vault.Key(l.keys[label].Key.ID))(t)
			equal(t, "grace_until", old.GraceUntil, optionalTime(t, columns[7]))
		}
	case "emergency":
		l.rotate(t, Emergency(), columns)
	case "revoke":
		must(l.vault.Revoke(l.keys[label].Key.ID, Revocation{}, actor, At(now)))(t)
		equal(t, "expected", expected, "ok")
	case "verify":
		l.verify(t, columns)
	default:
		t.Fatalf("%s: no such verb", verb)
	}
}

func (l *timeline) create(t *testing.T, columns []string) {
	t.Helper()
	wanted := NewKey{Prefix: "acme_live", Owner: "acct_42", Scopes: []string{"reports:read"}}
	if columns[2] == "create" {
		wanted.ExpiresAt = optionalTime(t, columns[5])
	} else {
		wanted.NotBefore = optionalTime(t, columns[5])
	}
	l.keys[columns[3]] = must(l.vault.CreateKey(wanted, actor, At(optionalTime(t, columns[1]))))(t)
	equal(t, "expected", columns[6], "ok")
}

func (l *timeline) rotate(t *testing.T, rotation Rotation, columns []string) {
	t.Helper()
	old, before := l.keys[columns[3]].Key, l.content(t)
	issued, err := l.vault.Rotate(old.ID, rotation, actor, At(optionalTime(t, columns[1])))
	if err != nil {
		equal(t, "kind", err.(*Error).Kind.String(), columns[6])
		equal(t, "content after a refused rotation", l.content(t), before)
		return
	}
	equal(t, "expected", columns[6], "ok")
	equal(t, "prefix and owner", issued.Key.Prefix+issued.Key.Owner, old.Prefix+"acct_42")
	equal(t, "expires_at", issued.Key.ExpiresAt, old.ExpiresAt)
	if !reflect.DeepEqual(issued.Key.Scopes, old.Scopes) {
		t.Fatalf("scopes: %v", issued.Key.Scopes)
	}
	l.keys[columns[4]] = issued
}

func (l *timeline) verify(t *testing.T, columns []string) {
	t.Helper()
	issued := l.keys[columns[3]]
	key, err := l.vault.Verify(issued.Secret.Expose(), At(optionalTime(t, columns[1])))
	if columns[6] != "valid" {
		rejected := refusal(t, err)
		equal(t, "outcome", string(rejected.Reason), columns[6])
		equal(t, "key id", rejected.KeyID, issued.Key.ID)
		return
	}
	checked(t, err)
	equal(t, "id", key.ID, issued.Key.ID)
	equal(t, "grace_until", key.GraceUntil, optionalTime(t, columns[7]))
	successor := ""
	if label, ok := present(columns[4]); ok {
		successor = l.keys[label].Key.ID
	}
	equal(t, "successor", key.ReplacedBy, successor)
}

// content is every key, as text.
func (l *timeline) content(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for key, err := range l.vault.Keys(KeyFilter{Now: created}) {
		checked(t, err)
		fmt.Fprintf(&all, "%+v\n", *key)
	}
	return all.String()
}
