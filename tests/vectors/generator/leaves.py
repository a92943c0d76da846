"""Leaves of both logs: the bytes that an event is hashed as."""

import hashlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from ipaddress import ip_address
from typing import Any

from .roots import leaf_hash
from .table import Table, sample
from .type_ids import uuid_v7

VERSION = 1
CHANGES, USES = 1, 2
AT = 1_800_000_000_000
MINUTE = 60_000
LAST_MS = 253_402_300_799_999

HEADER = """
Leaves of both logs. The first column says which, and so what the others are.

  changes  log seq at kind number key_no key_id salt actor owner client_ip note
           request_id detail actor_hash owner_hash client_ip_hash note_hash
           leaf leaf_hash
  uses     log seq at outcome number key_no epoch client request prefix_no count last
           leaf leaf_hash

kind, outcome           the word, and behind it the number that stands in the leaf
salt, actor ... detail  bytes in hex; texts are UTF-8, an address of changes is text too
client                  an address of uses: 4 or 16 bytes in hex
*_hash                  SHA-256(SHA-256(salt, field), value) of a value that can be
                        erased; field is the word actor, owner, client_ip or note.
                        It outlives the value, so that the leaf stays the same
count, last             of several uses that were counted together, else -
leaf                    the bytes of the leaf in hex
leaf_hash               SHA-256(00, leaf)

The bytes of a leaf, integers big-endian and signed unless said otherwise:

  both     version 1 (1 byte), log: changes 1, uses 2 (1 byte), seq (8), at (8)
  changes  number (2, unsigned), ?(key_no (8), key_id (16)), ?actor_hash, ?owner_hash,
           ?client_ip_hash, ?note_hash, ?sized request_id, sized detail
  uses     key_no or 0 (8), number (1), epoch (8), ?sized client, ?sized request,
           prefix_no or 0 (8), count or 1 (8), last or at (8)

?x is the byte 0 where x is absent, else the byte 1 and x. sized x is its length in
bytes (4, unsigned) and x.
"""

# In the order of their numbers, which begin at 1.
KINDS = [
    "vault.created",
    "vault.restored",
    "vault.migrated",
    "policy.changed",
    "pepper.changed",
    "key.created",
    "key.imported",
    "key.updated",
    "key.disabled",
    "key.enabled",
    "key.rotated",
    "rotation.extended",
    "rotation.finished",
    "rotation.cancelled",
    "key.revoked",
    "uses.pruned",
    "uses.gap",
    "clock.regressed",
    "backup.made",
    "leak.reported",
    "person.erased",
]
# In the order of their numbers, which begin at 0.
OUTCOMES = [
    "valid",
    "malformed",
    "unknown",
    "revoked",
    "rotated_out",
    "expired",
    "disabled",
    "not_yet_valid",
    "wrong_prefix",
    "missing_scope",
    "source_denied",
    "rate_limited",
    "quota_exhausted",
]
PERSONAL = ("actor", "owner", "client_ip", "note")


@dataclass(frozen=True)
class Change:
    """An event of the log of changes."""

    seq: int
    at: int
    kind: str
    key: tuple[int, bytes] | None
    salt: bytes
    actor: bytes | None
    owner: bytes | None
    client_ip: bytes | None
    note: bytes | None
    request_id: bytes | None
    detail: bytes

    def number(self) -> int:
        """Returns the number of its kind."""
        return KINDS.index(self.kind) + 1

    def commitments(self) -> list[bytes | None]:
        """Returns what stands in the leaf for values that can be erased."""
        return [commit(self.salt, name, getattr(self, name)) for name in PERSONAL]

    def leaf(self) -> bytes:
        """Returns the bytes of the leaf."""
        key = self.key and integer(self.key[0]) + self.key[1]
        return b"".join(
            [
                begin(CHANGES, self.seq, self.at),
                self.number().to_bytes(2),
                optional(key),
                *map(optional, self.commitments()),
                optional(sized(self.request_id)),
                sized(self.detail) or b"",
            ]
        )


@dataclass(frozen=True)
class Use:
    """An event of the log of uses."""

    seq: int
    at: int
    outcome: str
    key_no: int | None
    epoch: int
    client: bytes | None = None
    request: bytes | None = None
    prefix_no: int | None = None
    count: int | None = None
    last: int | None = None

    def number(self) -> int:
        """Returns the number of its outcome."""
        return OUTCOMES.index(self.outcome)

    def leaf(self) -> bytes:
        """Returns the bytes of the leaf."""
        return b"".join(
            [
                begin(USES, self.seq, self.at),
                integer(self.key_no or 0),
                self.number().to_bytes(1),
                integer(self.epoch),
                optional(sized(self.client)),
                optional(sized(self.request)),
                integer(self.prefix_no or 0),
                integer(1 if self.count is None else self.count),
                integer(self.at if self.last is None else self.last),
            ]
        )


def commit(salt: bytes, name: str, value: bytes | None) -> bytes | None:
    """Returns the commitment of a value."""
    if value is None:
        return None
    field_salt = hashlib.sha256(salt + name.encode()).digest()
    return hashlib.sha256(field_salt + value).digest()


