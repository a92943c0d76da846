"""Secrets: their form and their digest."""

import base64
import hashlib
import re
import string
import zlib
from itertools import product

from .table import Table, sample, stream

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 43
CHECKSUM_LENGTH = 6
START_LENGTH = 8
MAX_PRESENTED = 256
MAX_PREFIX = 24

HEADER = """
Texts that have the form of a secret. They belong to no key: verify says `unknown`.

secret    the whole text
prefix    what stands before the last 49 characters and their `_`
encoding  how the 43 random characters are written: base62 or base64url
start     the prefix, `_` and the first 8 random characters: what may be shown
digest    SHA-256 of the secret in hex: what is stored
"""

FORM = re.compile(
    rb"([a-z][a-z0-9]*(?:_[a-z0-9]+)*)_([0-9A-Za-z_-]{43})([0-9A-Za-z]{6})"
)


def base62(value: int) -> str:
    """Returns a number in base62, padded on the left with 0 to six digits."""
    digits = ""
    while value:
        value, digit = divmod(value, 62)
        digits = BASE62[digit] + digits
    return digits.rjust(CHECKSUM_LENGTH, "0")


def checksum(covered: bytes) -> str:
    """Returns the checksum of what stands before it."""
    return base62(zlib.crc32(covered))


def with_checksum(covered: str | bytes) -> bytes:
    """Returns the text with its checksum behind it."""
    raw = covered.encode() if isinstance(covered, str) else covered
    return raw + checksum(raw).encode()


def is_secret(presented: bytes) -> bool:
    """Tells whether these bytes have the form of a secret."""
    found = FORM.fullmatch(presented)
    if not found or len(presented) > MAX_PRESENTED:
        return False
    prefix_fits = 2 <= len(found[1]) <= MAX_PREFIX
    return prefix_fits and with_checksum(presented[:-CHECKSUM_LENGTH]) == presented


def base62_part(label: str) -> str:
    """Returns 43 random characters of base62, each drawn by rejection."""
    drawn = (BASE62[byte % 62] for byte in stream(label) if byte < 248)
    return "".join(next(drawn) for _ in range(RANDOM_LENGTH))


def base64url_part(label: str, **places: str) -> str:
    """Returns 32 random bytes in base64url, some places of it overwritten."""
    part = base64.urlsafe_b64encode(sample(label, 32)).decode().rstrip("=")
    for place, text in places.items():
        at = int(place.removeprefix("at"))
        part = part[:at] + text + part[at + len(text) :]
    return part


def part_for_checksum(prefix: str, label: str, value: int) -> str:
    """Returns 43 random characters whose checksum has this value.

    CRC-32 is affine: changes in two places of a text add up by XOR. So all endings of
    one place are tabulated, and those of the other looked up.
    """
    part = base62_part(label)
    head, middle, tail = part[:-6], part[-6:-3], part[-3:]
    begin = zlib.crc32(f"{prefix}_{head}".encode())
    base = zlib.crc32((middle + tail).encode(), begin)
    endings = ["".join(three) for three in product(BASE62, repeat=3)]
    table = {zlib.crc32((three + tail).encode(), begin): three for three in endings}
    for three in endings:
        wanted = value ^ base ^ zlib.crc32((middle + three).encode(), begin)
        if wanted in table:
            return head + table[wanted] + three
    raise AssertionError(f"no part of {prefix} has the checksum {value}")


def valid_parts() -> list[tuple[str, str, str]]:
    """Returns prefixes, encodings and random parts."""
    names = ["ab", "a1", "z_9", "acme_live", "acme_test", "a2_3b_c4d5", "x_0_0_0"]
    names += ["abcdefghijklmnopqrstuvwx", "a23456789_bcdefgh_4_ijkl"]
    rows = [(name, "base62", base62_part(f"base62 {name}")) for name in names]
    rows += [
        ("acme_live", "base62", BASE62[:RANDOM_LENGTH]),
        ("acme_live", "base62", BASE62[-RANDOM_LENGTH:]),
        ("acme_live", "base62", "0" * RANDOM_LENGTH),
        ("acme_live", "base62", "z" * RANDOM_LENGTH),
        ("acme_live", "base62", ("acmelive" * 6)[:RANDOM_LENGTH]),
    ]
    # Every number of leading zeros, both ends of the range, and the first carry.
    for value in [0, 1, 61, 62, 62**2, 62**3, 62**4, 62**5 - 1, 62**5, 2**32 - 1]:
        part = part_for_checksum("acme_live", f"checksum {value}", value)
        rows.append(("acme_live", "base62", part))
    rows += [("acme_live", "base64url", part) for part in base64url_parts()]
    # `acme_live_` and 38 characters more: by position the prefix is `acme`.
    rows.append(("acme", "base64url", base64url_part("short prefix", at0="live_")))
    rows.append(("ab", "base64url", base64url_part("two", at0="_", at2="_")))
    longest = "abcdefghijklmnopqrst_2_y"
    rows.append((longest, "base64url", base64url_part("longest", at0="__")))
    return rows


def base64url_parts() -> list[str]:
    """Returns random parts with `-` and `_` wherever 32 bytes can put them.

    The last of the 43 characters carries four bits, so it is never `-` or `_`.
    """
    parts = [base64url_part(f"base64url {number}") for number in range(3)]
    encode = base64.urlsafe_b64encode
    parts += [encode(bytes([byte]) * 32).decode().rstrip("=") for byte in (0, 0xFF)]
    parts += [
        base64url_part("first", at0="_"),
        base64url_part("first", at0="-"),
        base64url_part("last", at41="_"),
        base64url_part("last", at41="-"),
        base64url_part("both", at0="_", at41="_"),
        base64url_part("doubled", at20="__"),
        base64url_part("doubled at the seam", at0="__"),
        base64url_part("own prefix", at0="acme_live_"),
        base64url_part("own prefix inside", at9="_acme_live_"),
        base64url_part("seam inside", at36="_a"),
        base64url_part("hyphens", at10="--", at30="-_-_"),
        "-_" * 21 + "0",
    ]
    for part in parts:
        if encode(base64.urlsafe_b64decode(part + "=")).decode() != part + "=":
            raise AssertionError(f"{part} is not how 32 bytes are written")
    return parts


def table() -> Table:
    """Makes secrets_valid.txt."""
    result = Table("secrets_valid.txt", HEADER)
    for prefix, encoding, part in valid_parts():
        secret = with_checksum(f"{prefix}_{part}")
        if not is_secret(secret):
            raise AssertionError(f"{secret!r} should have the form of a secret")
        start = f"{prefix}_{part[:START_LENGTH]}"
        digest = hashlib.sha256(secret).digest()
        result.add(secret.decode(), prefix, encoding, start, digest)
    return result
