"""`python -m shared reconcile`: FreshBooks beside Sales, what differs and why, and asking for it.

Never asks for anything unless told to. Exit codes: 0 both are equal but for what was decided, 1
something differs, 2 it could not be compared, 3 more would be cancelled than the guard allows.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from shared.app import Connector
from shared.cli.commands import (
    PROGRAM,
    Commands,
    add_account,
    add_command,
    add_json,
    chosen_business,
    printable,
)
from shared.core.identity import Kind
from shared.core.reconcile.guard import Stopped
from shared.core.reconcile.months import read_month
from shared.core.records import EASTERN
from shared.errors import NotPossibleError

_GUARDED: Final = 3
_KINDS: Final = (Kind.INVOICE, Kind.PAYMENT, Kind.CREDIT, Kind.EXPENSE, Kind.CLIENT)
_MOST_LINES: Final = 200  # in the terminal; files have them all


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    reconcile = add_command(
        commands,
        "reconcile",
        "FreshBooks beside Sales: counts, sums and every difference with its cause",
        details="It reads both sides, changes nothing, and says whether FreshBooks is Sales and "
        "what is listed. With --fix it asks for what differs, whatever a poll takes for known.",
        examples=(
            "python -m shared reconcile",
            "python -m shared reconcile --month 2026-10 --page october.html",
            "python -m shared reconcile --kinds invoice,payment --csv differences.csv",
            "python -m shared reconcile --fix",
            "python -m shared reconcile --fix --yes-cancel 120",
        ),
    )
    reconcile.add_argument(
        "--month", metavar="MONTH", help="records of one month, such as 2026-10, by their own date"
    )
    reconcile.add_argument(
        "--kinds",
        type=_kinds,
        default=_KINDS,
        metavar="KINDS",
        help=f"some of {','.join(_KINDS)}",
    )
    add_account(reconcile)
    reconcile.add_argument(
        "--business", dest="business", metavar="ACCOUNT", help="the same as --account"
    )
    reconcile.add_argument("--fix", action="store_true", help="ask for what differs")
    reconcile.add_argument(
        "--yes-cancel",
        type=_count,
        metavar="COUNT",
        help="with --fix: cancel so many rows though they are more than a share of all",
    )
    reconcile.add_argument("--csv", type=Path, metavar="FILE", help="write a table for programs")
    reconcile.add_argument("--page", type=Path, metavar="FILE", help="write the page to be signed")
    add_json(reconcile)
    reconcile.set_defaults(command=_reconcile, lacking=_lacking)


def _kinds(text: str) -> tuple[Kind, ...]:
    words = [word.strip() for word in text.split(",")]
    unknown = [word for word in words if word not in _KINDS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"there is no kind {', '.join(map(repr, unknown))}; write some of {','.join(_KINDS)}"
        )
    return tuple(kind for kind in _KINDS if kind in words)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)


def _lacking(options: argparse.Namespace) -> str:
    """Return what a command line lacks, "" for nothing."""
    return "--yes-cancel needs --fix" if options.yes_cancel is not None and not options.fix else ""


def _reconcile(options: argparse.Namespace, app: Connector) -> int:
    from shared.cli import reconciled
    from shared.console.signed_page import signed_page

    month = _month(options, app)
    businesses = _businesses(options, app)
    whole = app.reconciling.whole
    shows = sys.stderr.isatty() and not options.json
    told = _told if shows else _silent
    report = whole.run(businesses, kinds=options.kinds, month=month, told=told)
    told("")
    _write(options.csv, lambda: reconciled.as_csv(report))
    _write(options.page, lambda: signed_page(report))
    asked = None
    if options.fix:
        try:
            asked = whole.fix(report, cancel=options.yes_cancel)
        except ValueError as error:
            raise NotPossibleError(f"Nothing was asked for: {error}.") from error
    if options.json:
        print(json.dumps(reconciled.as_json(report, asked=asked), indent=2))
    else:
        for line in reconciled.lines_of(report, most=_MOST_LINES):
            print(line)
        _print_what_follows(options, report.stopped, asked)
    if report.stopped and options.yes_cancel is None:
        return _GUARDED
    return 1 if report.troubles or not report.is_whole else 0


def _month(options: argparse.Namespace, app: Connector) -> str:
    if options.month is None:
        return ""
    try:
        return read_month(options.month, today=app.world.clock().astimezone(EASTERN).date())
    except ValueError as error:
        raise NotPossibleError(f"--month {error}.") from error


def _businesses(options: argparse.Namespace, app: Connector) -> Sequence[str]:
    every = [each.id for each in app.businesses.list_all()]
    if options.business or not every:
        return [chosen_business(options, app)]
    return sorted(every)


def _write(file: Path | None, text: Callable[[], str]) -> None:
    if file is None:
        return
    try:
        # As it is: a table for programs ends its lines in its own way.
        file.write_bytes(text().encode())
    except OSError as error:
        raise NotPossibleError(f"{file} cannot be written: {error.strerror}.") from error


def _print_what_follows(
    options: argparse.Namespace, stopped: Sequence[Stopped], asked: int | None
) -> None:
    for each in stopped:
        print(printable(each.text))
    if stopped and options.yes_cancel is None:
        count = sum(each.would for each in stopped)
        print(f"If that is right: {PROGRAM} reconcile --fix --yes-cancel {count}")
    if asked is not None:
        print(f"{asked} records are asked for and follow within minutes.")


def _told(text: str) -> None:
    print(f"\r\x1b[K{printable(text)}", end="", file=sys.stderr, flush=True)


def _silent(_text: str) -> None:
    pass
