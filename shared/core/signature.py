"""Is this webhook FreshBooks' own?

Never raises, whatever the bytes, and never says why it refuses.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from urllib.parse import parse_qsl

MAX_FIELDS = 100


def form_fields(body: bytes) -> dict[str, str] | None:
    """Return the fields of a form body in received order, blank ones kept.

    None when the body is no form: empty, not UTF-8, no `key=value`, or with too many fields.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        return None
    return dict(pairs) or None


def sign(fields: dict[str, str], secret: str) -> bytes:
    """Return the signature FreshBooks sends for `fields` under a callback's verifier.

    FreshBooks signs a JSON object of the form fields as Python's `json.dumps` prints it, every
    value a string, in the order sent: base64 of HMAC-SHA256, keyed with the verifier's own bytes.
    """
    message = json.dumps(fields).encode("utf-8")
    return base64.b64encode(hmac.new(secret.encode("utf-8"), message, hashlib.sha256).digest())


def verify(body: bytes, signature: str | None, secrets: Sequence[str]) -> bool:
    """Say whether `signature` was made over `body` with one of `secrets`.

    Args:
        body: the request body, byte for byte.
        signature: the header `X-FreshBooks-Hmac-SHA256`; None when it is missing.
        secrets: the verifier in force, and the previous one while it is still honoured.

    Returns:
        False for any body, header or list of secrets that does not fit; all secrets are tried
        whatever the outcome, so the time does not tell which one failed.
    """
    fields = form_fields(body)
    if fields is None or not signature:
        return False
    try:
        given = signature.encode("utf-8")
        good = False
        for secret in secrets:
            if secret:
                good |= hmac.compare_digest(sign(fields, secret), given)
    except UnicodeEncodeError:  # lone surrogates in the header, the form or a secret
        return False
    return good
