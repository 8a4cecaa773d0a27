"""`python -m shared history` and `dead-letters`: what became of a record or a message.

Never shows what a record holds: its number, ids, outcomes and reasons.
"""

import argparse
import json

from shared.app import Connector
from shared.cli.commands import Commands, chosen_business, printable
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.errors import NotPossibleError


def add_history_to(commands: Commands) -> None:
    """Add `history` to the parser."""
    history = commands.add_parser("history", help="what happened to a record")
    history.add_argument("kind", type=Kind, metavar="|".join(Kind))
    history.add_argument("number", help="its number, or its id in FreshBooks")
    history.add_argument(
        "--account", dest="business", help="FreshBooks account id, if several are connected"
    )
    history.set_defaults(command=_history)


def add_dead_letters_to(commands: Commands) -> None:
    """Add `dead-letters` to the parser."""
    letters = commands.add_parser("dead-letters", help="messages that cannot be handled")
    letters.add_argument("--json", action="store_true", help="print JSON")
    letters.set_defaults(command=_dead_letters)
    fates = letters.add_subparsers(metavar="retry|dismiss")
    retry = fates.add_parser("retry", help="put it on the queue again")
    retry.add_argument("key")
    retry.set_defaults(command=_dead_letters_retry)
    dismiss = fates.add_parser("dismiss", help="forget it")
    dismiss.add_argument("key")
    dismiss.set_defaults(command=_dead_letters_dismiss)


def _history(options: argparse.Namespace, app: Connector) -> int:
    business = chosen_business(options, app)
    found = list(app.journal.find_by_label(business, options.kind, options.number))
    if not found and options.number.isdigit():
        record = RecordId(business, options.kind, int(options.number))
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
        print(f"{letter.key}  {letter.at:%Y-%m-%d %H:%M} UTC")
        print(f"  {printable(letter.reason)}")
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
