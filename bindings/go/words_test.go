package keycask

// Guards against a word that stands for another number than in the header: a revocation logged for another reason.

import (
	"strings"
	"testing"
)

func TestWordsHaveTheNumbersOfTheHeader(t *testing.T) {
	same(t, "OUTCOME_", outcomes, "_")
	same(t, "STATE_", states, "_")
	same(t, "REVOCATION_", revocationReasons, "_")
	same(t, "ENCODING_", encodings, "_")
	same(t, "USE_MODE_", useModes, "_")
	same(t, "ACKNOWLEDGEMENT_", acknowledgements, "_")
	same(t, "CHANGE_", changeKinds, ".")
	same(t, "NOTICE_", noticeKinds, "_")
	same(t, "DUE_", dueReasons, "_")
	same(t, "IMPORT_FORMAT_", importFormats, "_")
	equal(t, "word of a number that is none", outcomes.word(99), "?")
	equal(t, "word of a negative number", outcomes.word(-1), "?")
}

// same compares a set of words with the header's. The words of changes have a dot where the names have their first
// underscore.
func same[T ~string](t *testing.T, prefix string, set words[T], joint string) {
	t.Helper()
	numbers := header(t, prefix)
	delete(numbers, "NONE") // of revocations
	delete(numbers, "ANY")  // of formats
	equal(t, prefix+" words", len(set.list), len(numbers))
	for name, number := range numbers {
		want := strings.Replace(strings.ToLower(name), "_", joint, 1)
		if got := string(set.list[number-set.first]); got != want {
			t.Errorf("%s%s is %d: got %s", prefix, name, number, got)
		}
	}
}
