package keycask

// Guards against memory that C still uses when Go has let it go, or the other way round: a vault that is closed or
// collected while goroutines use it, texts that are moved or freed under a call.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCloseWhileEightGoroutinesVerify(t *testing.T) {
	for round := range 5 {
		vault := must(Create(filepath.Join(t.TempDir(), "keys.db")))(t)
		secret := issue(t, vault).Secret.Expose()
		var verified, closed [8]int
		var group sync.WaitGroup
		for i := range 8 {
			group.Add(1)
			go func() {
				defer group.Done()
				verified[i], closed[i] = verifyUntilClosed(t, vault, secret)
			}()
		}
		time.Sleep(time.Duration(10+10*round) * time.Millisecond)
		checked(t, vault.Close())
		checked(t, vault.Close())
		group.Wait()
		for i := range 8 {
			equal(t, fmt.Sprintf("goroutine %d was told", i), closed[i], 1)
		}
		if _, err := vault.Key("key_01h455vb4pex5vsknk084sn02q"); !errors.Is(err, ErrClosed) {
			t.Fatalf("after Close: %v", err)
		}
	}
}

// verifyUntilClosed counts accepted keys, and the ErrClosed that ends it. Nothing else may happen.
func verifyUntilClosed(t *testing.T, vault *Vault, secret string) (verified, closed int) {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); verified++ {
		_, err := vault.Verify(secret, RequireScope("reports:read"))
		switch {
		case errors.Is(err, ErrClosed):
			return verified, 1
		case err != nil:
			t.Errorf("while it is closed: %v", err)
			return verified, 0
		}
	}
	return verified, 0
}

func TestListsOutliveTheirVaultsClose(t *testing.T) {
	vault := must(Create(filepath.Join(t.TempDir(), "keys.db")))(t)
	must(vault.CreateKeys(make300(), actor))(t)
	told := 0
	for key, err := range vault.Keys(KeyFilter{}) {
		if err != nil {
			equal(t, "an error after Close", errors.Is(err, ErrClosed), true)
			break
		}
		equal(t, "prefix", key.Prefix, "acme_live")
		if told++; told == 1 {
			checked(t, vault.Close())
		}
	}
	if told == 0 {
		t.Fatal("nothing was told")
	}
}

func make300() []NewKey {
	keys := make([]NewKey, 300)
	for i := range keys {
		keys[i] = NewKey{Prefix: "acme_live", Owner: fmt.Sprintf("acct_%d", i), Scopes: []string{"a", "b:*"}}
	}
	return keys
}

func TestCallsWhileGarbageIsCollected(t *testing.T) {
	vault := newVault(t)
	stop := make(chan struct{})
	var collector sync.WaitGroup
	collector.Add(1)
	go func() {
		defer collector.Done()
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	defer collector.Wait()
	defer close(stop)
	for i := range 60 {
		owner := strings.Repeat("o", i+1)
		issued := must(vault.CreateKey(NewKey{Prefix: "acme_live", Owner: owner, Scopes: []string{"a:*", owner}}, actor))(t)
		// A text of its own each time, which nothing else keeps alive.
		presented := string(append([]byte(nil), issued.Secret.Expose()...))
		key := must(vault.Verify(presented, RequireScope("a:b"), RequireScope(owner), WithClientIP("192.0.2.7")))(t)
		equal(t, "owner", key.Owner, owner)
		equal(t, "scopes", strings.Join(key.Scopes, " "), "a:* "+owner)
		told := 0
		for key, err := range vault.Keys(KeyFilter{Owner: owner}) {
			checked(t, err)
			equal(t, "listed", key.ID, issued.Key.ID)
			told++
		}
		equal(t, "keys of the owner", told, 1)
	}
}

func TestVaultsThatAreForgottenAreReleased(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	checked(t, must(Create(path))(t).Close())
	before := openFiles(t)
	for range 30 {
		must(must(Open(path))(t).Policy())(t)
	}
	for range 50 {
		runtime.GC()
		if openFiles(t) <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%d files are open, and %d were", openFiles(t), before)
}

func TestACloseGivesTheFileBack(t *testing.T) {
	before := openFiles(t)
	vault := must(Create(filepath.Join(t.TempDir(), "keys.db")))(t)
	issue(t, vault)
	checked(t, vault.Close())
	if after := openFiles(t); after > before {
		t.Fatalf("%d files are open, and %d were", after, before)
	}
	runtime.KeepAlive(vault)
}

func TestMemoryStaysFlat(t *testing.T) {
	if withRaceDetector {
		t.Skip("the race detector's own memory grows")
	}
	vault := must(CreateInMemory())(t)
	defer vault.Close()
	must(vault.UpdatePolicy(PolicyUpdate{UseMode: Set(UseOff)}, actor))(t)
	secret := issue(t, vault).Secret.Expose()
	calls := func(rounds int) {
		for range rounds {
			must(vault.Verify(secret, RequireScope("reports:read")))(t)
			_, err := vault.Verify(secret, RequireScope("x"))
			equal(t, "refused", refusal(t, err).Reason, MissingScope)
			_, err = vault.Key("no id")
			equal(t, "failed", errors.Is(err, ErrInvalidArgument), true)
			equal(t, "listed", count(t, vault, KeyFilter{Owner: "acct_42"}), 1)
			must(vault.Policy())(t)
		}
	}
	calls(3_000)
	before := residentBytes(t)
	calls(20_000)
	// A leak of one object a round, of 100 bytes and more, would be seen.
	if grown := residentBytes(t) - before; grown > 2<<20 {
		t.Fatalf("grown by %d KiB", grown>>10)
	}
}

// residentBytes is what the process holds in memory that Go doesn't know of, its garbage collected.
func residentBytes(t *testing.T) int {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	var total, resident int
	must(fmt.Sscan(string(must(os.ReadFile("/proc/self/statm"))(t)), &total, &resident))(t)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return resident*os.Getpagesize() - int(stats.HeapInuse+stats.StackInuse)
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries := must(os.ReadDir("/proc/self/fd"))(t)
	return len(entries)
}
