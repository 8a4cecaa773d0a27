"""`python -m shared backfill`: carry a history in bulk, and see, pause, resume or end it.

Never carries anything itself: the app does, and the terminal shows how far it is. Exit codes: 0 it
is done, or stands as it was told to, 1 it was cancelled, 2 it could not be done.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from datetime import date
from typing import Final

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
from shared.cli.progress import as_json, line_of, shown
from shared.core.identity import Kind
from shared.core.records import EASTERN
from shared.core.runs import KINDS, Counts, Progress, Run, RunState, Work
from shared.core.spans import Span
from shared.errors import NotPossibleError
from shared.sync.backfill.foreseeing import Foreseen

_LOOK_EVERY: Final = 1.0  # seconds
_WORDS: Final = {
    "status": "how far the backfill of a history is",
    "pause": "pause it: pages that are under way are ended, no other is begun",
    "resume": "go on with a paused one, and show how far it is",
    "cancel": "end it; what was carried stays, and polls carry the rest",
}


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    backfill = add_command(
        commands,
        "backfill",
        "carry a history into Dynamics in bulk",
        details="It begins and shows how far it is; Ctrl-C leaves it running. The app carries "
        "pages of a hundred records, the newest first, and what happens meanwhile goes ahead of "
        "them. It ends with a proof that nothing is missing.",
        examples=(
            "python -m shared backfill",
            "python -m shared backfill --kinds invoice,payment --from 2024-01-01",
            "python -m shared backfill --missing",
            "python -m shared backfill --dry-run",
            "python -m shared backfill status --json",
            "python -m shared backfill pause",
        ),
    )
    backfill.add_argument(
        "--kinds",
        type=_kinds,
        default=KINDS,
        metavar="KINDS",
        help=f"which records, separated by commas: {', '.join(KINDS)}; all by default",
    )
    backfill.add_argument(
        "--from",
        dest="first",
        type=_day,
        metavar="DAY",
        help="the first day of invoices, payments and expenses, such as 2024-01-01; clients and "
        "credits have all days",
    )
    backfill.add_argument(
        "--to", dest="last", type=_day, metavar="DAY", help="the last day, likewise"
    )
    backfill.add_argument(
        "--missing",
        action="store_true",
        help="write what Dynamics does not have; leave what it has as it is",
    )
    backfill.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would be written, from here, and write nothing",
    )
    _add_shared(backfill, detach=True)
    backfill.set_defaults(command=_start, action="", lacking=_lacking)
    actions = backfill.add_subparsers(metavar="|".join(_WORDS))
    for name, summary in _WORDS.items():
        action = add_command(actions, name, summary, examples=(command_line("backfill", name),))
        _add_shared(action, detach=name == "resume")
        action.set_defaults(command=_COMMANDS[name], action=name)


def _add_shared(parser: argparse.ArgumentParser, *, detach: bool) -> None:
    if detach:
        parser.add_argument("--detach", action="store_true", help="do not wait for its end")
    add_account(parser)
    add_json(parser)


def _kinds(text: str) -> tuple[Kind, ...]:
    named = [each.strip() for each in text.split(",") if each.strip()]
    unknown = [each for each in named if each not in set(KINDS)]
    if unknown or not named:
        wrong = ", ".join(unknown) or "nothing"
        raise argparse.ArgumentTypeError(f"{wrong}: there are {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in named)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write such as 2024-01-31") from None


def _lacking(options: argparse.Namespace) -> str:
    """Return what is wrong with options that are right one by one, "" for nothing."""
    chosen = options.first or options.last or options.missing or options.dry_run
    if options.action and (chosen or options.kinds != KINDS):
        return f"{options.action} is about the backfill that was begun: it takes no choice"
    if options.dry_run and options.detach:
        return "--dry-run is done from here: there is nothing to --detach from"
    if options.first and options.last and options.first > options.last:
        return f"--from {options.first} is after --to {options.last}"
    return ""


def _start(options: argparse.Namespace, app: Connector) -> int:
    business = chosen_business(options, app)
    today = app.world.clock().astimezone(EASTERN).date()
    if options.first is not None and options.first > today:
        raise NotPossibleError(
            f"{options.first} is still to come; it is {today} in FreshBooks' calendar."
        )
    span = Span(options.first, options.last)
    choice = {"kinds": options.kinds, "span": span, "missing": options.missing}
    if options.dry_run:
        return _dry_run(options, app, app.backfills.planned(business, **choice))
    app.backfills.start(business, **choice)
    return _follow(options, app, business)


def _status(options: argparse.Namespace, app: Connector) -> int:
    progress = _progress(app, chosen_business(options, app))
    _print(options, progress, line_of(progress))
    return int(progress.run.state is RunState.CANCELLED)


def _pause(options: argparse.Namespace, app: Connector) -> int:
    business = chosen_business(options, app)
    app.backfills.pause(business)
    goes_on = _command(app, "resume", business=business)
    _print(options, _progress(app, business), f"Paused. It goes on with: {goes_on}")
    return 0


def _resume(options: argparse.Namespace, app: Connector) -> int:
    business = chosen_business(options, app)
    app.backfills.resume(business)
    return _follow(options, app, business)


def _cancel(options: argparse.Namespace, app: Connector) -> int:
    business = chosen_business(options, app)
    app.backfills.cancel(business)
    said = "Cancelled. What was carried stays, and polls carry the rest."
    _print(options, _progress(app, business), said)
    return 0


_COMMANDS: Final = {"status": _status, "pause": _pause, "resume": _resume, "cancel": _cancel}


def _print(options: argparse.Namespace, progress: Progress, said: str) -> None:
    print(json.dumps(as_json(progress), indent=2) if options.json else printable(said))


def _command(app: Connector, *words: str, business: str) -> str:
    """Return a command line about backfills; it names the account where there are several."""
    several = len(app.businesses.list_all()) > 1
    return command_line("backfill", *words, business=business if several else "")


def _progress(app: Connector, business: str) -> Progress:
    progress = app.backfills.progress(business)
    if progress is None:
        begin = _command(app, business=business)
        raise NotPossibleError(f"There was no backfill of {business}; begin one with: {begin}")
    return progress


def _follow(options: argparse.Namespace, app: Connector, business: str) -> int:
    """Show how far it is until it has ended."""
    goes_on = f"It goes on by itself; see: {_command(app, 'status', business=business)}"
    if options.detach:
        _print(options, _progress(app, business), goes_on)
        return 0

    def looks() -> Iterable[Progress]:
        while True:
            progress = _progress(app, business)
            yield progress
            if progress.run.state is not RunState.RUNNING:
                return
            time.sleep(_LOOK_EVERY)

    try:
        last = _last(looks()) if options.json else shown(looks())
    except KeyboardInterrupt:
        print(f"\n{goes_on}", file=sys.stderr if options.json else sys.stdout)
        raise
    if options.json:
        print(json.dumps(as_json(last), indent=2))
    return int(last.run.state is RunState.CANCELLED)


def _last(looks: Iterable[Progress]) -> Progress:
    *_, last = looks
    return last


def _dry_run(options: argparse.Namespace, app: Connector, run: Run) -> int:
    found: list[Foreseen] = []
    for each in app.backfills.foresee(run):
        found.append(each)
        if not options.json and each.step.work is Work.CARRY:
            print(f"{each.step}: {_counted(each.counts)}", flush=True)
    counts = sum((each.counts for each in found), Counts())
    if options.json:
        print(json.dumps({"business": run.business, **_named(counts)}, indent=2))
    else:
        print(f"in all: {_counted(counts)}")
        print("Nothing was written.")
    return 0


_FATES: Final[dict[str, str]] = {
    "created": "would be created",
    "updated": "would be changed",
    "unchanged": "are as they should be",
    "skipped": "are left out as they are, such as drafts",
    "waiting": "would wait for a decision about their client, or for a currency",
    "known": "are on record already, and are left to that",
    "alone": "would be looked at one by one: their client is not linked yet, or Dynamics has more "
    "of them than is plain",
}


def _named(counts: Counts) -> dict[str, int]:
    return {"listed": counts.listed, **{name: getattr(counts, name) for name in _FATES}}


def _counted(counts: Counts) -> str:
    told = [
        f"{getattr(counts, name)} {words}"
        for name, words in _FATES.items()
        if getattr(counts, name)
    ]
    return f"{counts.listed} records; " + ("; ".join(told) or "nothing to do")
