"""Timelines of rotations."""

import re
from dataclasses import dataclass, field

from .table import Table
from .timelines import TIMELINES

BEGIN = 1_800_000_000_000
UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DEFAULT_GRACE = 24 * UNITS["h"]
MAX_GRACE = 7 * UNITS["d"]

HEADER = """
Timelines: what happens to a key and its relatives, step by step. Each timeline begins
without keys, under the default policy: a grace of 24 hours where none is given, and of
7 days at most. Every key has the prefix acme_live; a successor has the prefix, the
scopes and the expires_at of the key that it replaces.

timeline     its name; the rows of one stand together, in order
now          when the step is made
verb         one of
  create       makes the key; argument: its expires_at, or -
  create_from  makes the key; argument: its not_before; it never expires
  rotate       rotates the key and calls the new one `other`; argument: the grace, or -
  emergency    the same as an emergency: all living relatives are revoked
  revoke       revokes the key
  verify       verifies the key's secret, demanding nothing
key          the label of the key
other        rotate and emergency: the label of the new key
             verify: the label of the successor that the valid key names, or -
argument     milliseconds, or -
expected     verify: the outcome; else ok, conflict or invalid_argument. Where a verb
             fails there is no new key, and nothing else has changed
grace_until  rotate that is ok: the grace_until that the key has from now on
             verify that is valid: the grace_until that the key has, or -
             else -

More verbs may come: a reader stops at one that it doesn't know.
"""


@dataclass
class Key:
    """A key, as far as rotations matter."""

    family: str
    expires_at: int | None = None
    not_before: int | None = None
    revoked: bool = False
    successor: str | None = None
    grace_until: int | None = None

    def outcome(self, now: int) -> str:
        """Returns what verify finds."""
        if self.revoked:
            return "revoked"
        if self.grace_until is not None and now >= self.grace_until:
            return "rotated_out"
        if self.expires_at is not None and now >= self.expires_at:
            return "expired"
        if self.not_before is not None and now < self.not_before:
            return "not_yet_valid"
        return "valid"

    def lives(self, now: int) -> bool:
        """Tells whether it can be accepted, now or later."""
        return self.outcome(now) in ("valid", "not_yet_valid")


@dataclass
class Model:
    """The transition table, by which the timelines are checked."""

    keys: dict[str, Key] = field(default_factory=dict)

    def step(
        self, now: int, verb: str, label: str, other: str | None, argument: int | None
    ) -> tuple[str, str | None, int | None]:
        """Returns what is expected, the other key and the grace_until."""
        if verb == "create":
            self.keys[label] = Key(label, expires_at=argument)
            return "ok", None, None
        if verb == "create_from":
            self.keys[label] = Key(label, not_before=argument)
            return "ok", None, None
        key = self.keys[label]
        if verb == "revoke":
            key.revoked = True
            return "ok", None, None
        if verb == "verify":
            outcome = key.outcome(now)
            told = outcome == "valid"
            successor = key.successor if told else None
            return outcome, successor, key.grace_until if told else None
        if other is None:
            raise ValueError(f"{verb} {label}: the new key has no label")
        if not key.lives(now):
            return "conflict", other, None
        if verb == "emergency":
            return self.emergency(now, key, other)
        return self.rotate(now, key, other, argument)

    def rotate(
        self, now: int, key: Key, other: str, grace: int | None
    ) -> tuple[str, str | None, int | None]:
        """Rotates a living key."""
        if key.successor:
            return "conflict", other, None
        grace = DEFAULT_GRACE if grace is None else grace
        if grace > MAX_GRACE:
            return "invalid_argument", other, None
        self.keys[other] = Key(key.family, key.expires_at, key.not_before)
        end = now + grace
        key.grace_until = min(end, key.expires_at or end)
        key.successor = other
        return "ok", other, key.grace_until

    def emergency(
        self, now: int, key: Key, other: str
    ) -> tuple[str, str | None, int | None]:
        """Revokes all living relatives and issues one key."""
        for relative in self.keys.values():
            if relative.family == key.family and relative.lives(now):
                relative.revoked = True
        self.keys[other] = Key(key.family, key.expires_at, key.not_before)
        return "ok", other, None


def duration(text: str) -> int | None:
    """Returns milliseconds; of several terms, their sum."""
    if text == "-":
        return None
    terms = re.findall(r"([+-]?\d+)(ms|s|m|h|d)", text)
    return sum(int(number) * UNITS[unit] for number, unit in terms)


def moment(text: str) -> int | None:
    """Returns a time that is written from the beginning on."""
    since = duration(text)
    return None if since is None else BEGIN + since


def table() -> Table:
    """Makes rotation.txt."""
    result = Table("rotation.txt", HEADER)
    name, model = "", Model()
    for line in filter(None, TIMELINES.split("\n")):
        first, *rest = line.split()
        if first == "timeline":
            name, model = rest[0], Model()
            continue
        verb, key, named, argument, expected, *until = rest
        now = moment(first)
        other = None if named == "-" else named
        read = moment if verb.startswith("create") else duration
        grace_until = moment(until[0]) if until else None
        if now is None:
            raise ValueError(f"{name}: {line}: has no time")
        found = model.step(now, verb, key, other, read(argument))
        if found != (expected, other, grace_until):
            raise AssertionError(f"{name}: {line}: {found} is right")
        result.add(name, now, verb, key, other, read(argument), expected, grace_until)
    return result
