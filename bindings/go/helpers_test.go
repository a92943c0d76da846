package keycask

// What the tests share: vaults of their own, the rows of the vectors, and a look at the header.

import (
	"bufio"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const actor = "tests"

// created is when every key of outcomes.txt was created and rotated.
var created = time.UnixMilli(1_800_000_000_000).UTC()

// newVault is an empty vault, which is closed with the test.
func newVault(t testing.TB, opts ...Option) *Vault {
	t.Helper()
	vault := must(Create(filepath.Join(t.TempDir(), "keys.db"), opts...))(t)
	t.Cleanup(func() { checked(t, vault.Close()) })
	return vault
}

// must is a value whose error fails the test.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		checked(t, err)
		return value
	}
}

func checked(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// issue is a key of acct_42 with reports:read.
func issue(t testing.TB, vault *Vault, opts ...ChangeOption) *Issued {
	t.Helper()
	wanted := NewKey{Prefix: "acme_live", Owner: "acct_42", Scopes: []string{"reports:read"}}
	return must(vault.CreateKey(wanted, actor, opts...))(t)
}

// refusal is the refusal that an error is.
func refusal(t testing.TB, err error) *RejectedError {
	t.Helper()
	rejected, ok := err.(*RejectedError)
	if !ok {
		t.Fatalf("no refusal: %v", err)
	}
	return rejected
}

// header is the numbers of keycask.h that begin with a prefix, by the rest of their names.
func header(t testing.TB, prefix string) map[string]int {
	t.Helper()
	text := must(os.ReadFile("../../include/keycask.h"))(t)
	numbers := map[string]int{}
	define := regexp.MustCompile(`(?m)^#define KEYCASK_` + prefix + `(\w+) (-?\d+)$`)
	for _, found := range define.FindAllStringSubmatch(string(text), -1) {
		numbers[found[1]] = must(strconv.Atoi(found[2]))(t)
	}
	return numbers
}

// rows runs check on each row of a vector file, and fails where there are fewer than minimum.
func rows(t *testing.T, file string, minimum int, check func(t *testing.T, columns []string)) {
	t.Helper()
	open := must(os.Open("../../tests/vectors/" + file))(t)
	defer open.Close()
	lines, ran := bufio.NewScanner(open), 0
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		ran++
		t.Run(file+":"+strconv.Itoa(number), func(t *testing.T) { check(t, strings.Split(line, "\t")) })
	}
	checked(t, lines.Err())
	if ran < minimum {
		t.Fatalf("%s: %d rows ran, at least %d should", file, ran, minimum)
	}
}

// present is a column that may be absent.
func present(column string) (string, bool) {
	return column, column != "-"
}

// optionalTime is a column of milliseconds that may be absent.
func optionalTime(t testing.TB, column string) time.Time {
	t.Helper()
	if column == "-" {
		return time.Time{}
	}
	return time.UnixMilli(must(strconv.ParseInt(column, 10, 64))(t)).UTC()
}

// column is a column of bytes in hex.
func column(t testing.TB, text string) string {
	t.Helper()
	if text == "empty" {
		return ""
	}
	return string(must(hex.DecodeString(text))(t))
}
