"""A consent's stages, and the proof that the code it brings is used by who asked for it (PKCE).

Never stores the proof: it is made again from the app's own secret.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.core.connections import Business
from shared.core.signed_values import keyed_digest


class Stage(StrEnum):
    """How far a try to connect FreshBooks has come."""

    INVITED = "invited"  # the link exists and was not opened
    STARTED = "started"  # a browser was sent to FreshBooks
    EXCHANGING = "exchanging"  # FreshBooks sent it back, the code is being turned into tokens
    SAVED = "saved"  # the tokens are in Key Vault
    CHOOSING = "choosing"  # there are several businesses
    CONNECTED = "connected"  # the businesses are known, their webhooks follow
    FAILED = "failed"  # it ends here; start again


@dataclass(frozen=True)
class Consent:
    """One try of a person to connect FreshBooks, from the invitation to the choice of businesses.

    Attributes:
        id: random; names the connection that comes of it.
        at: when it reached its stage, UTC.
        problem: why it failed, in words for the person; "" otherwise.
        identity: FreshBooks' number of the person, 0 until it is known.
        businesses: what the person may choose from.
        wanted: the accounts that are to be synced, when they were named beforehand.
        chosen: the businesses that are synced by it.
        answered: when FreshBooks sent the browser back with a code, UTC; None before.
        version: of the stored entry; "" before it is stored.
    """

    id: str
    stage: Stage
    at: datetime
    problem: str = ""
    identity: int = 0
    businesses: tuple[Business, ...] = ()
    wanted: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    answered: datetime | None = None
    version: str = field(default="", repr=False, compare=False)


def code_verifier(secret: str, consent: str) -> str:
    """Return the PKCE code verifier of a consent (RFC 7636): 43 characters nobody can guess.

    Args:
        secret: the FreshBooks app's client secret.
        consent: the consent's id.
    """
    return keyed_digest(secret, "code verifier", consent)


def code_challenge(verifier: str) -> str:
    """Return the S256 challenge that belongs to a code verifier."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
