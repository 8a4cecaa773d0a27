"""`python -m shared dead-letters`: messages that cannot be handled, and what is decided about them.

Never shows what a record holds, but for what tells it from others.
"""

import argparse
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.app import Connector
from shared.cli.commands import Commands, add_command, add_json, command_line, printable
from shared.core.events import SyncRequest
from shared.core.journal import DeadLetter
from shared.errors import InvalidMessageError
from shared.sync.letters import Decided, Wanted

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_KEY: Final = "the first word of its line in the list"


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    letters = add_command(
        commands,
        "dead-letters",
        "messages that cannot be handled",
        details="Without a further word it lists those that wait for a decision.",
        examples=(
            "python -m shared dead-letters",
            "python -m shared dead-letters retry KEY",
            "python -m shared dead-letters retry --all",
            "python -m shared dead-letters retry --reason 0x80040265 --since 2h",
            "python -m shared dead-letters dismiss KEY",
            "python -m shared dead-letters dismissed",
            "python -m shared dead-letters undo KEY",
        ),
    )
    add_json(letters)
    letters.set_defaults(command=_list)
    fates = letters.add_subparsers(metavar="retry|dismiss|dismissed|undo")
    _add_choice(add_command(fates, "retry", "put them on the queue again", details=_CHOICE), _retry)
    _add_choice(
        add_command(
            fates,
            "dismiss",
            "leave them until their records change in FreshBooks",
            details=_CHOICE,
        ),
        _dismiss,
    )
    dismissed = add_command(fates, "dismissed", "list those that were dismissed")
    add_json(dismissed)
    dismissed.set_defaults(command=_list_dismissed)
    undo = add_command(fates, "undo", "take back that it was dismissed, and try it again")
    undo.add_argument("key", metavar="KEY", help=_KEY)
    undo.set_defaults(command=_undo)


_CHOICE: Final = "Say which: by KEY, by --reason, by --since, or --all; together they narrow it."


def _add_choice(
    parser: argparse.ArgumentParser, command: Callable[[argparse.Namespace, Connector], int]
) -> None:
    parser.add_argument("key", metavar="KEY", nargs="?", default="", help=_KEY)
    parser.add_argument("--all", action="store_true", help="every dead letter")
    parser.add_argument(
        "--reason", metavar="TEXT", default="", help="those whose reason holds this text"
    )
    parser.add_argument(
        "--since",
        type=_since,
        metavar="WHEN",
        help="those buried since then: 2026-11-02, 2026-11-02T15:00 (UTC), or 90m, 2h, 3d ago",
    )
    parser.set_defaults(command=command, lacking=_lacking)


def _lacking(options: argparse.Namespace) -> str:
    """Return what a command line lacks, "" for nothing: all of them is not said by saying none."""
    said = options.key or options.all or options.reason or options.since is not None
    return "" if said else "say which: KEY, --reason, --since, or --all"


def _since(text: str) -> datetime | timedelta:
    """Read a point in time, or how long ago it was."""
    if ago := re.fullmatch(r"(\d{1,4})([smhdw])", text, re.ASCII):
        return timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; write such as 2h, 3d or 2026-11-02T15:00 (UTC)"
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _wanted(options: argparse.Namespace, app: Connector) -> Wanted:
    since = options.since
    if isinstance(since, timedelta):
        since = app.world.clock() - since
    return Wanted(options.key, options.reason, since)


def _list(options: argparse.Namespace, app: Connector) -> int:
    letters = list(app.dead_letters.list_all())
    if options.json:
        print(json.dumps([_as_json(letter) for letter in letters], indent=2))
        return 0
    for letter in letters:
        print(f"{printable(letter.key)}  {letter.at:%Y-%m-%d %H:%M} UTC")
        print(f"  {printable(letter.reason)}")
        print(f"  retry:   {command_line('dead-letters', 'retry', letter.key)}")
        print(f"  dismiss: {command_line('dead-letters', 'dismiss', letter.key)}")
    print(f"{len(letters)} dead letters" if letters else "There are no dead letters")
    return 1 if letters else 0


def _list_dismissed(options: argparse.Namespace, app: Connector) -> int:
    letters = list(app.dead_letters.list_dismissed())
    if options.json:
        print(json.dumps([_as_json(letter) for letter in letters], indent=2))
        return 0
    for letter in letters:
        print(f"{printable(letter.key)}  dismissed {letter.dismissed_at:%Y-%m-%d %H:%M} UTC")
        print(f"  {printable(letter.reason)}")
        print(f"  undo: {command_line('dead-letters', 'undo', letter.key)}")
    print(f"{len(letters)} dismissed" if letters else "None is dismissed")
    return 0


def _retry(options: argparse.Namespace, app: Connector) -> int:
    decided = _carried_out(app.letters.retry(_wanted(options, app)), "on the queue again")
    for key in decided.unreadable:
        dismiss = command_line("dead-letters", "dismiss", key)
        print(f"{printable(key)} holds no message that could be sent: {dismiss}")
    return 1 if decided.unreadable else 0


def _dismiss(options: argparse.Namespace, app: Connector) -> int:
    decided = _carried_out(app.letters.dismiss(_wanted(options, app)), "dismissed")
    if decided.changed:
        print(f"{decided.changed} failed once more meanwhile and stay: look again.")
    return 1 if decided.changed else 0


def _carried_out(steps: Iterator[Decided], what: str) -> Decided:
    decided = Decided()
    for decided in steps:  # the last one counts
        print(f"{decided.done} {what}.", flush=True)
    if decided == Decided():
        print("No dead letter is as you say.")
    return decided


def _undo(options: argparse.Namespace, app: Connector) -> int:
    if app.letters.undo(options.key).unreadable:
        print(f"{printable(options.key)} is listed again; it holds no message that could be sent.")
        return 1
    print(f"{printable(options.key)} is on the queue again.")
    return 0


def _as_json(letter: DeadLetter) -> dict[str, object]:
    request = None
    with contextlib.suppress(InvalidMessageError):
        request = SyncRequest.parse(letter.body.encode())
    return {
        "key": letter.key,
        "at": letter.at.isoformat(),
        "reason": letter.reason,
        "code": letter.code,
        "request_id": letter.request_id,
        "account": request.business if request else None,
        "kind": str(request.kind) if request else None,
        "record": request.number if request else None,
        "label": letter.label,
        "name": letter.name,
        "amount": letter.amount,
        "currency": letter.currency,
        "dismissed_at": letter.dismissed_at.isoformat() if letter.dismissed_at else None,
    }
