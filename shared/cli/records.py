"""`python -m shared history`: what became of a record.

Never shows what a record holds: its number, ids, outcomes and reasons.
"""

import argparse

from shared.app import Connector
from shared.cli.commands import (
    Commands,
    add_account,
    add_command,
    chosen_business,
    printable,
)
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    kinds = [str(kind) for kind in Kind]
    history = add_command(
        commands,
        "history",
        "what happened to a record",
        details="Every outcome it ever had, with the reason.",
        examples=("python -m shared history invoice 4711",),
    )
    history.add_argument("kind", choices=kinds, metavar="|".join(kinds))
    history.add_argument("number", metavar="NUMBER", help="its number, or its id in FreshBooks")
    add_account(history)
    history.set_defaults(command=_history)


def _history(options: argparse.Namespace, app: Connector) -> int:
    business, kind = chosen_business(options, app), Kind(options.kind)
    found = list(app.journal.find_by_label(business, kind, options.number))
    if not found and options.number.isdecimal():
        record = RecordId(business, kind, int(options.number))
        found = [latest] if (latest := app.journal.get_latest(record)) else []
    for latest in found:
        number = latest.record.number
        print(f"{options.kind} {printable(latest.label) or number} (FreshBooks id {number})")
        _print_entry(latest)
        for entry in app.journal.list_history(latest.record):
            if entry != latest:
                _print_entry(entry)
        for row in latest.rows:
            print(f"  row {row}")
    if not found:
        print(f"Nothing was ever heard of {options.kind} {options.number}.")
    return 0 if found else 1


def _print_entry(entry: JournalEntry) -> None:
    reason = f": {printable(entry.reason)}" if entry.reason else ""
    trace = f"  trace {printable(entry.trace)}" if entry.trace else ""
    print(f"  {entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.outcome} ({entry.cause}){reason}{trace}")
