"""Guards against a secret in anything that a program prints, logs, pickles or reports."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import keycask
import pytest
from conftest import SECRET, secret_of

if TYPE_CHECKING:
    from collections.abc import Callable


def shown(value: object) -> str:
    return f"{value!r} {value!s} {value} {[value]!r}"


def test_what_can_be_printed_holds_no_secret(vault: keycask.Vault, issued: keycask.Issued) -> None:
    secret = secret_of(issued)
    new = vault.rotate(issued.key.id, actor="alice")
    key = vault.verify(secret)
    things: list[Any] = [
        issued,
        issued.key,
        key,
        new,
        new.key,
        vault,
        *vault.keys(),
        *vault.changes(),
        *vault.uses(),
    ]
    things += [*vault.notices(), *vault.due(), vault.stats(), vault.policy(), vault.check(deep=True)]
    for thing in things:
        assert not SECRET.search(shown(thing)), type(thing)
    records: list[Any] = [key, *vault.changes(), *vault.uses(), *vault.notices()]
    for record in records:
        assert not SECRET.search(record.to_json())
        assert json.loads(record.to_json()) == record.to_dict()
    assert key.start in repr(key)
    assert key.start == secret[: len(key.start)]


def test_issued_is_never_pickled_or_copied(issued: keycask.Issued) -> None:
    calls: list[Callable[[], Any]] = [
        *(lambda protocol=protocol: pickle.dumps(issued, protocol) for protocol in range(6)),
        lambda: copy.copy(issued),
        lambda: copy.deepcopy(issued),
        lambda: copy.deepcopy({"nested": [issued]}),
        lambda: vars(issued),
    ]
    for call in calls:
        with pytest.raises(TypeError) as raised:
            call()
        assert not SECRET.search(str(raised.value))
    with pytest.raises((AttributeError, TypeError)):
        issued.note = "x"  # type: ignore[attr-defined]


def test_errors_and_tracebacks_hold_no_secret(vault: keycask.Vault, issued: keycask.Issued) -> None:
    secret = secret_of(issued)
    vault.revoke(issued.key.id, actor="alice")
    wrong: Any = secret
    calls: list[Callable[[], Any]] = [
        lambda: vault.verify(wrong),
        lambda: vault.verify(wrong, scopes=wrong),
        lambda: vault.verify(wrong, client_ip=wrong),
        lambda: vault.verify(wrong[:-1] + "é"),
        lambda: vault.key(wrong),
        lambda: vault.rotate(wrong, actor="alice"),
        lambda: vault.revoke_secret("acme_live_x", actor="alice"),
        lambda: vault.create_key(wrong, actor="alice"),
        lambda: vault.create_key("acme_live", encoding=wrong, actor="alice"),
        lambda: vault.create_key("acme_live", expires_at=wrong, actor="alice"),
        lambda: vault.create_key("acme_live", scopes=wrong, actor="alice"),
        lambda: vault.revoke(issued.key.id, reason=wrong, actor="alice"),
        lambda: vault.ack(wrong),
        lambda: vault.keys(state=wrong),
        lambda: vault.changes(kind=wrong),
        lambda: vault.import_keys(f'{{"digest": "{wrong}"}}', scheme=wrong, actor="alice"),
    ]
    for call in calls:
        with pytest.raises((keycask.KeycaskError, TypeError)) as raised:
            call()
        text = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
        assert not SECRET.search(text), text


def test_redact_masks_and_leaves_the_rest() -> None:
    secret = "acme_test_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1UK3ll"
    assert keycask.redact(f"Bearer {secret}, once") == "Bearer acme_test_01234567…, once"
    assert keycask.redact("GET /reports") == "GET /reports"


class LeakingError(Exception):
    """Carries a secret, as a client library's error does that repeats a header."""


def logged(secret: str, formatter: logging.Formatter | None = None) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter or logging.Formatter("%(message)s %(token)s", defaults={"token": "-"}))
    handler.addFilter(keycask.RedactingFilter())
    logger = logging.Logger("of the test")
    logger.addHandler(handler)
    logger.warning("refused %s", secret)
    logger.warning("refused %(presented)s and %(other)d", {"presented": secret, "other": 7})
    logger.warning(f"refused {secret}")
    logger.warning("extra", extra={"token": secret})
    logger.warning({"an": "object", "with": secret})
    try:
        raise LeakingError(secret)
    except LeakingError:
        logger.exception("failed", stack_info=True)
    return stream.getvalue()


def test_the_filter_masks_messages_arguments_extras_and_tracebacks(secret: str) -> None:
    text = logged(secret)
    assert secret not in text
    assert not SECRET.search(text)
    assert text.count(secret[:18] + "…") == 6
    assert "LeakingError: " in text
    assert "and 7" in text


def test_the_filter_leaves_other_records_as_they_are() -> None:
    record = logging.LogRecord("n", logging.INFO, "f", 1, "served %s", ("acct_42",), None)
    assert keycask.RedactingFilter().filter(record)
    assert record.args == ("acct_42",)
    assert record.getMessage() == "served acct_42"
    broken = logging.LogRecord("n", logging.INFO, "f", 1, "served %d %d", ("acct_42",), None)
    assert keycask.RedactingFilter().filter(broken)


def test_the_vaults_of_several_peppers_show_none(path: Any) -> None:
    pepper = b"pepper of at least thirty-two bytes"
    with keycask.Vault(path, create=True, pepper=pepper) as vault:
        assert "thirty" not in shown(vault)
    with pytest.raises(keycask.PepperError) as raised:
        keycask.Vault(path, pepper=b"a second of at least thirty-two bytes")
    assert "thirty" not in str(raised.value)
