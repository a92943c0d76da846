"""Masking secrets in what a program logs."""

import logging
import traceback

from keycask._native import redact

__all__ = ["RedactingFilter"]


class RedactingFilter(logging.Filter):
    """Masks every secret of keycask's form in log records.

    In the message with its arguments, in tracebacks and stacks, and in the texts given as ``extra``. Put it
    on handlers: a logger's own filters don't see what its children log.

    >>> import logging, sys
    >>> handler = logging.StreamHandler(sys.stdout)
    >>> handler.addFilter(RedactingFilter())
    >>> logger = logging.getLogger("doctest of keycask")
    >>> logger.addHandler(handler)
    >>> logger.error("refused %s", "acme_test_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1UK3ll")
    refused acme_test_01234567…
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Masks the record in place and lets it pass."""
        _redact_message(record)
        _redact_exception(record)
        for name, value in record.__dict__.items():
            if name not in {"msg", "exc_text"} and isinstance(value, str):
                record.__dict__[name] = redact(value)
        return True


def _redact_message(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except Exception:
        # The handler reports it, with the message and the arguments.
        record.msg, record.args = redact(str(record.msg)), None
        return
    masked = redact(message)
    if masked != message:
        record.msg, record.args = masked, None


def _redact_exception(record: logging.LogRecord) -> None:
    """Formats the traceback ahead of the handler, and drops the exception itself where it held a secret."""
    text = record.exc_text
    if text is None and record.exc_info:
        text = "".join(traceback.format_exception(*record.exc_info)).removesuffix("\n")
    if text is None:
        return
    masked = redact(text)
    if masked != text:
        record.exc_text, record.exc_info = masked, None
