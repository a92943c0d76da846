"""Digests of other systems: what is hashed of a presented key, and what the vault stores of that."""

import hashlib

from .table import Table, sample

HEADER = """
Digests of other systems. Where `foreign` is imported under the scheme, the vault stores
`stored`, and looks it up where `presented` is. Without a pepper; with one, it stores and
looks up the HMAC of `stored`.

scheme     the scheme's name
presented  the bytes of the text that a client presents, in hex; all are UTF-8
foreign    the other system's digest in hex; - where the presented text has no such part
stored     the digest as the vault stores it, in hex; - where foreign is
"""

ALGORITHMS = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
TAG = b"keycask/import/"


def part(rule: str, presented: str) -> bytes | None:
    """Returns what of a presented text is hashed."""
    if rule == "":
        return presented.encode()
    if rule == "after-last-underscore":
        return presented.rpartition("_")[2].encode()
    if rule == "after-pipe":
        _, found, after = presented.partition("|")
        return (after if found else presented).encode()
    if rule == "unhex":
        try:
            return bytes.fromhex(presented) if presented.isalnum() else None
        except ValueError:
            return None
    length = int(rule.removeprefix("last-"))
    raw = presented.encode()
    return raw[-length:] if len(raw) >= length else None


def stored(scheme: str, foreign: bytes) -> bytes:
    """Returns what the vault stores of a foreign digest."""
    if scheme == "sha256":
        return foreign
    return hashlib.sha256(TAG + scheme.encode() + b"\0" + foreign).digest()


def presented_texts() -> list[str]:
    """Returns texts that have the parts, and some that lack them."""
    tail = sample("schemes", 20).hex()
    return [
        tail,
        f"acme_live_{tail}",
        f"17|{tail}",
        f"17|a_b|{tail}",
        f"clé_{tail}",
        f"{tail}_",
        f"{tail}|",
        "short",
        f"acme_test_{tail[:9]}",
    ]


def table() -> Table:
    """Makes schemes.txt."""
    rules = ["", "after-last-underscore", "after-pipe", "last-16", "last-40", "unhex"]
    made = Table("schemes.txt", HEADER)
    for algorithm, digest in ALGORITHMS.items():
        for rule in rules:
            scheme = f"{algorithm}-{rule}" if rule else algorithm
            for presented in presented_texts():
                if raw := part(rule, presented):
                    foreign = digest(raw).digest()
                    made.add(scheme, presented.encode(), foreign, stored(scheme, foreign))
                else:
                    made.add(scheme, presented.encode(), None, None)
    return made
