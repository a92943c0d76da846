package keycask

// Guards against a list that forgets a filter, tells an item twice at the seam of two pages, or never ends.

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestKeysAreFilteredAndPaged(t *testing.T) {
	vault := newVault(t)
	must(vault.CreateKeys(make300(), actor))(t)
	named := must(vault.CreateKey(NewKey{Prefix: "acme_test", Owner: "o", Name: "n", Scopes: []string{"x"}}, actor))(t)
	must(vault.Disable(named.Key.ID, actor))(t)
	for _, filter := range []KeyFilter{
		{Owner: "o"}, {Prefix: "acme_test"}, {Name: "n"}, {Scope: "x"}, {States: []State{StateDisabled, StateExpired}},
	} {
		equal(t, "one", count(t, vault, filter), 1)
	}
	equal(t, "all", count(t, vault, KeyFilter{}), 301)
	equal(t, "a scope that is covered", count(t, vault, KeyFilter{Scope: "b:c"}), 300)
	equal(t, "a limit", count(t, vault, KeyFilter{Limit: 7}), 7)
	seen, last := map[string]bool{}, ""
	for page := 0; page < 100; page++ {
		told := 0
		for key, err := range vault.Keys(KeyFilter{After: last, Limit: 50}) {
			checked(t, err)
			equal(t, "told twice", seen[key.ID], false)
			seen[key.ID], last = true, key.ID
			told++
		}
		if told == 0 {
			break
		}
	}
	equal(t, "paged", len(seen), 301)
	for range vault.Keys(KeyFilter{}) {
		break
	}
	failures := 0
	for _, err := range vault.Keys(KeyFilter{After: "no id"}) {
		equal(t, "a bad cursor", errors.Is(err, ErrInvalidArgument), true)
		failures++
	}
	equal(t, "failures", failures, 1)
}

func TestEventsAreFiltered(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault, At(created))
	other := issue(t, vault, At(created.Add(time.Hour)))
	seqs := func(filter ChangeFilter) (told []uint64) {
		for change, err := range vault.Changes(filter) {
			checked(t, err)
			told = append(told, change.Seq)
		}
		return told
	}
	for _, each := range []struct {
		filter ChangeFilter
		want   int
	}{
		{ChangeFilter{}, 3}, {ChangeFilter{KeyID: issued.Key.ID}, 1}, {ChangeFilter{Actor: actor}, 2},
		{ChangeFilter{Kind: ChangeVaultCreated}, 1}, {ChangeFilter{Limit: 2}, 2}, {ChangeFilter{After: 1}, 2},
		{ChangeFilter{Since: created, Until: created.Add(time.Minute)}, 1},
	} {
		equal(t, "changes", len(seqs(each.filter)), each.want)
	}
	equal(t, "newest first", seqs(ChangeFilter{NewestFirst: true})[0], 3)

	must(vault.Verify(issued.Secret.Expose()))(t)
	_, err := vault.Verify(other.Secret.Expose(), RequireScope("x"))
	equal(t, "refused", errors.Is(err, ErrRejected), true)
	checked(t, vault.Flush())
	for use, err := range vault.Uses(UseFilter{Outcome: MissingScope, NewestFirst: true, Limit: 5}) {
		checked(t, err)
		equal(t, "key", use.KeyID, other.Key.ID)
		equal(t, "count", use.Count, 1)
		equal(t, "times", !use.At.IsZero() && !use.LastAt.Before(use.At), true)
	}
}

func TestWhatIsDueAndUnusedIsTold(t *testing.T) {
	vault := newVault(t)
	wanted := NewKey{Prefix: "acme_live", ExpiresAt: created.Add(24 * time.Hour)}
	soon := must(vault.CreateKey(wanted, actor, At(created)))(t)
	issue(t, vault, At(created))
	due := must(vault.Due(48*time.Hour, At(created)))(t)
	equal(t, "due", len(due), 1)
	equal(t, "key", due[0].Key.ID, soon.Key.ID)
	equal(t, "reason", due[0].Reason, DueExpiry)
	equal(t, "at", due[0].At, created.Add(24*time.Hour))
	equal(t, "nothing yet", len(must(vault.Due(time.Hour, At(created)))(t)), 0)

	must(vault.Verify(soon.Secret.Expose(), At(created.Add(time.Hour))))(t)
	checked(t, vault.Flush())
	equal(t, "last", must(vault.Usage(soon.Key.ID))(t).LastUsedAt, created.Add(time.Hour))
	unused := must(vault.Unused(created.Add(2*time.Hour), At(created.Add(3*time.Hour))))(t)
	equal(t, "unused", len(unused), 2)
	equal(t, "used before", unused[0].Uses+unused[1].Uses, 1)
	_, err := vault.Usage("key_01h455vb4pex5vsknk084sn02q")
	equal(t, "of no key", errors.Is(err, ErrNotFound), true)
}

func TestNoticesAreClaimedAcknowledgedAndGivenUp(t *testing.T) {
	vault := newVault(t)
	issued := must(vault.CreateKey(NewKey{Prefix: "acme_live", NotifyEmail: "ops@example.com"}, actor))(t)
	must(vault.Revoke(issued.Key.ID, Revocation{Reason: ReasonPolicy}, actor))(t)
	var notices []*Notice
	for notice, err := range vault.Notices(NoticeFilter{Kind: NoticeRevoked}) {
		checked(t, err)
		notices = append(notices, notice)
	}
	equal(t, "notices", len(notices), 1)
	told := notices[0]
	equal(t, "of the key", told.KeyID+told.Start+told.NotifyEmail, issued.Key.ID+issued.Key.Start+"ops@example.com")
	equal(t, "detail", strings.Contains(told.Detail, "policy"), true)
	claim := NoticeClaim{Lease: time.Minute, Addressed: true, Limit: 10}
	equal(t, "claimed", must(vault.ClaimNotices(claim))(t)[0].ID, told.ID)
	equal(t, "claimed twice", len(must(vault.ClaimNotices(claim))(t)), 0)
	failed := must(vault.NoticeFailed(told.ID, Retries{Attempts: 1}))(t)
	equal(t, "given up", failed.Attempts == 1 && !failed.DeadAt.IsZero(), true)
	equal(t, "retried", must(vault.RetryNotice(told.ID))(t).DeadAt.IsZero(), true)
	equal(t, "acknowledged", must(vault.Ack(told.ID))(t).AckedAt.IsZero(), false)
	for range vault.Notices(NoticeFilter{}) {
		t.Fatal("an acknowledged notice is told again")
	}
	_, err := vault.ClaimNotices(NoticeClaim{Lease: -time.Second})
	equal(t, "a negative lease", errors.Is(err, ErrInvalidArgument), true)
}
