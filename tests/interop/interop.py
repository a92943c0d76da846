"""Guards against languages that disagree on one vault: a key that one issues and another doesn't know, a rotation
or a revocation that one doesn't see, an event that names the wrong actor. Four processes, one for each language,
hold the same vault open; each issues keys that all the others verify, rotate and revoke.

Run by tests/interop/run, which builds the players. With `bench` as the last argument it measures what one verify
costs in each language instead, as a ratio to Rust.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from itertools import product
from pathlib import Path

import keycask

AT_ONCE = 25
ROUNDS = 7
VERIFIES = 20_000


class Player:
    """A process that plays with the vault in its own language."""

    def __init__(self, name: str, command: list[str], vault: Path) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [*command, str(vault), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *words: str) -> list[str]:
        assert self.process.stdin and self.process.stdout
        print(*words, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().split()
        assert answer[:1] == ["ok"], f"{self.name} was asked to {words[0]}: {answer}"
        return answer[1:]

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0, f"{self.name} ended with {self.process.returncode}"


def all_say(players: list[Player], secret: str, outcome: str, key_id: str) -> None:
    for player in players:
        assert player.ask("verify", secret) == [outcome, key_id], f"{player.name} on a {outcome} key"


def a_key_lives_its_life_in_every_language(players: list[Player]) -> Counter[tuple[str, str]]:
    """One issues, one rotates, one revokes, all verify; returns how many events each actor must have."""
    expected: Counter[tuple[str, str]] = Counter()
    for creator, rotator, revoker in product(players, repeat=3):
        old, old_secret = creator.ask("create", "acct_42")
        all_say(players, old_secret, "valid", old)
        new, new_secret = rotator.ask("rotate", old)
        all_say(players, old_secret, "valid", old)
        all_say(players, new_secret, "valid", new)
        assert revoker.ask("revoke", new) == [new]
        all_say(players, new_secret, "revoked", new)
        assert revoker.ask("revoke", old) == [old]
        all_say(players, old_secret, "revoked", old)
        expected[creator.name, "key.created"] += 1
        expected[rotator.name, "key.created"] += 1
        expected[rotator.name, "key.rotated"] += 1
        expected[revoker.name, "key.revoked"] += 2
    return expected


def all_write_at_once(players: list[Player]) -> Counter[tuple[str, str]]:
    """Everybody issues keys at the same time; afterwards each knows the keys of all."""
    issued: dict[str, list[list[str]]] = {player.name: [] for player in players}

    def issue(player: Player) -> None:
        for _ in range(AT_ONCE):
            issued[player.name].append(player.ask("create", player.name))

    threads = [threading.Thread(target=issue, args=[player]) for player in players]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    for keys in issued.values():
        assert len(keys) == AT_ONCE
        for key_id, secret in keys:
            all_say(players, secret, "valid", key_id)
    assert len({secret for keys in issued.values() for _, secret in keys}) == AT_ONCE * len(players)
    return Counter({(player.name, "key.created"): AT_ONCE for player in players})


def play(vault: keycask.Vault, players: list[Player]) -> None:
    expected = a_key_lives_its_life_in_every_language(players) + all_write_at_once(players)
    kinds = {kind for _, kind in expected}
    seen = Counter((change.actor, change.kind) for change in vault.changes() if change.kind in kinds)
    assert seen == expected, f"the audit log has {seen}, and {expected} happened"
    assert vault.verify_logs().ok and vault.check(deep=True).ok
    print(f"{sum(expected.values())} changes and their audit agree; the logs verify")


def bench(vault: keycask.Vault, players: list[Player]) -> None:
    vault.update_policy(use_mode="off", actor="bench")
    _, secret = players[0].ask("create", "acct_42")
    costs: dict[str, list[int]] = {player.name: [] for player in players}
    for _ in range(ROUNDS):
        for player in players:
            costs[player.name].append(int(player.ask("bench", str(VERIFIES), secret)[0]))
    floor = statistics.median(costs[players[0].name])
    print(f"{'language':10} {'ns a verify':>12} {'ratio to ' + players[0].name:>16}")
    for name, found in costs.items():
        middle = statistics.median(found)
        print(f"{name:10} {middle / VERIFIES:12.0f} {middle / floor:16.2f}")


def main() -> None:
    rust, c, go, *rest = sys.argv[1:]
    commands = {
        "rust": [rust],
        "c": [c],
        "go": [go],
        "python": [sys.executable, str(Path(__file__).parent / "player.py")],
    }
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "keys.db"
        with keycask.Vault(path, create=True) as vault:
            players = [Player(name, command, path) for name, command in commands.items()]
            (bench if rest == ["bench"] else play)(vault, players)
            for player in players:
                player.end()


main()
