"""Bytes that don't have the form of a secret, each with one fault."""

import base64
import string
import unicodedata
import zlib
from collections.abc import Iterator

from .key_secrets import (
    BASE62,
    MAX_PREFIX,
    base62,
    base62_part,
    checksum,
    is_secret,
    part_for_checksum,
    with_checksum,
)
from .table import Table

HEADER = """
Bytes that don't have the form of a secret: verify says `malformed`, never an error.
Wherever it can be, the checksum is right for what stands before it, so that nothing but
the named fault is the reason.

presented  the bytes in hex; no bytes at all are `empty`
reason     what is wrong with them
"""

Fault = tuple[bytes, str]

PREFIX = "acme_live"
PART = base62_part("faulty secret")
COVERED = f"{PREFIX}_{PART}"
GOOD = with_checksum(COVERED)
BODY_ALPHABET = BASE62 + "-_"
PREFIX_ALPHABET = string.ascii_lowercase + string.digits + "_"


def table() -> Table:
    """Makes secrets_invalid.txt."""
    result = Table("secrets_invalid.txt", HEADER)
    seen: set[bytes] = set()
    for presented, reason in faults():
        if is_secret(presented) or presented in seen:
            raise AssertionError(f"{reason}: {presented!r} is good, or stands twice")
        seen.add(presented)
        result.add(presented, reason)
    return result


def faults() -> Iterator[Fault]:
    """Yields everything that is malformed."""
    yield from lengths()
    yield from prefixes()
    yield from separators()
    yield from checksums()
    yield from foreign_checksums()
    yield from typos()
    yield from ascii_characters()
    yield from other_bytes()
    yield from surroundings()


def lengths() -> Iterator[Fault]:
    """Yields what is too short or too long."""
    yield b"", "empty"
    yield b"a", "short"
    yield b"_", "short"
    yield PREFIX.encode(), "short"
    yield f"{PREFIX}_".encode(), "short"
    yield GOOD[len(PREFIX) + 1 :], "body_alone"
    yield GOOD[len(PREFIX) :], "empty_prefix"
    for length in (0, 1, 36, 37, 42):
        yield with_checksum(f"{PREFIX}_{PART[:length]}"), "short"
    yield GOOD[:-1], "short"
    yield GOOD[:-6], "no_checksum"
    yield with_checksum(COVERED + "0"), "long"
    yield with_checksum(GOOD), "long"
    yield with_checksum(f"{PREFIX}_{'0' * 100}"), "long"
    # Its position would be right and its checksum is: only its length is not.
    yield with_checksum(f"{PREFIX}_{'a' * 197}_{PART}"), "over_256_bytes"
    yield with_checksum(f"{'a' * 207}_{PART}"), "over_256_bytes"
    yield with_checksum(f"{'a' * 974}_{PART}"), "over_256_bytes"
    yield with_checksum(f"{'a' * 206}_{PART}"), "prefix_too_long"


def prefixes() -> Iterator[Fault]:
    """Yields prefixes of another form."""
    for prefix, reason in [
        ("a", "prefix_too_short"),
        ("a" * (MAX_PREFIX + 1), "prefix_too_long"),
        ("abcdefghijkl_nopqrstuvwxy", "prefix_too_long"),
        ("1acme", "leading_digit"),
        ("42", "leading_digit"),
        ("_acme", "leading_underscore"),
        ("__", "leading_underscore"),
        ("acme_", "trailing_underscore"),
        ("acme_live_", "trailing_underscore"),
        ("acme__live", "double_underscore"),
        ("Acme_live", "uppercase_prefix"),
        ("acme_Live", "uppercase_prefix"),
        ("acme_livE", "uppercase_prefix"),
        ("ACME_LIVE", "uppercase_prefix"),
    ]:
        yield with_checksum(f"{prefix}_{PART}"), reason
    sum_of_another = GOOD[-6:]
    for prefix in ("acme_test", "acme", "acmelive", "acme_live2"):
        changed = f"{prefix}_{PART}".encode() + sum_of_another
        yield changed, "prefix_changed_with_old_checksum"


