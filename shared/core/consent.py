"""A try to connect FreshBooks: its stages, its businesses, and the proof that its code is ours.

Never stores the proof (PKCE): it is made again from the app's own secret.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.core.connections import Business, Registration, SyncedBusiness
from shared.core.signed_values import keyed_digest
from shared.errors import NotPossibleError

# A code lives five minutes in FreshBooks; a person may need some time to log in first.
OPEN_FOR: Final = timedelta(minutes=15)
EXCHANGE_PATIENCE: Final = timedelta(minutes=1)
# What was begun and cannot be finished, for a service is down, is gone on with for so long.
GONE_ON_WITH: Final = timedelta(days=1)
MOST_BUSINESSES: Final = 2000  # that a person can be shown for a choice; they fit into one row
_MOST_NAMED: Final = 10
# Of a login with more businesses than this, names are cut: they have to fit into the row as well.
_FEW_BUSINESSES: Final = 200
_LONGEST_NAMES: Final = (80, 40, 20)
_ROOM_FOR_NAMES: Final = 600_000  # characters, as they are written; the row holds a megabyte

_REFUSALS: Final = {
    "access_denied": "the access was not allowed on FreshBooks' page",
    "invalid_scope": "the FreshBooks app lacks a permission the connector needs",
    "server_error": "FreshBooks had a problem of its own",
    "temporarily_unavailable": "FreshBooks is not available",
}


class Stage(StrEnum):
    """How far a try to connect FreshBooks has come."""

    INVITED = "invited"  # the link exists and nobody pressed the button behind it
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
        problem: why it failed, or why the next step cannot be taken yet, in words for the person;
            "" otherwise.
        identity: FreshBooks' number of the person, 0 until it is known.
        businesses: what the person may choose from.
        wanted: the businesses that are to be synced, when they were named beforehand.
        chosen: the businesses that are synced by it.
        answered: when FreshBooks sent the browser back with a code, UTC; None before.
        browser: the one in which it began, as our cookie names it; "" when that is not known.
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
    browser: str = ""
    version: str = field(default="", repr=False, compare=False)

    def has_lapsed(self, now: datetime) -> bool:
        """Say whether the person took too long for the next step."""
        return now - self.at > OPEN_FOR

    def is_cut_short(self, now: datetime) -> bool:
        """Say whether its exchange ended with its process; the tokens may be saved all the same."""
        return self.stage is Stage.EXCHANGING and now - self.at > EXCHANGE_PATIENCE

    def waits_for_person(self) -> bool:
        """Say whether the next step is to be taken by a person before it lapses."""
        return self.stage in {Stage.INVITED, Stage.STARTED}

    def waits_for_us(self, now: datetime) -> bool:
        """Say whether the next step can be taken by anybody, with the tokens that were saved."""
        return self.stage is Stage.SAVED or self.is_cut_short(now)

    @property
    def has_tokens(self) -> bool:
        """Whether its person logged in to FreshBooks, allowed the access, and nothing failed."""
        return self.stage in {Stage.SAVED, Stage.CHOOSING, Stage.CONNECTED}

    def is_over(self, before: datetime) -> bool:
        """Say whether it ended before a moment, well or not, so that nobody goes on with it."""
        ended = self.stage in {Stage.CONNECTED, Stage.FAILED}
        return self.at < (before if ended else before - GONE_ON_WITH)


@dataclass(frozen=True)
class Progress:
    """How far a connection has come.

    Attributes:
        consent: its stage.
        registrations: the webhooks of the businesses that were chosen.
        problem: why the last step did not succeed, "" when it did; it is tried again.
        unseen: why FreshBooks could not be asked for them now, "" when it could or need not.
    """

    consent: Consent
    registrations: tuple[Registration, ...] = ()
    problem: str = ""
    unseen: str = ""

    @property
    def done(self) -> bool:
        """Whether nothing is left to do: every webhook was seen live since the login."""
        live = bool(self.registrations) and all(
            each.is_live and is_compared(each, self.consent) for each in self.registrations
        )
        return self.consent.stage is Stage.CONNECTED and live


def is_compared(registration: Registration, consent: Consent) -> bool:
    """Say whether FreshBooks was looked at for a webhook since it answered a consent.

    Until then what is kept of it may be wrong: FreshBooks may have disabled it long ago.
    """
    return consent.answered is None or registration.is_seen_since(consent.answered)


def list_usable(businesses: Iterable[Business]) -> list[Business]:
    """Return the businesses whose books can be read."""
    return [business for business in businesses if business.is_usable]


def decide(consent: Consent) -> Consent:
    """Return how a try goes on whose businesses are known now.

    Connected to those that were named beforehand or to the only one, left to the person's choice,
    or failed. Of a login that opens more than a person can be shown only those are kept that were
    named.
    """
    choice = tuple(dict.fromkeys(each.id for each in list_usable(consent.businesses) if each.id))
    lacking = [business for business in consent.wanted if business not in choice]
    if not choice:
        return _shortened(fail(consent, _explain_none(consent.businesses)))
    if lacking:
        return _shortened(fail(consent, _explain_lacking(lacking, choice)))
    if consent.wanted or len(choice) == 1:
        chosen = tuple(dict.fromkeys(consent.wanted)) or choice
        return _shortened(replace(consent, stage=Stage.CONNECTED, chosen=chosen, problem=""))
    if len(choice) > MOST_BUSINESSES:
        return _shortened(fail(consent, _explain_many(len(choice))))
    return _shortened(replace(consent, stage=Stage.CHOOSING, problem=""))


def choose(consent: Consent, businesses: Sequence[str] | None) -> Consent:
    """Return a try connected to the businesses a person chose.

    Args:
        consent: one that waits for the choice.
        businesses: their ids; None for all.

    Raises:
        NotPossibleError: none was chosen, or one that cannot be.
    """
    possible = {each.id: None for each in list_usable(consent.businesses) if each.id}
    businesses = list(possible) if businesses is None else businesses
    asked = consent.stage is Stage.CHOOSING
    if not asked or not businesses or not possible.keys() >= set(businesses):
        raise NotPossibleError(
            "Choose at least one of the businesses that are shown; nothing was changed."
        )
    return replace(
        consent, stage=Stage.CONNECTED, chosen=tuple(dict.fromkeys(businesses)), problem=""
    )


def fail(consent: Consent, problem: str) -> Consent:
    """Return a try that ends with a problem, in words for the person."""
    return replace(consent, stage=Stage.FAILED, problem=problem)


def explain_refusal(error: str) -> str:
    """Return why FreshBooks sent the browser back without a code.

    Args:
        error: its word for it, such as `access_denied`.
    """
    reason = _REFUSALS.get(error, "FreshBooks did not say why in a word known here")
    return f"Nothing was connected: {reason}. Start again."


def list_synced(consent: Consent, *, connection: str) -> list[SyncedBusiness]:
    """Return the chosen businesses as they are synced.

    Args:
        consent: of a person.
        connection: that person's newest login, which reads them.
    """
    names = {business.id: business.name for business in consent.businesses}
    return [
        SyncedBusiness(
            id=business,
            name=names.get(business) or business,
            connection=connection,
            identity=consent.identity,
        )
        for business in consent.chosen
    ]


def newest_login(tries: Iterable[Consent]) -> str:
    """Return the connection of the try that FreshBooks answered last, of one person's.

    FreshBooks keeps one refresh token alive per person and app.
    """
    return max(tries, key=lambda each: each.answered or each.at).id


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


def named(names: Sequence[str]) -> str:
    """Return names in a row, of many the first ones and how many more there are."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _shortened(consent: Consent) -> Consent:
    """Keep no more of the businesses with a try than can be stored."""
    if len(consent.businesses) <= _FEW_BUSINESSES:
        return consent
    chosen = set(consent.chosen)
    usable = list_usable(consent.businesses)
    kept = [each for each in usable if each.id in chosen or consent.stage is Stage.CHOOSING]
    return replace(consent, businesses=_with_short_names(kept[:MOST_BUSINESSES]))


