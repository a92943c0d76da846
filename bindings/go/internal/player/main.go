// Player is the Go player of tests/interop: it does what it is told on stdin, a line at a time, with a vault.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"keycask"
)

func main() {
	vault, err := keycask.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer vault.Close()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		answer, err := play(vault, os.Args[2], strings.Fields(lines.Text()))
		if err != nil {
			fmt.Println("error", err)
			continue
		}
		fmt.Println("ok", answer)
	}
}

func play(vault *keycask.Vault, actor string, words []string) (string, error) {
	switch words[0] {
	case "create":
		key := keycask.NewKey{Prefix: "acme_live", Owner: words[1], Scopes: []string{"reports:read"}}
		return issued(vault.CreateKey(key, actor))
	case "rotate":
		return issued(vault.Rotate(words[1], keycask.Planned(24*time.Hour), actor))
	case "verify":
		return verify(vault, words[1])
	case "revoke":
		key, err := vault.Revoke(words[1], keycask.Revocation{Reason: keycask.ReasonCompromised}, actor)
		if err != nil {
			return "", err
		}
		return key.ID, nil
	case "bench":
		return bench(vault, words[1], words[2])
	}
	return "", errors.New("not a word of the game")
}

func issued(key *keycask.Issued, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return key.Key.ID + " " + key.Secret.Expose(), nil
}

func verify(vault *keycask.Vault, secret string) (string, error) {
	key, err := vault.Verify(secret)
	var rejected *keycask.RejectedError
	switch {
	case err == nil:
		return "valid " + key.ID, nil
	case errors.As(err, &rejected) && rejected.KeyID == "":
		return fmt.Sprint(rejected.Reason, " -"), nil
	case errors.As(err, &rejected):
		return fmt.Sprint(rejected.Reason, " ", rejected.KeyID), nil
	}
	return "", err
}

func bench(vault *keycask.Vault, count, secret string) (string, error) {
	n, err := strconv.Atoi(count)
	scope, prefix := keycask.RequireScope("reports:read"), keycask.RequirePrefix("acme_live")
	started := time.Now()
	for i := 0; i < n && err == nil; i++ {
		_, err = vault.Verify(secret, scope, prefix)
	}
	return strconv.FormatInt(time.Since(started).Nanoseconds(), 10), err
}
