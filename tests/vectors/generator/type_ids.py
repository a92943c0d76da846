"""TypeIDs. Sources: the TypeID specification, version 0.3, and its test data."""

from .table import Table, sample

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
SUFFIX_LENGTH = 26

# Suffixes and UUIDs of the specification's valid examples.
KNOWN = [
    ("00000000000000000000000000", "00000000-0000-0000-0000-000000000000"),
    ("00000000000000000000000001", "00000000-0000-0000-0000-000000000001"),
    ("0000000000000000000000000a", "00000000-0000-0000-0000-00000000000a"),
    ("0000000000000000000000000g", "00000000-0000-0000-0000-000000000010"),
    ("00000000000000000000000010", "00000000-0000-0000-0000-000000000020"),
    ("7zzzzzzzzzzzzzzzzzzzzzzzzz", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    ("0123456789abcdefghjkmnpqrs", "0110c853-1d09-52d8-d73e-1194e95b5f19"),
    ("01h455vb4pex5vsknk084sn02q", "01890a5d-ac96-774b-bcce-b302099a8057"),
]

VALID_HEADER = """
Ids of keys and vaults: TypeIDs. The text is read as these 16 bytes, and these bytes
are written as the text.

kind    what stands before the `_`
uuid    the 16 bytes in hex
text    the id
"""

INVALID_HEADER = """
Texts that are no key's id. Reading one is refused.

text    the bytes of the text in hex; all are UTF-8
reason  what is wrong with it
"""


def encode(kind: str, uuid: bytes) -> str:
    """Returns the text of an id."""
    value = int.from_bytes(uuid)
    digits = []
    for _ in range(SUFFIX_LENGTH):
        value, digit = divmod(value, 32)
        digits.append(DIGITS[digit])
    return f"{kind}_{''.join(reversed(digits))}"


def uuid_v7(at_ms: int, label: str) -> bytes:
    """Returns a UUIDv7 of RFC 9562, section 5.7."""
    random = sample(label, 10)
    version = bytes([0x70 | random[0] & 0x0F, random[1]])
    variant = bytes([0x80 | random[2] & 0x3F])
    return at_ms.to_bytes(6) + version + variant + random[3:]


def valid_table() -> Table:
    """Makes type_ids.txt."""
    table = Table("type_ids.txt", VALID_HEADER)
    for suffix, uuid in KNOWN:
        raw = bytes.fromhex(uuid.replace("-", ""))
        if encode("key", raw) != f"key_{suffix}":
            raise AssertionError(f"the specification writes {uuid} as {suffix}")
        table.add("key", raw, f"key_{suffix}")
    # Each bit next to a border between digits or bytes, so that no shift is off by one.
    for bit in (4, 5, 7, 8, 63, 64, 65, 119, 120, 124, 125, 126, 127):
        raw = (1 << bit).to_bytes(16)
        table.add("key", raw, encode("key", raw))
    for number, at_ms in enumerate([0, 1, 1_800_000_000_000, 253_402_300_799_999]):
        for kind in ("key", "vault"):
            raw = uuid_v7(at_ms, f"type id {kind} {number}")
            table.add(kind, raw, encode(kind, raw))
    last = bytes.fromhex("ff" * 16)
    table.add("vault", last, encode("vault", last))
    return table


def invalid_table() -> Table:
    """Makes type_ids_invalid.txt."""
    table = Table("type_ids_invalid.txt", INVALID_HEADER)
    for text, reason in [*wrong_kinds(), *wrong_suffixes(), *wrong_frames()]:
        table.add(text.encode(), reason)
    return table


GOOD = "01h455vb4pex5vsknk084sn02q"


def wrong_kinds() -> list[tuple[str, str]]:
    """Returns texts with a good suffix behind something else than `key_`."""
    texts = [
        ("KEY", "uppercase_kind"),
        ("Key", "uppercase_kind"),
        ("vault", "other_kind"),
        ("prefix", "other_kind"),
        ("ke", "other_kind"),
        ("keys", "other_kind"),
        ("my_key", "other_kind"),
        ("key_key", "kind_twice"),
        ("_key", "underscore_before_kind"),
        ("key_", "underscore_after_kind"),
        ("k\u0435y", "non_ascii_kind"),
        ("12345", "digits_as_kind"),
        ("k.y", "sign_in_kind"),
        ("", "no_kind"),
    ]
    rows = [(f"{kind}_{GOOD}", reason) for kind, reason in texts]
    return [*rows, (GOOD, "no_kind_and_no_underscore")]


def wrong_suffixes() -> list[tuple[str, str]]:
    """Returns texts with something else than 26 digits behind `key_`."""
    texts = [
        ("", "no_suffix"),
        ("1234567890123456789012345", "short"),
        ("123456789012345678901234567", "long"),
        (f"0{GOOD}", "long"),
        ("1234567890123456789012345 ", "space"),
        ("0123456789ABCDEFGHJKMNPQRS", "uppercase"),
        (GOOD[:-1] + "Q", "uppercase"),
        ("123456789-123456789-123456", "hyphen"),
        ("123456789-0123456789-0123456", "hyphens_of_crockford"),
        ("ooooooiiiiiiuuuuuuulllllll", "letter_outside_alphabet"),
        ("i23456789ol23456789oi23456", "letter_of_crockford"),
        (GOOD[:12] + "\u0661" + GOOD[14:], "non_ascii"),
        (GOOD[:12] + "\u0661" + GOOD[13:], "non_ascii"),
        (GOOD[:12] + "\0" + GOOD[13:], "nul"),
        ("_" + GOOD[1:], "underscore"),
        ("/" + GOOD[1:], "sign"),
        (":" + GOOD[1:], "sign"),
        ("01890a5d-ac96-774b-bcce-b302099a8057", "uuid_instead_of_base32"),
        ("01890a5dac96774bbcceb302099a8057", "uuid_instead_of_base32"),
    ]
    texts += [
        (GOOD[:9] + letter + GOOD[10:], f"letter_{letter}") for letter in "ilouILOU"
    ]
    texts += [(first + "z" * 25, "over_128_bits") for first in "89az"]
    texts += [("8" + "0" * 25, "over_128_bits")]
    return [(f"key_{suffix}", reason) for suffix, reason in texts]


def wrong_frames() -> list[tuple[str, str]]:
    """Returns texts around a good id, or none at all."""
    good = f"key_{GOOD}"
    return [
        ("", "no_text"),
        ("_", "underscore_alone"),
        ("key", "kind_alone"),
        (f" {good}", "space_before"),
        (f"{good} ", "space_after"),
        (f"{good}\n", "newline_after"),
        (f"{good}\0", "nul_after"),
        (f"\ufeff{good}", "byte_order_mark"),
        (f"key-{GOOD}", "hyphen_as_separator"),
        (f"key{GOOD}", "no_separator"),
        (good.upper(), "uppercase"),
        (f"{good}{good}", "twice"),
    ]
