package keycask_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"keycask"
)

// vault is a new vault in a folder of its own, for the examples.
func vault() (*keycask.Vault, func()) {
	folder := must(os.MkdirTemp("", "keycask"))
	vault := must(keycask.Create(filepath.Join(folder, "keys.db")))
	return vault, func() {
		_ = vault.Close()
		_ = os.RemoveAll(folder)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func Example() {
	vault, done := vault()
	defer done()
	issued := must(vault.CreateKey(keycask.NewKey{Prefix: "acme_live", Owner: "acct_42"}, "alice"))
	key := must(vault.Verify(issued.Secret.Expose()))
	fmt.Println("serve", key.Owner)
	must(vault.Revoke(key.ID, keycask.Revocation{Reason: keycask.ReasonCompromised}, "alice"))
	_, err := vault.Verify(issued.Secret.Expose())
	fmt.Println(errors.Is(err, keycask.ErrRejected))
	// Output:
	// serve acct_42
	// true
}

func ExampleVault_Verify() {
	vault, done := vault()
	defer done()
	wanted := keycask.NewKey{Prefix: "acme_test", Owner: "acct_42", Scopes: []string{"reports:*"}}
	presented := must(vault.CreateKey(wanted, "alice")).Secret.Expose()

	_, err := vault.Verify(presented, keycask.RequireScope("reports:read"), keycask.RequirePrefix("acme_live"))
	var rejected *keycask.RejectedError
	switch {
	case err == nil:
		fmt.Println("let in")
	case errors.As(err, &rejected):
		fmt.Println(rejected.HTTPStatus, rejected.Reason)
	default:
		fmt.Println(503)
	}
	// Output: 403 wrong_prefix
}

func ExampleVault_Rotate() {
	vault, done := vault()
	defer done()
	old := must(vault.CreateKey(keycask.NewKey{Prefix: "acme_live"}, "alice"))
	successor := must(vault.Rotate(old.Key.ID, keycask.Planned(time.Hour), "alice"))
	fmt.Println(must(vault.Verify(old.Secret.Expose())).State)
	fmt.Println(must(vault.Verify(successor.Secret.Expose())).State)
	must(vault.FinishRotation(old.Key.ID, "alice"))
	_, err := vault.Verify(old.Secret.Expose())
	fmt.Println(err.(*keycask.RejectedError).Reason)
	// Output:
	// superseded
	// active
	// rotated_out
}

func ExampleVault_Keys() {
	vault, done := vault()
	defer done()
	for _, name := range []string{"backend", "worker"} {
		must(vault.CreateKey(keycask.NewKey{Prefix: "acme_live", Owner: "acct_42", Name: name}, "alice"))
	}
	for key, err := range vault.Keys(keycask.KeyFilter{Owner: "acct_42"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(key.Name, key.State)
	}
	// Output:
	// backend active
	// worker active
}

func ExampleVault_Update() {
	vault, done := vault()
	defer done()
	wanted := keycask.NewKey{Prefix: "acme_live", Name: "backend", ExpiresIn: time.Hour}
	id := must(vault.CreateKey(wanted, "alice")).Key.ID
	update := keycask.KeyUpdate{Scopes: keycask.Set([]string{"reports:read"}), ExpiresAt: keycask.Set(time.Time{})}
	key := must(vault.Update(id, update, "alice"))
	fmt.Println(key.Name, key.Scopes, key.ExpiresAt.IsZero())
	// Output: backend [reports:read] true
}

func ExampleMiddleware() {
	vault, done := vault()
	defer done()
	wanted := keycask.NewKey{Prefix: "acme_live", Owner: "acct_42", Scopes: []string{"reports:read"}}
	secret := must(vault.CreateKey(wanted, "alice")).Secret.Expose()

	reports := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, _ := keycask.FromContext(r.Context())
		fmt.Fprint(w, "reports of ", key.Owner)
	})
	guard := keycask.Middleware(vault, keycask.RequirePrefix("acme_live"), keycask.RequireScope("reports:read"))
	server := httptest.NewServer(guard(reports))
	defer server.Close()

	for _, presented := range []string{secret, "guessed"} {
		request := must(http.NewRequest(http.MethodGet, server.URL, nil))
		request.Header.Set("Authorization", "Bearer "+presented)
		response := must(http.DefaultClient.Do(request))
		fmt.Println(response.StatusCode, string(must(io.ReadAll(response.Body))))
	}
	// Output:
	// 200 reports of acct_42
	// 401 {"error":"invalid_token"}
}

func ExampleRedact() {
	text := "key=acme_live_0qlMmfYIt3V8sHDtm4sS83DFjE3hO7jTTP7TO8vCVh62G6KT9 was refused"
	fmt.Println(must(keycask.Redact(text)))
	// Output: key=acme_live_0qlMmfYI… was refused
}