def separators() -> Iterator[Fault]:
    """Yields what has no `_` where it must stand."""
    yield with_checksum(f"{PREFIX}{PART}"), "missing_underscore"
    yield with_checksum(f"acmelive{PART}"), "missing_underscore"
    yield with_checksum(f"{PREFIX}a{PART}"), "missing_underscore"
    for sign in "-.:~ ":
        yield with_checksum(f"{PREFIX}{sign}{PART}"), "other_separator"
    yield with_checksum(f"{PREFIX}%5F{PART}"), "percent_encoded_underscore"
    # Who splits at the first `_` finds a prefix and 43 characters here.
    yield with_checksum(f"acme_{'_' * 44}"), "long"


def checksums() -> Iterator[Fault]:
    """Yields wrong digits where the checksum stands."""
    value = zlib.crc32(COVERED.encode())
    digits = base62(value)
    reordered = string.digits + string.ascii_lowercase + string.ascii_uppercase
    for wrong, reason in [
        (base62(value ^ 1), "wrong_checksum"),
        (base62(value ^ 1 << 31), "wrong_checksum"),
        (base62(value + 62), "wrong_checksum"),
        ("0" * 6, "wrong_checksum"),
        ("z" * 6, "wrong_checksum"),
        (base62(value + 2**32), "checksum_over_32_bits"),
        (digits[::-1], "reversed_checksum"),
        (digits[1] + digits[0] + digits[2:], "swapped_checksum_digits"),
        (digits[:4] + digits[5] + digits[4], "swapped_checksum_digits"),
        (digits.upper(), "checksum_in_uppercase"),
        (digits.lower(), "checksum_in_lowercase"),
        (digits.translate(str.maketrans(BASE62, reordered)), "lowercase_digits_first"),
        (checksum(base62_part("another").encode()), "checksum_of_another_secret"),
        (f"{value:08x}", "checksum_in_hex"),
        (f"{value:010}", "checksum_in_decimal"),
    ]:
        yield f"{COVERED}{wrong}".encode(), reason
    yield f"{PREFIX}_{digits}{PART}".encode(), "checksum_before_random_part"
    # Of a secret whose checksum is 00000z.
    padded = f"{PREFIX}_{part_for_checksum(PREFIX, 'padding', 61)}"
    for wrong, reason in [
        ("0000z", "checksum_without_all_padding"),
        ("z", "checksum_without_padding"),
        ("z00000", "checksum_padded_on_the_right"),
        ("AAAAAz", "checksum_padded_with_another_digit"),
        ("-----z", "hyphen_minus_in_checksum"),
        ("_____z", "underscore_in_checksum"),
        ("     z", "space_in_checksum"),
        ("+0000z", "plus_sign_in_checksum"),
        ("0000\0z", "nul_in_checksum"),
        ("0000z\n", "newline_in_checksum"),
        ("0000z=", "equals_sign_in_checksum"),
        ("0000/z", "solidus_in_checksum"),
    ]:
        yield f"{padded}{wrong}".encode(), reason


def foreign_checksums() -> Iterator[Fault]:
    """Yields checksums of another kind, or of another part of the text."""
    covered = COVERED.encode()
    crc = zlib.crc32(covered)
    for value, reason in [
        (zlib.adler32(covered), "adler_32"),
        (crc_32c(covered), "crc_32c"),
        (crc ^ 0xFFFFFFFF, "crc_without_final_xor"),
        (int.from_bytes(crc.to_bytes(4), "little"), "crc_in_other_byte_order"),
        (zlib.crc32(PART.encode()), "crc_of_random_part_alone"),
        (zlib.crc32(f"_{PART}".encode()), "crc_of_body_with_underscore"),
        (zlib.crc32(f"{PREFIX}{PART}".encode()), "crc_without_underscore"),
        (zlib.crc32(covered + b"\0"), "crc_with_final_nul"),
        (zlib.crc32(covered + b"000000"), "crc_of_whole_with_zeros"),
    ]:
        yield covered + base62(value).encode(), reason