def begin(log: int, seq: int, at: int) -> bytes:
    """Returns what every leaf begins with."""
    return bytes([VERSION, log]) + integer(seq) + integer(at)


def integer(value: int) -> bytes:
    """Returns eight bytes."""
    return value.to_bytes(8, signed=True)


def sized(value: bytes | None) -> bytes | None:
    """Returns the bytes behind their length."""
    return None if value is None else len(value).to_bytes(4) + value


def optional(value: bytes | None) -> bytes:
    """Returns what may be absent."""
    return b"\x00" if value is None else b"\x01" + value


def change(number: int, **fields: Any) -> Change:
    """Returns a change with everything that a change can have."""
    full = Change(
        seq=number,
        at=AT + 1_001 * number,
        kind=KINDS[(number - 1) % len(KINDS)],
        key=(number, uuid_v7(AT + number, f"key {number}")),
        salt=sample(f"salt {number}", 16),
        actor=b"alice",
        owner=b"acct_42",
        client_ip=b"192.0.2.7",
        note=b"seen in a public repository",
        request_id=b"req-0001",
        detail=b'{"reason":"compromised"}',
    )
    return replace(full, **fields)


def changes() -> Iterator[Change]:
    """Yields changes of every kind, with every value absent once and alone once."""
    number = 0

    def following(**fields: Any) -> Change:
        nonlocal number
        number += 1
        return change(number, **fields)

    for _ in KINDS:
        yield following()
    values = ("key", *PERSONAL, "request_id")
    nothing = dict.fromkeys(values)
    yield following(**nothing, detail=b"{}")
    for name in values:
        yield following(**{name: None})
        alone = {value: None for value in values if value != name}
        yield following(**alone)
    accents, wide = "Zo\u00eb \u0141uczak", "\u7ba1\u7406\u8005 \U0001f5dd"
    for text in (accents, wide, "unix:ops", "x" * 256):
        yield following(actor=text.encode())
        yield following(owner=text.encode())
    for address in (b"2001:db8::7", b"::1", b"::ffff:192.0.2.1", b"255.255.255.255"):
        yield following(client_ip=address)
    # The same text in each field, under one salt: the commitments differ all the same.
    same = dict.fromkeys((*PERSONAL, "request_id"), b"keycask")
    yield following(**same)
    yield following(note="n\u00f6te".encode() + b"-" * 1018, request_id=b"r" * 128)
    yield following(detail='{"name":"\u00e9\\u0000\\"\\\\"}'.encode())
    yield following(detail=b'{"scopes":["' + b"a" * 5000 + b'"]}')
    yield following(salt=bytes(16))
    yield following(salt=b"\xff" * 16)
    edge = (2**63 - 1, b"\xff" * 16)
    yield following(seq=2**63 - 1, at=LAST_MS, key=edge)
    yield following(seq=2**32, at=0, key=(2**32 + 1, bytes(16)))
    yield following(seq=256, at=-1)
    yield following(seq=1, at=-62_135_596_800_000)


def uses() -> Iterator[Use]:
    """Yields uses of every outcome, single and counted, of known keys and strangers."""
    addresses = ["192.0.2.7", "2001:db8::7", "0.0.0.0", "::", "::ffff:192.0.2.1"]
    clients = [None, *(ip_address(address).packed for address in addresses)]
    requests = [None, b"req-0001", "\u8acb\u6c42".encode(), b"r" * 128]
    counts = [None, 1, 2, 2**40]
    seq = 0
    for client in clients:
        for request in requests:
            seq += 1
            yield Use(seq, AT + seq, "valid", seq * 7, 3, client, request)
    for outcome in OUTCOMES:
        seq += 1
        yield Use(seq, AT + seq, outcome, 42, seq)
    for count in counts:
        seq += 1
        last = count and AT + seq + count % MINUTE
        yield Use(seq, AT + seq, "expired", 42, 9, count=count, last=last)
    for outcome in ("malformed", "unknown"):
        for prefix_no in (None, 1, 2**32):
            seq += 1
            yield Use(
                seq,
                AT + seq,
                outcome,
                None,
                12,
                prefix_no=prefix_no,
                count=60 * seq,
                last=AT + seq + MINUTE - 1,
            )
    last_no = 2**63 - 1
    yield Use(last_no, LAST_MS, "valid", last_no, last_no)
    yield Use(1, 0, "valid", 1, 0)
    yield Use(2, -1, "revoked", 1, 0, count=2, last=0)


def table() -> Table:
    """Makes leaves.txt."""
    result = Table("leaves.txt", HEADER)
    for event in changes():
        key_no, key_id = event.key or (None, None)
        _, _, _, _, *values = astuple(event)
        result.add(
            "changes",
            event.seq,
            event.at,
            event.kind,
            event.number(),
            key_no,
            key_id,
            *values,
            *event.commitments(),
            event.leaf(),
            leaf_hash(event.leaf()),
        )
    for use in uses():
        seq, at, outcome, *values = astuple(use)
        leaf = use.leaf()
        result.add(
            "uses", seq, at, outcome, use.number(), *values, leaf, leaf_hash(leaf)
        )
    return result
