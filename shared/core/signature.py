"""Is this webhook FreshBooks' own?

Never raises, whatever the bytes, and never says why it refuses.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence


def sign(fields: Mapping[str, str], secret: str) -> bytes:
    """Return the signature FreshBooks sends for `fields` under a callback's verifier.

    FreshBooks signs a JSON object of the form fields as Python's `json.dumps` prints it, every
    value a string, in the order sent: base64 of HMAC-SHA256, keyed with the verifier's own bytes.
    """
    message = json.dumps(dict(fields)).encode("utf-8")
    return base64.b64encode(hmac.new(secret.encode("utf-8"), message, hashlib.sha256).digest())


def verify(fields: Mapping[str, str], signature: str | None, secrets: Sequence[str]) -> bool:
    """Say whether `signature` was made over `fields` with one of `secrets`.

    Args:
        fields: of the form, in the order received, blank ones kept.
        signature: the header `X-FreshBooks-Hmac-SHA256`; None when it is missing.
        secrets: the verifier in force, and the previous one while it is still honoured.

    Returns:
        False for any form, header or list of secrets that does not fit; all secrets are tried
        whatever the outcome, so the time does not tell which one failed.
    """
    if not signature:
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
