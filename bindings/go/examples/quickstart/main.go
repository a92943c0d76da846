// Quickstart: issue a key, verify it, rotate it, revoke it.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"keycask"
)

func main() {
	folder, err := os.MkdirTemp("", "keycask")
	check(err)
	defer os.RemoveAll(folder)
	vault, err := keycask.Create(filepath.Join(folder, "keys.db"))
	check(err)
	defer vault.Close()

	wanted := keycask.NewKey{Prefix: "acme_live", Owner: "acct_42", Scopes: []string{"reports:read"}}
	issued, err := vault.CreateKey(wanted, "alice")
	check(err)
	presented := issued.Secret.Expose() // show it now: it is stored nowhere

	key, err := vault.Verify(presented, keycask.RequireScope("reports:read"), keycask.RequirePrefix("acme_live"))
	check(err) // errors.Is(err, keycask.ErrRejected): 401 or 403; any other error: 503
	fmt.Println("200: serve", key.Owner)

	successor, err := vault.Rotate(key.ID, keycask.Planned(24*time.Hour), "alice") // both work for 24 hours
	check(err)
	_, err = vault.Revoke(successor.Key.ID, keycask.Revocation{Reason: keycask.ReasonCompromised}, "alice")
	check(err)

	_, err = vault.Verify(successor.Secret.Expose())
	var rejected *keycask.RejectedError
	if errors.As(err, &rejected) {
		fmt.Println(rejected.HTTPStatus, rejected.Reason) // 401 revoked
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
