"""`python -m shared sync`: one record carried over now, and what was read, decided and written.

Never chooses between several that are called so. Exit codes: 0 Sales shows what FreshBooks has, 1
it does not yet, and the text says why, 2 it could not be done, or several are called so.
"""

import argparse
import json
import time
from collections.abc import Sequence
from typing import Final

from shared.app import Connector
from shared.at_once import at_once_of
from shared.cli.commands import Commands, add_account, add_command, add_json, chosen_business
from shared.cli.foreseen import record_as_json
from shared.cli.synced import choice_lines, done_lines, read_as_json
from shared.core.called import Called
from shared.core.identity import Kind
from shared.core.outcomes import OutcomeName
from shared.sync.at_once import Done
from shared.sync.identify import Identify

# What is asked for most comes first; categories are no records that Sales shows.
_KINDS: Final = (Kind.INVOICE, Kind.CLIENT, Kind.PAYMENT, Kind.EXPENSE, Kind.CREDIT)
_MEANT: Final = {
    Kind.CLIENT: "a client by its name, a part of it, or its id in FreshBooks",
    Kind.INVOICE: "an invoice by its number, or its id in FreshBooks",
    Kind.PAYMENT: "a payment by its id in FreshBooks, or the number of its invoice",
    Kind.CREDIT: "a credit by its number, or its id in FreshBooks",
}
# Whatever is left out by a decision, Sales shows what it is to show.
_AS_IT_SHOULD_BE: Final = {
    OutcomeName.CREATED,
    OutcomeName.UPDATED,
    OutcomeName.CANCELLED,
    OutcomeName.UNCHANGED,
    OutcomeName.SKIPPED,
}
PATIENCE: Final = 60.0  # seconds that the app is waited for


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    sync = add_command(
        commands,
        "sync",
        "carry one record over now, and say what was read, decided and written",
        details="The command does it itself, with your own sign-in; where you may not write to "
        "Dynamics, or a service does not answer you, the app is asked and waited for.",
        examples=(
            "python -m shared sync --invoice 0004711",
            "python -m shared sync --client 'Aster Works'",
            "python -m shared sync --payment 12345 --json",
        ),
    )
    which = sync.add_mutually_exclusive_group(required=True)
    for kind in _KINDS:
        meant = _MEANT.get(kind, f"an {kind} by its id in FreshBooks")
        which.add_argument(f"--{kind}", dest=kind, metavar="NUMBER", help=meant)
    add_account(sync)
    add_json(sync)
    sync.set_defaults(command=_sync)


def _sync(options: argparse.Namespace, app: Connector) -> int:
    began = time.monotonic()
    business = chosen_business(options, app)
    kind = next(kind for kind in _KINDS if getattr(options, kind) is not None)
    text: str = getattr(options, kind)
    found = Identify(app.freshbooks, app.journal).find(business, kind, text)
    if len(found) > 1:
        _print_choice(found, kind, text, business=options.business or "", as_json=options.json)
        return 2
    done = at_once_of(app, pause=time.sleep, patience=PATIENCE).carry(found[0].record)
    seconds = time.monotonic() - began
    if options.json:
        print(json.dumps(_as_json(done, seconds), indent=2))
    else:
        for line in done_lines(done, seconds):
            print(line)
    return 0 if done.outcome in _AS_IT_SHOULD_BE else 1


def _print_choice(
    found: Sequence[Called], kind: Kind, text: str, *, business: str, as_json: bool
) -> None:
    if as_json:
        several = [_called_as_json(each) for each in found]
        print(json.dumps({"several": several}, indent=2))
        return
    for line in choice_lines(found, kind, text, business=business):
        print(line)


def _called_as_json(called: Called) -> dict[str, object]:
    record, shown = called.record, called.shown
    return {
        "account": record.business,
        "kind": record.kind,
        "record": record.number,
        "number": shown.label,
        "name": shown.name,
        "amount": shown.amount,
        "currency": shown.currency,
    }


def _as_json(done: Done, seconds: float) -> dict[str, object]:
    return {
        **_called_as_json(Called(done.record, done.shown)),
        "read": read_as_json(done.source),
        "outcome": done.outcome,
        "reason": done.reason,
        "on_account": done.account,
        "linked_because": done.linked,
        "written": [record_as_json(each) for each in done.written],
        "follows": [{"kind": each.kind, "record": each.number} for each in done.asked],
        "done_by": "app" if done.not_here else "terminal",
        "not_here_because": done.not_here,
        "seconds": round(seconds, 1),
    }
