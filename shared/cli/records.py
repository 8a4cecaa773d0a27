"""`python -m shared history` and `dead-letters`: what became of a record or a message.

Never shows what a record holds: its number, ids, outcomes and reasons.
"""

import argparse
import json

from shared.app import Connector
from shared.cli.commands import (
    Commands,
    add_account,
    add_command,
    add_json,
    chosen_business,
    command_line,
    printable,
)
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.errors import NotPossibleError


def add_history_to(commands: Commands) -> None:
    """Add `history` to the parser."""
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


def add_dead_letters_to(commands: Commands) -> None:
    """Add `dead-letters` to the parser."""
    letters = add_command(
        commands,
        "dead-letters",
        "messages that cannot be handled",
        details="Without a further word it lists them.",
        examples=(
            "python -m shared dead-letters",
            "python -m shared dead-letters retry KEY",
            "python -m shared dead-letters dismiss KEY",
        ),
    )
    add_json(letters)
    letters.set_defaults(command=_dead_letters)
    fates = letters.add_subparsers(metavar="retry|dismiss")
    retry = add_command(fates, "retry", "put it on the queue again")
    retry.add_argument("key", metavar="KEY", help="the first word of its line in the list")
    retry.set_defaults(command=_dead_letters_retry)
    dismiss = add_command(fates, "dismiss", "forget it")
    dismiss.add_argument("key", metavar="KEY", help="the first word of its line in the list")
    dismiss.set_defaults(command=_dead_letters_dismiss)


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


def _dead_letters(options: argparse.Namespace, app: Connector) -> int:
    letters = list(app.dead_letters.list_all())
    if options.json:
        print(json.dumps([{"key": x.key, "reason": x.reason, "code": x.code} for x in letters]))
        return 0
    for letter in letters:
        print(f"{printable(letter.key)}  {letter.at:%Y-%m-%d %H:%M} UTC")
        print(f"  {printable(letter.reason)}")
        print(f"  retry:   {command_line('dead-letters', 'retry', letter.key)}")
        print(f"  dismiss: {command_line('dead-letters', 'dismiss', letter.key)}")
    print(f"{len(letters)} dead letters" if letters else "There are no dead letters")
    return 1 if letters else 0


def _dead_letters_retry(options: argparse.Namespace, app: Connector) -> int:
    app.review.retry(options.key)
    print(f"{options.key} is on the queue again.")
    return 0


def _dead_letters_dismiss(options: argparse.Namespace, app: Connector) -> int:
    if app.dead_letters.get(options.key) is None:
        raise NotPossibleError(f"There is no dead letter {options.key}.")
    app.dead_letters.delete(options.key)
    print(f"{options.key} is dismissed.")
    return 0
