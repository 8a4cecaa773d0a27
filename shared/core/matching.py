"""Which account is this client? Matched, Unmatched or Ambiguous, with the reason.

Never guesses: two fitting accounts are a question for a person, a similar name is no match.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Final

from shared.core.homes import Account
from shared.core.identity import RecordId

SIMILAR: Final = 0.72
MOST_SUGGESTIONS: Final = 5


@dataclass(frozen=True)
class Matched:
    """This account, and why."""

    account: Account
    reason: str


@dataclass(frozen=True)
class Unmatched:
    """No account fits."""

    reason: str


@dataclass(frozen=True)
class Ambiguous:
    """A person has to choose among these."""

    candidates: tuple[Account, ...]
    reason: str


Match = Matched | Unmatched | Ambiguous


@dataclass(frozen=True)
class Claim:
    """An account that is about to be made.

    Attributes:
        key: of the claim: several workers may handle the same client.
        client: the one it is made for.
        name: the client's.
        until: until when others heed it, UTC.
    """

    key: str
    client: RecordId
    name: str
    until: datetime


def match_client(
    *,
    name: str,
    field_name: str,
    field_value: str,
    candidates: Sequence[Account],
) -> Match:
    """Match a client to one of the accounts Dataverse offers.

    Args:
        name: the client's name in FreshBooks.
        field_name: the configured client field, "" when none is configured.
        field_value: the client's value in it, "" when empty.
        candidates: accounts Dataverse found equal by its own blind comparison; compared again here.
    """
    usable = [account for account in candidates if account.active]
    if field_name and normal(field_value):
        by_field = [a for a in usable if normal(a.match_value) == normal(field_value)]
        if by_field:
            return _single(by_field, f"the same {field_name}")
    if not normal(name):
        return Unmatched("the client has no name in FreshBooks")
    by_name = [account for account in usable if normal(account.name) == normal(name)]
    if by_name:
        return _single(by_name, "the same name")
    return Unmatched("no active account has its name")


def alike(one: Claim, other: Claim) -> bool:
    """Say whether the account of one would be found similar by the other."""
    return max(_likeness(one.name, other.name), _likeness(other.name, one.name)) >= SIMILAR


def suggest(name: str, accounts: Iterable[Account]) -> tuple[Account, ...]:
    """Return accounts with a similar name, most similar first, for a person to look at."""
    scored = [
        (_likeness(name, account.name), account)
        for account in {account.id: account for account in accounts}.values()
    ]
    close = sorted(
        ((score, account) for score, account in scored if score >= SIMILAR),
        key=lambda pair: (-pair[0], pair[1].name, pair[1].id),
    )
    return tuple(account for _, account in close[:MOST_SUGGESTIONS])


def normal(text: str) -> str:
    """Return `text` as names are compared: NFKC, trimmed, runs of blanks as one, case kept."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _single(accounts: Sequence[Account], how: str) -> Match:
    if len(accounts) > 1:
        return Ambiguous(tuple(accounts), f"{len(accounts)} active accounts have {how}")
    return Matched(accounts[0], how)


def _likeness(wanted: str, name: str) -> float:
    return SequenceMatcher(None, _plain(wanted), _plain(name)).ratio()


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(
        "".join(
            c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c)
        ).split()
    )
