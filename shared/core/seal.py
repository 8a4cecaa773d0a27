"""Values that come back from outside unchanged, or not at all: keyed marks and seals.

Never raises on what comes back, whatever it is, and never hides a value: a seal can be read.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime


def mark(secret: str, purpose: str, value: str) -> str:
    """Return 43 characters that only who holds `secret` can make of a value, for one purpose."""
    message = f"{purpose}\n{value}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(secret.encode(), message, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def same(given: str, expected: str) -> bool:
    """Compare in constant time; never raises."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def seal(secret: str, purpose: str, value: str, *, until: datetime) -> str:
    """Return a value with its end and a mark; fit for a URL or a cookie.

    Args:
        secret: who holds it can seal.
        purpose: what the seal is for; it opens for nothing else.
        value: letters, digits and hyphens.
        until: when it ends, UTC.
    """
    text = f"{value}.{int(until.timestamp())}"
    return f"{text}.{mark(secret, purpose, text)}"


def unseal(sealed: str, secret: str, purpose: str, *, now: datetime) -> str | None:
    """Return the sealed value, None when it was not sealed for this purpose or has ended."""
    text, _, given = sealed.rpartition(".")
    if not same(given, mark(secret, purpose, text)):
        return None
    value, _, end = text.rpartition(".")
    return value if datetime.fromtimestamp(int(end), UTC) > now else None
