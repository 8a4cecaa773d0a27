"""`python -m shared plan`: what would be written to Dynamics, column by column, without writing it.

Never changes anything but FreshBooks' tokens, which it may renew. Exit codes: 0 nothing would be
written, 1 something would, 2 it could not be found out.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from shared.app import Connector
from shared.cli.commands import Commands, add_account, add_command, add_json, chosen_business
from shared.cli.foreseen import as_json, lines_of, total_lines
from shared.core.foreseen import Fate, Foreseen, tally
from shared.core.identity import Kind, RecordId
from shared.core.records import EASTERN
from shared.dry_run import rehearsal_of
from shared.errors import NotPossibleError
from shared.sync.identify import Identify, unknown
from shared.sync.rehearsal import Rehearsal, changed_since, client_and_records

MOST: Final = 500
_MEANT: Final = {
    Kind.CLIENT: "a client and all that is its own, by its name or its id in FreshBooks",
    Kind.INVOICE: "one invoice, by its number, or its id in FreshBooks",
    Kind.PAYMENT: "one payment, by its id in FreshBooks, or the number of its invoice",
}


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    plan = add_command(
        commands,
        "plan",
        "what would be written to Dynamics, without writing it",
        details="It handles records as the app would and prints every row that would be created, "
        "changed, cancelled or deleted, column by column, and why a record would be held, skipped "
        "or refused. Without an option: what changed in FreshBooks since yesterday.",
        examples=(
            "python -m shared plan",
            "python -m shared plan --client 12",
            "python -m shared plan --invoice 0004711",
            "python -m shared plan --since 2026-11-02 --json",
        ),
    )
    which = plan.add_mutually_exclusive_group()
    for kind in Kind:
        meant = _MEANT.get(kind, f"one {kind}, by its id in FreshBooks")
        which.add_argument(f"--{kind}", dest=kind, metavar="NUMBER", help=meant)
    which.add_argument(
        "--since",
        type=_day,
        metavar="DAY",
        help="what FreshBooks lists as changed or deleted since a day of its calendar "
        "(US/Eastern), such as 2026-11-02",
    )
    plan.add_argument(
        "--most",
        type=_count,
        default=MOST,
        metavar="COUNT",
        help=f"records at most ({MOST})",
    )
    add_account(plan)
    add_json(plan)
    plan.set_defaults(command=_plan)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write such as 2026-11-02") from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of records")
    return int(text)


def _plan(options: argparse.Namespace, app: Connector) -> int:
    rehearsal = rehearsal_of(app, most=options.most)
    since = _since(options, app)
    several = len(app.businesses.list_all()) > 1
    foreseen: list[Foreseen] = []
    for each in _run(options, app, rehearsal, since):
        foreseen.append(each)
        if not options.json:
            _print(lines_of(each, several=several))
    totals = tally(foreseen)
    if options.json:
        print(json.dumps(as_json(foreseen, totals, since, whole=rehearsal.whole), indent=2))
    else:
        _print(total_lines(totals, most=options.most, whole=rehearsal.whole))
    if any(each.rows for each in foreseen):
        return 1
    return 0 if rehearsal.whole and not totals[Fate.UNKNOWN] else 2


def _since(options: argparse.Namespace, app: Connector) -> date | None:
    """Return the day from which everything is meant, None where a record is."""
    if any(getattr(options, kind) is not None for kind in Kind):
        return None
    today = app.world.clock().astimezone(EASTERN).date()
    day: date = options.since or today - timedelta(days=1)
    if day > today:
        raise NotPossibleError(f"{day} is still to come; it is {today} in FreshBooks' calendar.")
    return day


def _run(
    options: argparse.Namespace, app: Connector, rehearsal: Rehearsal, since: date | None
) -> Iterator[Foreseen]:
    if since is not None:
        chosen = chosen_business(options, app) if options.business else ""
        businesses = [chosen] if chosen else [each.id for each in app.businesses.list_all()]
        # Where none is connected this says so.
        businesses = businesses or [chosen_business(options, app)]
        if not options.json:
            print(f"What changed in FreshBooks since {since}", flush=True)
        yield from rehearsal.run(changed_since(rehearsal.freshbooks, businesses, since))
        return
    business = chosen_business(options, app)
    kind = next(kind for kind in Kind if getattr(options, kind) is not None)
    text = getattr(options, kind)
    found = Identify(app.freshbooks, app.journal).find(business, kind, text)
    if kind is Kind.CLIENT and len(found) > 1:
        names = ", ".join(f"{each.record.number} {each.shown.name}" for each in found)
        raise NotPossibleError(
            f"{len(found)} clients are called {text}: {names}. Name one by its id."
        )
    for called in found:
        yield from _run_one(rehearsal, called.record)


def _run_one(rehearsal: Rehearsal, record: RecordId) -> Iterator[Foreseen]:
    records: Iterable[RecordId] = [record]
    if record.kind is Kind.CLIENT:
        records = client_and_records(rehearsal.freshbooks, record)
    for each in rehearsal.run(records):
        if each.record == record and each.missing:
            raise unknown(record)
        yield each


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
    sys.stdout.flush()  # the next record takes a while
