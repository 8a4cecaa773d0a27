"""Values that come back from outside unchanged, or not at all: signed, for a purpose, for a while.

Never raises on what comes back, whatever it is, and never hides a value: anybody can read it.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime


def keyed_digest(secret: str, purpose: str, value: str) -> str:
    """Return 43 characters that only who holds `secret` can make of a value, for one purpose."""
    message = f"{purpose}\n{value}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(secret.encode(), message, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def digests_equal(given: str, expected: str) -> bool:
    """Compare in constant time; never raises."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def is_keyed_digest(given: str, secret: str, purpose: str, value: str, *, length: int = 43) -> bool:
    """Say whether `given` is the beginning, of that length, of a value's keyed digest."""
    return digests_equal(given, keyed_digest(secret, purpose, value)[:length])


def sign_until(secret: str, purpose: str, value: str, *, until: datetime) -> str:
    """Return a value with its end and a signature; fit for a URL or a cookie.

    Args:
        secret: who holds it can sign.
        purpose: what the value is signed for; it counts for nothing else.
        value: letters, digits and hyphens.
        until: when it ends, UTC.
    """
    text = f"{value}.{int(until.timestamp())}"
    return f"{text}.{keyed_digest(secret, purpose, text)}"


def read_signed(secret: str, purpose: str, given: str, *, now: datetime) -> str | None:
    """Return a signed value, None when it was not signed for this purpose or has ended."""
    text, _, signature = given.rpartition(".")
    if not is_keyed_digest(signature, secret, purpose, text):
        return None
    value, _, end = text.rpartition(".")
    return value if datetime.fromtimestamp(int(end), UTC) > now else None
