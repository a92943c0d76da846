package keycask

// Guards against an operator's verb that reports something else than what was done.

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestThePolicyIsReadAndSet(t *testing.T) {
	vault := newVault(t)
	policy := must(vault.Policy())(t)
	equal(t, "default grace", policy.DefaultGrace, 24*time.Hour)
	equal(t, "no limits", policy.MaxLifetime == NoLimit && policy.MaxLivingKeys == NoLimit, true)
	want := Policy{
		Prefixes: []string{"acme_live", "acme_test"}, DefaultGrace: time.Hour, MinGrace: time.Minute,
		MaxGrace: 2 * time.Hour, MaxLifetime: 90 * 24 * time.Hour, MaxLivingKeys: 5, UseMode: UseBuckets,
		UseAcknowledgement: Strict, RetainUses: 30 * 24 * time.Hour, RetainUsesBytes: 1 << 20, NoticeAhead: 48 * time.Hour,
	}
	for _, got := range []*Policy{must(vault.SetPolicy(want, actor))(t), must(vault.Policy())(t)} {
		if !reflect.DeepEqual(*got, want) {
			t.Fatalf("got %+v, want %+v", *got, want)
		}
	}
	update := PolicyUpdate{MaxLifetime: Set(time.Duration(NoLimit)), Prefixes: Set([]string{})}
	got := must(vault.UpdatePolicy(update, actor))(t)
	want.MaxLifetime, want.Prefixes = NoLimit, nil
	if !reflect.DeepEqual(*got, want) {
		t.Fatalf("got %+v, want %+v", *got, want)
	}
	_, err := vault.UpdatePolicy(PolicyUpdate{MinGrace: Set(time.Hour * 3)}, actor)
	equal(t, "a contradiction", errors.Is(err, ErrInvalidArgument), true)
	_, err = vault.UpdatePolicy(PolicyUpdate{UseMode: Set(UseMode("never"))}, actor)
	equal(t, "no mode", errors.Is(err, ErrInvalidArgument), true)
}

func TestPeppersAreIntroducedRotatedAndRetired(t *testing.T) {
	vault := newVault(t)
	secret := issue(t, vault).Secret.Expose()
	first, second := []byte(strings.Repeat("1", 32)), []byte(strings.Repeat("2", 32))
	equal(t, "introduced", must(vault.SetPepper(first, actor))(t), true)
	equal(t, "again", must(vault.SetPepper(first, actor))(t), false)
	equal(t, "rotated", must(vault.SetPepper(second, actor))(t), true)
	equal(t, "on the old one", len(must(vault.KeysOnRetiredPepper())(t)), 1)
	equal(t, "retired too early", errors.Is(vault.RetirePepper(actor), ErrConflict), true)
	must(vault.Verify(secret))(t)
	equal(t, "moved", len(must(vault.KeysOnRetiredPepper())(t)), 0)
	checked(t, vault.RetirePepper(actor))
	_, err := Open(vault.Path())
	equal(t, "without", errors.Is(err, ErrPepper), true)
	again := must(Open(vault.Path(), WithPepper(second), WithBusyTimeout(time.Second)))(t)
	must(again.Verify(secret))(t)
	checked(t, again.Close())
	_, err = vault.SetPepper([]byte("short"), actor)
	equal(t, "too short", errors.Is(err, ErrInvalidArgument), true)
	_, err = vault.SetPepper(nil, actor)
	equal(t, "none", errors.Is(err, ErrInvalidArgument), true)
}

func TestFiguresAndReportsTell(t *testing.T) {
	vault := newVault(t)
	issued := issue(t, vault)
	must(vault.Verify(issued.Secret.Expose()))(t)
	checked(t, vault.Flush())
	stats := must(vault.Stats())(t)
	equal(t, "active keys", stats.Keys[StateActive], 1)
	equal(t, "valid verifies", stats.Verifies[Valid], 1)
	equal(t, "changes", stats.LogSizes[LogChanges], 2)
	equal(t, "sizes", stats.FileBytes > 0 && len(stats.Keys) == 7, true)
	for _, deep := range []bool{false, true} {
		report := must(vault.Check(deep))(t)
		equal(t, "all is well", report.OK && len(report.Findings) == 0, true)
	}
	kept := must(vault.Checkpoint(""))(t)
	issue(t, vault)
	report := must(vault.VerifyLogs(kept, ""))(t)
	equal(t, fmt.Sprintf("verified: %v", report.Findings), report.OK, true)
	equal(t, "size", report.LogSizes[LogChanges], 3)
	equal(t, "root", len(report.LogRoots[LogChanges]), 64)
	forged := strings.Replace(kept, strings.Split(kept, "\n")[2], strings.Repeat("A", 43)+"=", 1)
	report = must(vault.VerifyLogs(forged, ""))(t)
	equal(t, "another history", !report.OK && report.Findings[0].Code != "" && report.Findings[0].Message != "", true)
	_, err := vault.Checkpoint("no key")
	equal(t, "no signing key", errors.Is(err, ErrInvalidArgument), true)
}

