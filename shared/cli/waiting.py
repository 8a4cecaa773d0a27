"""`python -m shared waiting`: everything that is not in Sales, and why; and how a wait is ended.

Never guesses who has to act: each line says it. Exit codes: 0 nothing waits, 1 something does, 2 it
could not be told.
"""

import argparse
import json
from collections.abc import Iterable
from decimal import Decimal

from shared.app import Connector
from shared.cli.commands import (
    Commands,
    add_account,
    add_command,
    add_json,
    chosen_business,
    printable,
)
from shared.core.identity import Awaited
from shared.core.listed import Listed, Why, totals
from shared.errors import NotPossibleError

# What a person or the record itself decided: listed, and nobody's trouble.
_DECIDED = {Why.IGNORED, Why.SKIPPED, Why.DISMISSED}


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    waiting = add_command(
        commands,
        "waiting",
        "everything that is not in Sales, and why",
        details="Held, waiting, refused, ignored, left out or unreadable: with the amount, since "
        "when, what it waits for and who can end it.",
        examples=(
            "python -m shared waiting",
            "python -m shared waiting retry SUBJECT",
            "python -m shared waiting retry --all",
        ),
    )
    add_account(waiting)
    add_json(waiting)
    waiting.set_defaults(command=_list)
    actions = waiting.add_subparsers(metavar="retry")
    retry = add_command(
        actions,
        "retry",
        "try now what waits for a service or for the end of a problem",
        details="What still cannot be carried over waits again.",
        examples=(
            "python -m shared waiting retry SUBJECT",
            "python -m shared waiting retry --all",
        ),
    )
    retry.add_argument(
        "subject",
        nargs="?",
        metavar="SUBJECT",
        help="what it waits for, as the list shows it, such as service-dataverse",
    )
    retry.add_argument("--all", action="store_true", help="whatever it waits for")
    add_account(retry)
    retry.set_defaults(command=_retry)


def _list(options: argparse.Namespace, app: Connector) -> int:
    business = chosen_business(options, app) if options.business else None
    listed = app.waiting_list.gather(business)
    if options.json:
        print(json.dumps(_as_json(listed), indent=2))
    else:
        for each in listed:
            _print(each)
        _print_totals(listed)
    return 1 if any(each.why not in _DECIDED and not each.partly for each in listed) else 0


def _retry(options: argparse.Namespace, app: Connector) -> int:
    if bool(options.subject) is options.all:
        raise NotPossibleError("Name one subject, or say --all.")
    business = chosen_business(options, app) if options.business else None
    awaited = None
    if options.subject:
        try:
            awaited = Awaited.parse(options.subject)
        except ValueError:
            raise NotPossibleError(
                f"{printable(options.subject)} is nothing that is waited for; "
                "`python -m shared waiting` shows what is."
            ) from None
    count = app.wake.retry(awaited, business)
    print(f"{count} records are tried now.")
    return 0


def _print(listed: Listed) -> None:
    shown = listed.shown
    number = shown.label or str(listed.number)
    what = f"{listed.kind} {number}" if listed.kind else listed.key
    money = f"  {printable(f'{shown.amount} {shown.currency}')}" if shown.amount else ""
    name = f"  {shown.name}" if shown.name else ""
    partly = "  in Sales but for this" if listed.partly else ""
    since = f"since {listed.since:%Y-%m-%d %H:%M} UTC"
    print(printable(f"{what}{name}") + f"{money}  {listed.why}, {since}{partly}")
    if listed.reason:
        print(f"  {printable(listed.reason)}")
    if listed.awaited:
        print(f"  waits for: {printable(listed.awaited)} ({listed.business})")
    print(f"  ended by: {printable(listed.who)}")


def _print_totals(listed: Iterable[Listed]) -> None:
    rows = list(listed)
    if not rows:
        print("Everything of FreshBooks is in Sales")
        return
    for (kind, currency), (count, total) in sorted(totals(rows).items()):
        money = f", {_exact(total)} {printable(currency)}" if currency else ""
        print(f"{count} {kind}{'s' if count != 1 else ''}{money}")
    waiting = sum(each.why not in _DECIDED and not each.partly for each in rows)
    print(
        f"{waiting} not in Sales; {len(rows) - waiting} left out by a decision, or but for a link"
    )


def _as_json(listed: Iterable[Listed]) -> dict[str, object]:
    rows = list(listed)
    return {
        "waiting": [
            {
                "why": str(each.why),
                "account": each.business,
                "kind": each.kind,
                "record": each.number or None,
                "number": each.shown.label,
                "name": each.shown.name,
                "amount": each.shown.amount,
                "currency": each.shown.currency,
                "reason": each.reason,
                "since": each.since.isoformat(),
                "waits_for": each.awaited,
                "ended_by": each.who,
                "key": each.key,
                "partly": each.partly,
            }
            for each in rows
        ],
        "totals": [
            {"kind": kind, "currency": currency, "count": count, "amount": _exact(total)}
            for (kind, currency), (count, total) in sorted(totals(rows).items())
        ],
    }


def _exact(total: Decimal) -> str:
    return format(total, "f")
