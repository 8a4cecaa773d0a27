"""The operator's pages as HTML, from values.

Never fetches anything; everything it is given is escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.core.consent import Stage
from shared.sync.connect import Progress, usable
from shared.sync.upkeep import Standing

if TYPE_CHECKING:
    from jinja2 import Environment

_ORDER = (Stage.STARTED, Stage.EXCHANGING, Stage.SAVED, Stage.CHOOSING, Stage.CONNECTED)
_NOUNS = {"client": "clients", "invoice": "invoices", "payment": "payments", "expense": "expenses"}


@dataclass(frozen=True)
class Step:
    """One line of the connection's page; `state` is done, now or waiting."""

    title: str
    state: str
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
        businesses=usable(consent.businesses) if choosing else [],
        form=form,
        again=again,
        refresh=not (choosing or failed or progress.done),
    )


def standing(logins: Sequence[Standing], *, again: str) -> str:
    """Return the page that says how every login to FreshBooks stands.

    Args:
        logins: the logins there are.
        again: the address to connect, "" when only the terminal can.
    """
    fine = bool(logins) and not any(login.problem for login in logins)
    title = "FreshBooks is connected" if fine else "FreshBooks needs you"
    return _render("standing.html", title=title, logins=logins, again=again, fine=fine)


def steps(progress: Progress) -> Sequence[Step]:
    """Return what was done, what is being done and what follows."""
    consent = progress.consent
    reached = _ORDER.index(consent.stage) if consent.stage in _ORDER else -1
    names = {business.id: business.name for business in consent.businesses}

    def state(stage: Stage) -> str:
        place = _ORDER.index(stage)
        return "done" if reached >= place else "now" if reached == place - 1 else "waiting"

    chosen = ", ".join(names.get(business) or business for business in consent.chosen)
    connected = consent.stage is Stage.CONNECTED
    found = [
        Step("Your browser was sent to FreshBooks", state(Stage.STARTED)),
        Step("FreshBooks allowed the access", state(Stage.EXCHANGING)),
        Step("The tokens are in Key Vault", state(Stage.SAVED)),
        Step(
            "The businesses to sync are known",
            "done" if connected else "now" if reached >= _ORDER.index(Stage.SAVED) else "waiting",
            chosen,
        ),
    ]
    found += [
        Step(
            f"FreshBooks reports changes of {_NOUNS.get(each.noun, each.noun)}",
            "done" if each.state == "live" else "now",
            names.get(each.business) or each.business if len(consent.chosen) > 1 else "",
        )
        for each in progress.registrations
    ]
    if not progress.registrations:
        found.append(Step("FreshBooks reports changes", "waiting"))
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
