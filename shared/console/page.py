"""The operator's pages as HTML, from values.

Never fetches anything; everything it is given is escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shared.console.histories import list_commands, list_histories
from shared.console.steps import Step, list_steps, list_troubled, list_webhooks
from shared.core.connections import ConnectionState, ConnectionStatus
from shared.core.consent import Progress, Stage, list_usable
from shared.core.histories import Histories

if TYPE_CHECKING:
    from jinja2 import Environment

# Seconds after which a page in progress looks again; every look may ask FreshBooks.
_SOON: Final = 2
_LATER: Final = 15
_HISTORY: Final = 30  # a history takes minutes
_SOON_FOR: Final = timedelta(minutes=5)  # whoever still looks then has left the page open
_MANY: Final = 5  # businesses


@dataclass(frozen=True)
class _Login:
    """A login as its page shows it."""

    status: ConnectionStatus
    lines: Sequence[Step]
    troubled: Sequence[str]


def message(title: str, text: str, *, advice: str = "") -> str:
    """Return a page that says one thing, and what to do next."""
    return render("message.html", title=title, text=text, advice=advice)


def invitation(*, form: str, wanted: Sequence[str]) -> str:
    """Return the page with the button that connects FreshBooks.

    Args:
        form: what the button carries, so that it counts here and nowhere else.
        wanted: ids of the businesses that were named beforehand; without them all may be chosen.
    """
    return render("invitation.html", title="Connect FreshBooks", form=form, wanted=wanted)


def onward(address: str) -> str:
    """Return the page that leads on to FreshBooks."""
    return render("onward.html", title="On to FreshBooks", address=address)


def connection(
    progress: Progress,
    *,
    form: str,
    again: str,
    onward: str,
    ticked: bool,
    histories: Histories,
    now: datetime,
) -> str:
    """Return the page of a connection in progress.

    Args:
        progress: how far it is.
        form: what the forms of the page carry against other sites.
        again: the address to start again, "" when only the terminal can.
        onward: FreshBooks' consent page, while it waits for the person there; "" otherwise.
        ticked: whether all businesses are ticked that can be chosen.
        histories: how far those of its businesses are.
        now: the time.
    """
    consent = progress.consent
    choosing = consent.stage is Stage.CHOOSING
    failed = consent.stage is Stage.FAILED
    usable = list_usable(consent.businesses) if choosing else []
    waiting = not (choosing or failed or progress.done)
    return render(
        "connection.html",
        title=_title(progress),
        steps=[] if failed else list_steps(progress, now),
        troubled=list_troubled(progress.registrations, _names(progress), now),
        problem=consent.problem or progress.problem,
        unseen=progress.unseen,
        failed=failed,
        businesses=sorted(usable, key=lambda each: (each.name.casefold(), each.id or "")),
        ticked=ticked,
        form=form,
        again=again,
        onward=onward,
        ours=waiting and not consent.waits_for_person(),
        done=progress.done,
        histories=list_histories(histories, _names(progress)),
        commands=list_commands(histories),
        refresh=_refresh(progress, now) if waiting else _history_refresh(histories),
    )


def connections(
    statuses: Sequence[ConnectionStatus], *, histories: Histories, again: str, now: datetime
) -> str:
    """Return the page that says how every login to FreshBooks stands.

    Args:
        statuses: of the logins there are.
        histories: how far those of their businesses are.
        again: the address to connect, "" when only the terminal can.
        now: the time.
    """
    login_needed = not statuses or any(status.needs_login for status in statuses)
    if login_needed:
        title = "FreshBooks needs you"
    elif any(status.state is ConnectionState.UNKNOWN or status.unseen for status in statuses):
        title = "FreshBooks cannot be asked right now"
    elif not all(each.is_live for status in statuses for each in status.registrations):
        title = "FreshBooks is connected, and not every webhook is live"
    else:
        title = "FreshBooks is connected"
    return render(
        "connections.html",
        title=title,
        logins=[_login(status, now) for status in statuses],
        now=f"{now:%Y-%m-%d %H:%M} UTC",
        again=again,
        login_needed=login_needed,
        many=_MANY,
        histories=list_histories(
            histories, {each.id: each.name for status in statuses for each in status.businesses}
        ),
        commands=list_commands(histories),
        refresh=_history_refresh(histories),
    )


def _login(status: ConnectionStatus, now: datetime) -> _Login:
    names: dict[str | None, str] = {each.id: each.name for each in status.businesses}
    return _Login(
        status,
        list_webhooks(status.registrations, names, now),
        list_troubled(status.registrations, names, now),
    )


def _names(progress: Progress) -> dict[str | None, str]:
    return {business.id: business.name for business in progress.consent.businesses}


def _refresh(progress: Progress, now: datetime) -> int:
    consent = progress.consent
    soon = len(consent.chosen) <= _MANY and now - consent.at < _SOON_FOR
    return _SOON if soon else _LATER


def _history_refresh(histories: Histories) -> int:
    moving = any(not each.standing.ended for each in histories.shown)
    return _HISTORY if moving else 0


def _title(progress: Progress) -> str:
    match progress.consent.stage:
        case Stage.FAILED:
            return "FreshBooks is not connected"
        case Stage.CHOOSING:
            return "Which businesses should be synced?"
        case _:
            return "FreshBooks is connected" if progress.done else "Connecting FreshBooks"


def render(name: str, **values: Any) -> str:
    """Return a template with values in it; everything is escaped."""
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
