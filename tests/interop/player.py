"""The Python player of the interop test: does what it is told on stdin, a line at a time, with a vault."""

import sys
import time

import keycask


def play(vault: keycask.Vault, actor: str, words: list[str]) -> str:
    match words:
        case ["create", owner]:
            issued = vault.create_key("acme_live", owner=owner, scopes=["reports:read"], actor=actor)
            return f"{issued.key.id} {issued.secret}"
        case ["verify", secret]:
            try:
                return f"valid {vault.verify(secret).id}"
            except keycask.KeyRejectedError as refused:
                return f"{refused.reason} {refused.key_id or '-'}"
        case ["rotate", key_id]:
            issued = vault.rotate(key_id, actor=actor)
            return f"{issued.key.id} {issued.secret}"
        case ["revoke", key_id]:
            return vault.revoke(key_id, reason="compromised", actor=actor).id
        case ["bench", count, secret]:
            scopes, prefix = ["reports:read"], "acme_live"
            started = time.perf_counter_ns()
            for _ in range(int(count)):
                vault.verify(secret, scopes=scopes, prefix=prefix)
            return str(time.perf_counter_ns() - started)
        case _:
            raise SystemExit("not a word of the game")


def main() -> None:
    path, actor = sys.argv[1:]
    with keycask.Vault(path) as vault:
        for line in sys.stdin:
            try:
                print("ok", play(vault, actor, line.split()), flush=True)
            except keycask.KeycaskError as error:
                print("error", error.code, flush=True)


main()
