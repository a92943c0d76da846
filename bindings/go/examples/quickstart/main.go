// Quickstart: issue a key, verify it, rotate it, revoke it.
package main

import (
	"errors"
	"fmt"
	"log"
	"time"

	"keycask"
)

func main() {
	vault := must(keycask.Create("keys.db"))
	defer vault.Close()
	wanted := keycask.NewKey{Prefix: "acme_live", Owner: "acct_42", Scopes: []string{"reports:read"}}
	issued := must(vault.CreateKey(wanted, "alice"))
	presented := issued.Secret.Expose() // show it now: it is stored nowhere

	key, err := vault.Verify(presented, keycask.RequireScope("reports:read"), keycask.RequirePrefix("acme_live"))
	var rejected *keycask.RejectedError
	switch {
	case err == nil:
		fmt.Println("200: serve", key.Owner)
	case errors.As(err, &rejected):
		fmt.Println(rejected.HTTPStatus, rejected.Reason)
	default:
		fmt.Println(503, err) // the vault could not say: let no one in
	}

	rotated := must(vault.Rotate(issued.Key.ID, keycask.Planned(24*time.Hour), "alice")) // both work for 24 hours
	must(vault.Revoke(rotated.Key.ID, keycask.Revocation{Reason: keycask.ReasonOwnerLeft}, "alice"))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
