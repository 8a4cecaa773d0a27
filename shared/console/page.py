"""The operator's pages as HTML, from values.

Never fetches anything; everything it is given is escaped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.core.connections import ConnectionStatus
from shared.core.consent import Progress, Stage, list_usable
from shared.core.identity import Kind

if TYPE_CHECKING:
    from jinja2 import Environment

_ORDER = (Stage.STARTED, Stage.EXCHANGING, Stage.SAVED, Stage.CHOOSING, Stage.CONNECTED)
_NOUNS: Mapping[str, str] = {
    Kind.CLIENT: "clients",
    Kind.INVOICE: "invoices",
    Kind.PAYMENT: "payments",
    Kind.EXPENSE: "expenses",
}


class StepState(StrEnum):
    """How far a step is."""

    DONE = "done"
    NOW = "now"
    WAITING = "waiting"


@dataclass(frozen=True)
class Step:
    """One line of the connection's page."""

    title: str
    state: StepState
    detail: str = ""


def message(title: str, text: str, *, advice: str = "") -> str:
    """Return a page that says one thing, and what to do next."""
    return _render("message.html", title=title, text=text, advice=advice)


def connection(progress: Progress, *, form: str, again: str) -> str:
    """Return the page of a connection in progress.

    Args:
        progress: how far it is.
        form: what the form of the choice carries against other sites.
        again: the address to start again, "" when only the terminal can.
    """
    consent = progress.consent
    choosing = consent.stage is Stage.CHOOSING
    failed = consent.stage is Stage.FAILED
    return _render(
        "connection.html",
        title=_title(progress),
        steps=[] if failed else steps(progress),
        problem=consent.problem or progress.problem,
        failed=failed,
        businesses=list_usable(consent.businesses) if choosing else [],
        form=form,
        again=again,
        refresh=not (choosing or failed or progress.done),
    )


def connections(statuses: Sequence[ConnectionStatus], *, again: str) -> str:
    """Return the page that says how every login to FreshBooks stands.

    Args:
        statuses: of the logins there are.
        again: the address to connect, "" when only the terminal can.
    """
    login_needed = not statuses or any(status.needs_login for status in statuses)
    if login_needed:
        title = "FreshBooks needs you"
    elif all(status.works for status in statuses):
        title = "FreshBooks is connected"
    else:
        title = "FreshBooks cannot be asked right now"
    return _render(
        "connections.html",
        title=title,
        statuses=statuses,
        again=again,
        login_needed=login_needed,
    )


def steps(progress: Progress) -> Sequence[Step]:
    """Return what was done, what is being done and what follows."""
    consent = progress.consent
    reached = _ORDER.index(consent.stage) if consent.stage in _ORDER else -1
    names = {business.id: business.name for business in consent.businesses}

    def state(stage: Stage) -> StepState:
        place = _ORDER.index(stage)
        if reached >= place:
            return StepState.DONE
        return StepState.NOW if reached == place - 1 else StepState.WAITING

    chosen = ", ".join(names.get(business) or business for business in consent.chosen)
    found = [
        Step("Your browser was sent to FreshBooks", state(Stage.STARTED)),
        Step("FreshBooks allowed the access", state(Stage.EXCHANGING)),
        Step("The tokens are in Key Vault", state(Stage.SAVED)),
        Step(
            "The businesses to sync are known",
            StepState.NOW
            if consent.stage in {Stage.SAVED, Stage.CHOOSING}
            else state(Stage.CONNECTED),
            chosen,
        ),
    ]
    found += [
        Step(
            f"FreshBooks reports changes of {_NOUNS.get(each.noun, each.noun)}",
            StepState.DONE if each.is_live else StepState.NOW,
            names.get(each.business) or each.business if len(consent.chosen) > 1 else "",
        )
        for each in progress.registrations
    ]
    if not progress.registrations:
        found.append(Step("FreshBooks reports changes", StepState.WAITING))
    return found


def _title(progress: Progress) -> str:
    match progress.consent.stage:
        case Stage.FAILED:
            return "FreshBooks is not connected"
        case Stage.CHOOSING:
            return "Which businesses should be synced?"
        case _:
            return "FreshBooks is connected" if progress.done else "Connecting FreshBooks"


def _render(name: str, **values: Any) -> str:
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
