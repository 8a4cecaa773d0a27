"""One webhook as it travels: the form, in no promised order, and its signature.

Never sends anything.
"""

import base64
import hashlib
import hmac
import json
import random
import string
from collections.abc import Mapping
from urllib.parse import urlencode

from sandbox.freshbooks.businesses import Business, Identity

SIGNATURE = "X-FreshBooks-Hmac-SHA256"


def new_verifier(drawing: random.Random) -> str:
    """Draw a verification code: 31 to 34 letters and digits of both cases."""
    letters = string.ascii_letters + string.digits
    return "".join(drawing.choices(letters, k=drawing.randint(31, 34)))


def handshake_form(business: Business, callback: int, verifier: str) -> dict[str, str]:
    """Return what a new registration is sent: its verification code."""
    return {
        "name": "callback.verify",
        "object_id": str(callback),
        "verifier": verifier,
        "account_id": business.account_id,
        "user_id": "1",
        "system": business.system,
    }


def event_form(business: Business, name: str, record: int, actor: Identity) -> dict[str, str]:
    """Return the news of one change: what happened to which record, and who did it."""
    member = business.members.get(actor.id)
    return {
        "name": name,
        "object_id": str(record),
        "account_id": business.account_id,
        "business_id": str(business.id),
        "identity_id": str(actor.id),
        "user_id": str(member.userid if member else 1),
    }


def sign(fields: Mapping[str, str], verifier: str) -> str:
    """Return the signature header's value: base64 of HMAC-SHA256.

    The message is `json.dumps` of the form's fields in the order sent; the key is the verifier's
    bytes as they are, although the documentation calls it base64.
    """
    message = json.dumps(dict(fields)).encode()
    return base64.b64encode(hmac.new(verifier.encode(), message, hashlib.sha256).digest()).decode()


def shuffled(fields: Mapping[str, str], drawing: random.Random) -> dict[str, str]:
    """Return the fields in another order; none is promised, and several have been seen."""
    names = list(fields)
    drawing.shuffle(names)
    return {name: fields[name] for name in names}


def post(fields: Mapping[str, str], verifier: str) -> tuple[bytes, dict[str, str]]:
    """Return the body and headers of a delivery."""
    return urlencode(fields).encode(), {
        "Content-Type": "application/x-www-form-urlencoded",
        SIGNATURE: sign(fields, verifier),
        "User-Agent": "FreshHooks/sandbox",
        "Accept": "*/*",
    }
