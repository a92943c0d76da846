"""What verify finds, and which of several faults it tells."""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from .table import Table

CREATED = 1_800_000_000_000
SECOND = 1_000
HOUR = 3_600_000
MAX_GRACE = 7 * 24 * HOUR
LAST_MS = 253_402_300_799_999

HEADER = f"""
Outcomes of verify. Every key was created at {CREATED}. A key with a grace_until was
rotated at that same time with what is left until grace_until as its grace (at most
7 days); after that it was disabled, then revoked, where the row says so.

name           of the row
now            when it is verified
not_before     of the key, or -
expires_at     of the key, or -
grace_until    of the key, or - where it was not rotated
disabled       1 where it is
revoked        1 where it is
key_prefix     of the key
key_scopes     of the key, separated by spaces, or -
want_prefix    that verify demands, or -
want_scopes    that verify demands, in this order, separated by spaces, or -
outcome        one word
missing_scope  the first demanded scope that the key lacks, where that is the outcome

The rows named after faults are all combinations of them. A key can't be expired and not
yet valid at once: its not_before is before its expires_at.
"""


@dataclass(frozen=True)
class Case:
    """A key and a request."""

    now: int = CREATED + 10 * HOUR
    not_before: int | None = None
    expires_at: int | None = None
    grace_until: int | None = None
    disabled: bool = False
    revoked: bool = False
    key_prefix: str = "acme_live"
    key_scopes: str | None = "reports:read users:*"
    want_prefix: str | None = "acme_live"
    want_scopes: str | None = "reports:read"


# The faults in the order of precedence, each with what brings it about.
FAULTS: dict[str, dict[str, Any]] = {
    "revoked": {"revoked": True},
    "rotated_out": {"grace_until": CREATED + 2 * HOUR},
    "expired": {"expires_at": CREATED + 3 * HOUR},
    "disabled": {"disabled": True},
    "not_yet_valid": {"not_before": CREATED + 20 * HOUR},
    "wrong_prefix": {"want_prefix": "acme_test"},
    "missing_scope": {"want_scopes": "reports:write"},
}


def judge(case: Case) -> tuple[str, str | None]:
    """Returns the outcome and the missing scope."""
    faults = {
        "revoked": case.revoked,
        "rotated_out": case.grace_until is not None and case.now >= case.grace_until,
        "expired": case.expires_at is not None and case.now >= case.expires_at,
        "disabled": case.disabled,
        "not_yet_valid": case.not_before is not None and case.now < case.not_before,
        "wrong_prefix": case.want_prefix not in (None, case.key_prefix),
        "missing_scope": missing_scope(case) is not None,
    }
    found = next((fault for fault in FAULTS if faults[fault]), "valid")
    return found, missing_scope(case) if found == "missing_scope" else None


def missing_scope(case: Case) -> str | None:
    """Returns the first demanded scope that no scope of the key covers."""
    granted = (case.key_scopes or "").split()
    wanted = (case.want_scopes or "").split()
    return next((w for w in wanted if not any(covers(g, w) for g in granted)), None)


def covers(granted: str, wanted: str) -> bool:
    """Tells whether a scope covers another: `a:*` covers `a:b`."""
    if granted == wanted:
        return True
    parents = [wanted[:at] for at, sign in enumerate(wanted) if sign == ":"]
    return granted.endswith(":*") and granted.removesuffix(":*") in parents


def combined() -> list[tuple[str, Case, str]]:
    """Returns every combination of faults that a key can have."""
    rows = [("valid", Case(), "valid")]
    for size in range(1, len(FAULTS) + 1):
        for faults in combinations(FAULTS, size):
            if {"expired", "not_yet_valid"} <= set(faults):
                continue
            changes = {k: v for fault in faults for k, v in FAULTS[fault].items()}
            case = replace(Case(), **changes)
            rows.append(("_and_".join(faults), case, faults[0]))
    return rows


def in_the_window() -> list[tuple[str, Case, str]]:
    """Returns the faults that a superseded key can have inside its grace window."""
    rows = [("superseded", Case(grace_until=CREATED + 11 * HOUR), "valid")]
    for fault, changes in FAULTS.items():
        if fault not in ("rotated_out", "expired"):
            case = Case(grace_until=CREATED + 11 * HOUR)
            case = replace(case, **changes)
            rows.append((f"superseded_and_{fault}", case, fault))
    return rows