def crc_32c(data: bytes) -> int:
    """Returns the CRC of iSCSI, which differs by its polynomial alone."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def typos() -> Iterator[Fault]:
    """Yields a good secret with a slip."""
    text = GOOD.decode()
    first = len(PREFIX) + 1
    for place in (first, first + 21, first + 42):
        other = BASE62[(BASE62.index(text[place]) + 1) % 62]
        yield replaced(text, place, other), "one_random_character_changed"
    swapped = text[:20] + text[21] + text[20] + text[22:]
    yield swapped.encode(), "two_random_characters_swapped"
    yield f"{text[:first]}{text[first + 1 :]}0".encode(), "random_part_shifted"
    yield text.upper().encode(), "all_uppercase"
    yield text.lower().encode(), "all_lowercase"
    yield text.replace("_", "-").encode(), "hyphens_for_underscores"


def ascii_characters() -> Iterator[Fault]:
    """Yields each ASCII character where it must not stand."""
    for character in map(chr, range(128)):
        name = character_name(character)
        if character not in BODY_ALPHABET:
            covered = replaced(COVERED, len(PREFIX) + 21, character)
            yield with_checksum(covered), f"{name}_in_random_part"
        if character not in PREFIX_ALPHABET:
            covered = replaced(COVERED, 2, character)
            yield with_checksum(covered), f"{name}_in_prefix"


def other_bytes() -> Iterator[Fault]:
    """Yields what is not ASCII, or not text."""
    lookalikes = {
        "e_acute": "\u00e9",
        "dotless_i": "\u0131",
        "long_s": "\u017f",
        "kelvin_sign": "\u212a",
        "cyrillic_a": "\u0430",
        "arabic_indic_digit": "\u0661",
        "fullwidth_digit": "\uff11",
        "mathematical_digit": "\U0001d7d8",
        "zero_width_space": "\u200b",
        "no_break_space": "\u00a0",
        "next_line": "\u0085",
        "soft_hyphen": "\u00ad",
    }
    broken = {
        "lone_continuation": b"\x80",
        "lone_start": b"\xc3",
        "byte_ff": b"\xff",
        "overlong_nul": b"\xc0\x80",
        "surrogate": b"\xed\xa0\x80",
        "over_unicode": b"\xf4\x90\x80\x80",
    }
    raw = COVERED.encode()
    named = {f"non_ascii_{name}": text.encode() for name, text in lookalikes.items()}
    named |= {f"not_utf8_{name}": data for name, data in broken.items()}
    # Once with the right number of bytes, and once with that of characters.
    for name, data in named.items():
        for place, where in [(2, "prefix"), (len(PREFIX) + 21, "random_part")]:
            for width in sorted({1, len(data)}):
                covered = raw[:place] + data + raw[place + width :]
                yield with_checksum(covered), f"{name}_in_{where}"


def surroundings() -> Iterator[Fault]:
    """Yields a good secret with something around it, or in another wrapping."""
    for before, reason in [
        (b"\n", "leading_newline"),
        (b" ", "leading_space"),
        (b"\0", "leading_nul"),
        (b"_", "leading_underscore"),
        (b"\xef\xbb\xbf", "byte_order_mark"),
        (b'"', "leading_quotation_mark"),
        (b"Bearer ", "authorization_scheme"),
    ]:
        yield with_checksum(before + COVERED.encode()), reason
        yield before + GOOD, f"{reason}_with_old_checksum"
    for after, reason in [
        (b"\n", "trailing_newline"),
        (b"\r\n", "trailing_newline"),
        (b" ", "trailing_space"),
        (b"\t", "trailing_tab"),
        (b"\0", "trailing_nul"),
        (b"=", "trailing_equals_sign"),
        (b"_", "trailing_underscore_behind_checksum"),
        (b'"', "trailing_quotation_mark"),
        (GOOD, "secret_twice"),
        (b"," + GOOD, "secret_twice"),
        (b"\n" + GOOD, "secret_twice"),
    ]:
        yield GOOD + after, reason
    for quoted in ('"{}"', "'{}'", "<{}>"):
        yield quoted.format(GOOD.decode()).encode(), "quoted"
    yield GOOD.decode().encode("utf-16-le"), "utf_16"
    yield base64.b64encode(GOOD), "base64_of_secret"
    yield GOOD.hex().encode(), "hex_of_secret"
    yield b"\0" * len(GOOD), "nul"
    yield b"\xff" * len(GOOD), "not_utf8"


def replaced(text: str, place: int, other: str) -> bytes:
    """Returns the text with one character replaced."""
    return f"{text[:place]}{other}{text[place + 1 :]}".encode()


def character_name(character: str) -> str:
    """Returns the name of an ASCII character in snake_case."""
    if character == "\0":
        return "nul"
    if unicodedata.category(character) == "Cc":
        return "control_character"
    if character.isupper():
        return "uppercase"
    return unicodedata.name(character).lower().replace(" ", "_").replace("-", "_")
