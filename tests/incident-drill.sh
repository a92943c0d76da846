#!/usr/bin/env bash
# The drill for a leaked key: four commands, and what each must show. Run it with KEYCASK naming the command.
set -euo pipefail
keycask=${KEYCASK:-keycask}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export KEYCASK_VAULT="$folder/keys.db" KEYCASK_ACTOR=drill

fail() {
    echo "the drill failed: $1" >&2
    exit 1
}

# The day before: a customer's key, rotated once, both secrets in use.
"$keycask" init >/dev/null
leaked=$("$keycask" create --prefix acme_live --owner acct_42 2>/dev/null)
id=$(printf %s "$leaked" | "$keycask" identify --json | sed 's/.*"id":"\([^"]*\)".*/\1/')
current=$("$keycask" rotate "$id" 2>/dev/null)
printf %s "$leaked" | "$keycask" verify --client-ip 203.0.113.9 >/dev/null || fail "the old key should still work"

# 1. Whose is it?
printf %s "$leaked" | "$keycask" identify | grep -q acct_42 || fail "identify doesn't name the owner"
# 2. Kill it and every relative, and issue one new key.
fresh=$("$keycask" rotate "$id" --emergency --yes 2>/dev/null)
# 3. Who used it, from where?
"$keycask" audit uses --key "$id" | grep -q 203.0.113.9 || fail "the uses don't tell the client"
# 4. Is the log whole?
"$keycask" audit verify >/dev/null || fail "the log doesn't verify"

for dead in "$leaked" "$current"; do
    if printf %s "$dead" | "$keycask" verify >/dev/null; then fail "a dead key was accepted"; fi
done
printf %s "$fresh" | "$keycask" verify >/dev/null || fail "the new key is refused"
echo "the drill went well"
