"""What is said of a webhook: how FreshBooks has it now, or how it was when it was last seen.

Never says of a webhook that it is live without saying when that was seen at FreshBooks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.core.connections import Registration, RegistrationState
from shared.core.identity import Kind

JUST_NOW: Final = timedelta(minutes=1)
_BY_ITSELF: Final = "it is mended by itself, and polling covers meanwhile"
_PLURALS: Final = {
    Kind.CLIENT: "clients",
    Kind.INVOICE: "invoices",
    Kind.PAYMENT: "payments",
    Kind.EXPENSE: "expenses",
    Kind.CREDIT: "credits",
    Kind.CATEGORY: "categories",
}
_NOTICED: Final = {
    RegistrationState.DISABLED: "disabled by FreshBooks",
    RegistrationState.WITHOUT_VERIFIER: "without a verifier in Key Vault",
    RegistrationState.MISSING: "missing in FreshBooks",
}
_OTHERWISE: Final = {
    RegistrationState.UNKNOWN: "kept by a later release, which knows how it stands",
    RegistrationState.UNREADABLE: f"what is kept of it cannot be read; {_BY_ITSELF}",
}


@dataclass(frozen=True)
class Sight:
    """What is known of some webhooks, and whether FreshBooks could be asked.

    Attributes:
        registrations: as FreshBooks has them, or as they were last seen; each says when.
        problem: why FreshBooks could not be asked now, "" when it could or need not.
    """

    registrations: tuple[Registration, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Tally:
    """The webhooks of one noun, of many businesses, counted.

    Attributes:
        live: how many of them were live when they were last seen.
        first: when the one was seen that was not seen for longest; None when one never was.
        last: when the one was seen that was seen last; None when none ever was.
    """

    noun: str
    live: int
    total: int
    first: datetime | None
    last: datetime | None


def plural(noun: str) -> str:
    """Return what a webhook's noun is called when there are several."""
    return _PLURALS[Kind(noun)] if noun in set(Kind) else noun


def say_time(moment: datetime, now: datetime) -> str:
    """Return a point in time for a person: the day only when it is another one than now's."""
    return f"{moment:%H:%M} UTC" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M} UTC"


def say(registration: Registration, now: datetime) -> str:
    """Return how a webhook stands, and when that was seen or noticed."""
    state, seen = registration.state, registration.seen
    if state is RegistrationState.LIVE:
        return _say_live(registration, now)
    if registration.problem:
        return f"not registered: {registration.problem}"
    if state in _NOTICED and seen is not None and registration.callback is not None:
        return f"{_NOTICED[state]}, noticed at {say_time(seen, now)}; {_BY_ITSELF}"
    if state is RegistrationState.PENDING and registration.callback is not None:
        asked = f", asked at {say_time(registration.since, now)}" if registration.since else ""
        return f"FreshBooks has yet to verify it{asked}"
    return _OTHERWISE.get(state, "not registered yet")


def tally(registrations: Iterable[Registration]) -> list[Tally]:
    """Count webhooks by their noun."""
    by_noun: dict[str, list[Registration]] = {}
    for each in registrations:
        by_noun.setdefault(each.noun, []).append(each)
    return [_counted(noun, found) for noun, found in by_noun.items()]


def say_tally(count: Tally, now: datetime) -> str:
    """Return in words how many webhooks are live, and when that was seen."""
    words = f"live for {count.live:,} of {count.total:,} businesses"
    if count.last is None:
        return words
    if count.first is None:
        return f"{words}; not all were looked at yet"
    first, last = say_time(count.first, now), say_time(count.last, now)
    return f"{words}, seen at {last}" if first == last else f"{words}, seen {first} to {last}"


def _counted(noun: str, found: Sequence[Registration]) -> Tally:
    moments = [each.seen for each in found if each.seen is not None]
    whole = len(moments) == len(found)
    return Tally(
        noun,
        live=sum(each.is_live for each in found),
        total=len(found),
        first=min(moments) if whole else None,
        last=max(moments, default=None),
    )


def _say_live(registration: Registration, now: datetime) -> str:
    if registration.seen is None:
        return "noted as live; FreshBooks was not asked yet"
    last = "" if registration.is_seen_since(now - JUST_NOW) else "last "
    return f"{last}seen live at {say_time(registration.seen, now)}"