def borders() -> list[tuple[str, Case, str]]:
    """Returns the milliseconds on both sides of each point in time."""
    now = Case().now
    both = Case(expires_at=now, grace_until=now)
    later = Case(expires_at=now + 1, grace_until=now + 1)
    begun = Case(not_before=now, expires_at=now + 1)
    over = Case(not_before=now - 1, expires_at=now)
    return [
        ("one_ms_before_expires_at", Case(expires_at=now + 1), "valid"),
        ("at_expires_at", Case(expires_at=now), "expired"),
        ("one_ms_after_expires_at", Case(expires_at=now - 1), "expired"),
        ("one_ms_before_grace_until", Case(grace_until=now + 1), "valid"),
        ("at_grace_until", Case(grace_until=now), "rotated_out"),
        ("one_ms_after_grace_until", Case(grace_until=now - 1), "rotated_out"),
        ("one_ms_before_not_before", Case(not_before=now + 1), "not_yet_valid"),
        ("at_not_before", Case(not_before=now), "valid"),
        ("one_ms_after_not_before", Case(not_before=now - 1), "valid"),
        ("at_creation", Case(now=CREATED), "valid"),
        (
            "grace_of_none_at_once",
            Case(now=CREATED, grace_until=CREATED),
            "rotated_out",
        ),
        ("at_grace_until_and_expires_at", both, "rotated_out"),
        ("one_ms_before_grace_until_and_expires_at", later, "valid"),
        ("valid_for_one_ms", begun, "valid"),
        ("one_ms_over", over, "expired"),
        ("longest_grace", Case(grace_until=CREATED + MAX_GRACE), "valid"),
        ("one_ms_before_the_year_10000", Case(expires_at=LAST_MS), "valid"),
        ("not_before_the_year_9999", Case(not_before=LAST_MS), "not_yet_valid"),
    ]


def demands() -> list[tuple[str, Case, str]]:
    """Returns requests that a good key fulfils or not."""
    rows = [("no_demands", Case(want_prefix=None, want_scopes=None), "valid")]
    for name, prefix in [
        ("prefix_cut_at_underscore", "acme"),
        ("prefix_with_more", "acme_live2"),
        ("prefix_of_other_environment", "acme_test"),
        ("prefix_without_underscore", "acmelive"),
    ]:
        rows.append((name, Case(want_prefix=prefix), "wrong_prefix"))
    for name, granted, wanted, outcome in [
        ("no_scope_demanded_of_none", None, None, "valid"),
        ("no_scope_demanded_of_one", "a:b", None, "valid"),
        ("scope_demanded_of_none", None, "a:b", "missing_scope"),
        ("same_scope", "a:b", "a:b", "valid"),
        ("scope_without_colon", "admin", "admin", "valid"),
        ("scope_in_other_case", "a:b", "a:B", "missing_scope"),
        ("scope_with_more", "a:b", "a:bc", "missing_scope"),
        ("scope_with_less", "a:bc", "a:b", "missing_scope"),
        ("scope_below_without_star", "a:b", "a:b:c", "missing_scope"),
        ("scope_above", "a:b:c", "a:b", "missing_scope"),
        ("star_covers_one_below", "a:*", "a:b", "valid"),
        ("star_covers_two_below", "a:*", "a:b:c", "valid"),
        ("star_does_not_cover_its_stem", "a:*", "a", "missing_scope"),
        ("star_does_not_cover_longer_stem", "a:*", "ab:c", "missing_scope"),
        ("star_does_not_cover_longer_word", "a:*", "ab", "missing_scope"),
        ("star_is_covered_by_itself", "a:*", "a:*", "valid"),
        ("star_is_not_covered_by_one_below", "a:b", "a:*", "missing_scope"),
        ("star_below_covers_three_deep", "a:b:*", "a:b:c", "valid"),
        ("star_below_does_not_cover_above", "a:b:*", "a:b", "missing_scope"),
        ("star_below_does_not_cover_beside", "a:b:*", "a:c", "missing_scope"),
        ("star_is_no_pattern_in_the_demand", "a:b c:d", "c:*", "missing_scope"),
        ("all_of_three", "a:b c:* d", "d a:b c:e", "valid"),
        ("second_of_three_missing", "a:b c:d", "a:b x:y c:d", "missing_scope"),
        ("first_missing_is_told", "a:b", "z:z m:m a:b", "missing_scope"),
    ]:
        rows.append((name, Case(key_scopes=granted, want_scopes=wanted), outcome))
    return rows


def check(name: str, case: Case, outcome: str) -> None:
    """Refuses a row that the specification contradicts, or that no vault can hold."""
    found, _ = judge(case)
    if found != outcome:
        raise AssertionError(f"{name}: {outcome} is expected, {found} is right")
    end = LAST_MS + 1 if case.expires_at is None else case.expires_at
    grace_until = CREATED if case.grace_until is None else case.grace_until
    if end <= max(CREATED, case.not_before or CREATED):
        raise AssertionError(f"{name}: the key could never be used")
    if not CREATED <= grace_until <= min(end, CREATED + MAX_GRACE):
        raise AssertionError(f"{name}: no rotation makes this grace_until")
    if case.disabled and case.grace_until == CREATED:
        raise AssertionError(f"{name}: a key that is rotated out can't be disabled")


def table() -> Table:
    """Makes outcomes.txt."""
    result = Table("outcomes.txt", HEADER)
    for name, case, outcome in [
        *combined(),
        *in_the_window(),
        *borders(),
        *demands(),
    ]:
        check(name, case, outcome)
        result.add(name, *vars(case).values(), *judge(case))
    return result