func TestDigestsOfAnotherSystemAreImported(t *testing.T) {
	vault := newVault(t)
	digest := sha256.Sum256([]byte("a secret of another system"))
	text := fmt.Sprintf("digest,name\n%x,first\n%x,again\nnone,bad\n", digest, digest)
	options := ImportOptions{Owner: "acct_42", Prefix: "acme_old", Scheme: "sha256", Format: CSV, DryRun: true}
	dry := must(vault.Import([]byte(text), options, actor))(t)
	equal(t, "a dry run", dry.Imported, 1)
	equal(t, "changed nothing", count(t, vault, KeyFilter{}), 0)
	options.DryRun = false
	report := must(vault.Import([]byte(text), options, actor))(t)
	equal(t, "rows", [3]uint64{report.Imported, report.Existing, report.Refused}, [3]uint64{1, 1, 1})
	equal(t, "notes", len(report.Notes), 2)
	equal(t, "a note", report.Notes[1].Line == 4 && report.Notes[1].Outcome == ImportRefused, true)
	equal(t, "owner", must(vault.Verify("a secret of another system"))(t).Owner, "acct_42")
	options.AllOrNothing = true
	_, _ = vault.Import([]byte(text), options, actor)
	equal(t, "keys", count(t, vault, KeyFilter{}), 1)
}

func TestBackupRestoreAndMigrate(t *testing.T) {
	folder := t.TempDir()
	vault := must(Create(filepath.Join(folder, "keys.db"), WithMode(0o640)))(t)
	issued := issue(t, vault)
	backup := filepath.Join(folder, "backup.db")
	checked(t, vault.Backup(backup, actor))
	equal(t, "again", errors.Is(vault.Backup(backup, actor), ErrConflict), true)
	must(vault.Revoke(issued.Key.ID, Revocation{Reason: ReasonCompromised}, actor))(t)
	lost := issue(t, vault)
	path := vault.Path()
	equal(t, "mode", must(os.Stat(path))(t).Mode().Perm(), 0o640)
	checked(t, vault.Close())

	report := must(Restore(backup, path, RestoreOptions{ReapplyRevocations: true}, WithActor("alice")))(t)
	equal(t, "compared", report.Compared && report.Fault == "", true)
	equal(t, "lost keys", report.LostKeys, 1)
	equal(t, "reapplied", report.Reapplied, 1)
	equal(t, "missing", report.MissingRevocations[0].ID, issued.Key.ID)
	equal(t, "aside", strings.HasPrefix(report.Aside, path), true)
	restored := must(Open(path))(t)
	defer restored.Close()
	equal(t, "id", restored.ID(), vault.ID())
	equal(t, "revoked again", must(restored.Key(issued.Key.ID))(t).State, StateRevoked)
	_, err := restored.Key(lost.Key.ID)
	equal(t, "lost", errors.Is(err, ErrNotFound), true)

	migration := must(Migrate(path, true))(t)
	equal(t, "nothing to upgrade", migration.From == migration.To && migration.Backup == "" && migration.To > 0, true)
	_, err = Migrate(filepath.Join(folder, "missing.db"), true)
	equal(t, "missing", errors.Is(err, ErrVaultMissing), true)
}

func TestAVaultOfTheFirstSchemaIsMigrated(t *testing.T) {
	old := filepath.Join(t.TempDir(), "keys.db")
	checked(t, os.WriteFile(old, must(os.ReadFile("../../tests/fixtures/schema-1.vault"))(t), 0o600))
	migration := must(Migrate(old, true, WithActor("alice")))(t)
	equal(t, "from", migration.From, 1)
	equal(t, "a copy where there was something to do", migration.Backup != "", migration.To > migration.From)
	checked(t, must(Open(old))(t).Close())
}

func TestUsesArePrunedAndPersonsErased(t *testing.T) {
	vault := must(CreateInMemory())(t)
	defer vault.Close()
	issued := issue(t, vault)
	for range 1100 {
		must(vault.Verify(issued.Secret.Expose()))(t)
	}
	checked(t, vault.Flush())
	// Uses are pruned as far as they are counted, which is done for a thousand at once.
	pruned := must(vault.Prune(actor, At(time.Now().Add(100*24*time.Hour))))(t)
	equal(t, "pruned", pruned > 0 && pruned <= 1100, true)
	equal(t, "still counted", must(vault.Usage(issued.Key.ID))(t).Uses, 1100)
	equal(t, "figure", must(vault.Stats())(t).PrunedUses, pruned)
	_, err := vault.ErasePerson("acct_42", actor)
	equal(t, "with a living key", errors.Is(err, ErrConflict), true)
	must(vault.RevokeOwner("acct_42", Revocation{Reason: ReasonOwnerLeft}, actor))(t)
	erased := must(vault.ErasePerson("acct_42", actor))(t)
	equal(t, "changes", erased > 0, true)
	equal(t, "the owner", must(vault.Key(issued.Key.ID))(t).Owner == "acct_42", false)
}

func TestTheVaultSaysWhatItIs(t *testing.T) {
	vault := newVault(t)
	equal(t, "id", strings.HasPrefix(vault.ID(), "vault_"), true)
	equal(t, "path", filepath.Base(vault.Path()), "keys.db")
	equal(t, "times", !vault.CreatedAt().IsZero() && !vault.Now().Before(vault.CreatedAt()), true)
	issue(t, vault)
	equal(t, "prefixes", strings.Join(must(vault.Prefixes())(t), " "), "acme_live")
	equal(t, "vendor", must(PrefixVendor("sk_live"))(t), "Stripe")
	equal(t, "nobody's", must(PrefixVendor("acme_live"))(t), "")
	equal(t, "version", len(strings.Split(Version(), ".")), 3)
}

func TestAVaultInMemoryIsAVault(t *testing.T) {
	vault := must(CreateInMemory())(t)
	defer vault.Close()
	must(vault.Verify(issue(t, vault).Secret.Expose()))(t)
}