def _with_short_names(businesses: Sequence[Business]) -> tuple[Business, ...]:
    found = tuple(businesses)
    for longest in _LONGEST_NAMES:
        found = tuple(replace(each, name=each.name[:longest]) for each in businesses)
        if sum(len(json.dumps(each.name)) for each in found) <= _ROOM_FOR_NAMES:
            break
    return found


def _explain_lacking(lacking: Sequence[str], choice: Sequence[str]) -> str:
    return (
        f"This login cannot read {named(lacking)}; it can read {named(choice)}. Log in as "
        "somebody who can, or name another business, and start again."
    )


def _explain_many(count: int) -> str:
    return (
        f"This login opens {count:,} businesses, more than can be shown for a choice "
        f"({MOST_BUSINESSES:,}). Name those to sync: `python -m shared connect --account ACCOUNT "
        "--account ACCOUNT`."
    )


def _explain_none(businesses: Sequence[Business]) -> str:
    if not businesses:
        return (
            "This login belongs to no FreshBooks business. Log in as somebody who does, and start "
            "again."
        )
    listed = named([f"{each.name} ({each.role})" for each in businesses])
    return (
        f"This login cannot read the books of any business: {listed}. A person with the role "
        "client is shown only a part of them, and a business without books has none to read. Log "
        "in as an owner, manager or accountant, and start again."
    )
