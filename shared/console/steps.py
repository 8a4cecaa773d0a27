"""The lines of the pages: what was done, what is being done, and how each webhook stands.

Never has a line for each of a thousand businesses: of many their webhooks are counted.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.core.connections import Registration, RegistrationState
from shared.core.consent import Progress, Stage, is_compared, named
from shared.core.sight import JUST_NOW, plural, say, say_tally, tally

_ORDER: Final = (Stage.STARTED, Stage.EXCHANGING, Stage.SAVED, Stage.CHOOSING, Stage.CONNECTED)
_MOST_LINES: Final = 20  # webhooks; of more of them there is a line for each noun
_MOST_TROUBLED: Final = 20


class StepState(StrEnum):
    """How far a step is."""

    DONE = "done"
    NOW = "now"
    WAITING = "waiting"


@dataclass(frozen=True)
class Step:
    """One line of a page."""

    title: str
    state: StepState
    detail: str = ""


def list_steps(progress: Progress, now: datetime) -> list[Step]:
    """Return what was done, what is being done and what follows."""
    consent = progress.consent
    reached = _ORDER.index(consent.stage) if consent.stage in _ORDER else -1
    names = {business.id: business.name for business in consent.businesses}

    def state(stage: Stage) -> StepState:
        place = _ORDER.index(stage)
        if reached >= place:
            return StepState.DONE
        return StepState.NOW if reached == place - 1 else StepState.WAITING

    found = [
        Step("Your browser was sent to FreshBooks", state(Stage.STARTED)),
        Step("FreshBooks allowed the access", state(Stage.EXCHANGING)),
        Step("The tokens are in Key Vault", state(Stage.SAVED)),
        Step(
            "The businesses to sync are known",
            StepState.NOW
            if consent.stage in {Stage.SAVED, Stage.CHOOSING}
            else state(Stage.CONNECTED),
            named([names.get(business) or business for business in consent.chosen]),
        ),
    ]
    if not progress.registrations:
        return [*found, Step("FreshBooks reports changes", StepState.WAITING)]
    lines = list_webhooks(progress.registrations, names, now)
    if not all(is_compared(each, consent) for each in progress.registrations):
        # What is known from before the login is no news of it.
        lines = [replace(each, state=StepState.NOW) for each in lines]
    return found + lines


def list_webhooks(
    registrations: Sequence[Registration], names: Mapping[str | None, str], now: datetime
) -> list[Step]:
    """Return a line for each webhook; of many of them one for each noun.

    Args:
        registrations: the webhooks.
        names: of their businesses, by their ids.
        now: the time.
    """
    if len(registrations) > _MOST_LINES:
        return [
            Step(
                f"FreshBooks reports changes of {plural(count.noun)}",
                StepState.DONE if count.live == count.total else StepState.NOW,
                say_tally(count, now),
            )
            for count in tally(registrations)
        ]
    several = len({each.business for each in registrations}) > 1
    return [_line(each, names if several else {}, now) for each in registrations]


def list_troubled(
    registrations: Sequence[Registration], names: Mapping[str | None, str], now: datetime
) -> list[str]:
    """Return of many webhooks those that are not live, and how many more there are."""
    if len(registrations) <= _MOST_LINES:
        return []
    nouns: dict[tuple[str, str], list[str]] = {}
    for each in registrations:
        if not each.is_live:
            nouns.setdefault((each.business, say(each, now)), []).append(plural(each.noun))
    listed = [
        f"{names.get(business) or business}, {', '.join(found)}: {said}"
        for (business, said), found in itertools.islice(nouns.items(), _MOST_TROUBLED)
    ]
    more = len(nouns) - _MOST_TROUBLED
    return [*listed, f"and {more:,} more"] if more > 0 else listed


def _line(registration: Registration, names: Mapping[str | None, str], now: datetime) -> Step:
    what = f"changes of {plural(registration.noun)}"
    whose = f"{names.get(registration.business) or registration.business}: " if names else ""
    detail = f"{whose}{say(registration, now)}"
    if not registration.is_live:
        when = "yet" if registration.state is RegistrationState.PENDING else "now"
        return Step(f"FreshBooks does not report {what} {when}", StepState.NOW, detail)
    recent = registration.is_seen_since(now - JUST_NOW)
    title = f"FreshBooks {'reports' if recent else 'reported'} {what}"
    return Step(title, StepState.DONE if recent else StepState.WAITING, detail)
