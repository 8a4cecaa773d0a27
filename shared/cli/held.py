"""`python -m shared held`: clients, invoices and currencies that wait for a person, and decisions.

Never decides by itself.
"""

import argparse
import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID

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
from shared.core.identity import AwaitedKind, Kind
from shared.sync.review import Waiting


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    held = add_command(
        commands,
        "held",
        "clients and invoices that wait for a decision",
        details="Without a further word it lists them, with the decisions there are.",
        examples=(
            "python -m shared held",
            "python -m shared held link CLIENT ACCOUNT",
            "python -m shared held link invoice-NUMBER ROW",
            "python -m shared held create CLIENT",
            "python -m shared held ignore CLIENT",
            "python -m shared held unlink CLIENT",
            "python -m shared held ignored",
            "python -m shared held unignore CLIENT",
        ),
    )
    add_account(held)
    add_json(held)
    held.set_defaults(command=_list)
    decisions = held.add_subparsers(metavar="link|create|ignore|unlink|ignored|unignore")
    link = add_command(decisions, "link", "the client is this account, or the invoice this row")
    _add_client(link)
    link.add_argument(
        "row",
        type=_row,
        metavar="ROW",
        help="id of the account, or of the invoice, in Dataverse, a GUID",
    )
    link.set_defaults(command=_link)
    create = add_command(
        decisions, "create", "make an account for the client, or a row for the invoice"
    )
    _add_client(create)
    create.set_defaults(command=_create)
    ignore = add_command(
        decisions, "ignore", "leave the client and its records, or the invoice, out"
    )
    _add_client(ignore)
    ignore.set_defaults(command=_ignore)
    unlink = add_command(
        decisions,
        "unlink",
        "take the client's account, or the invoice's adopted row, from it",
        details="The client waits for a decision then; what is in Sales stays where it is until "
        "the client is linked again. An adopted row is only what it was before, and the invoice "
        "gets one of its own.",
    )
    _add_client(unlink)
    unlink.set_defaults(command=_unlink)
    ignored = add_command(decisions, "ignored", "list what is left out")
    add_account(ignored)
    add_json(ignored)
    ignored.set_defaults(command=_list_ignored)
    unignore = add_command(decisions, "unignore", "take back that it is left out")
    _add_client(unignore)
    unignore.set_defaults(command=_unignore)


def _add_client(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "subject",
        type=_subject,
        metavar="CLIENT",
        help="a client's number in FreshBooks, or invoice-NUMBER for an invoice",
    )
    add_account(parser)


_INVOICE: Final = f"{Kind.INVOICE}-"


@dataclass(frozen=True)
class _Subject:
    """What is decided about: a client or an invoice, by its number in FreshBooks."""

    kind: Kind
    number: int


def _subject(text: str) -> _Subject:
    kind = Kind.INVOICE if text.startswith(_INVOICE) else Kind.CLIENT
    number = text.removeprefix(_INVOICE)
    if not (number.isascii() and number.isdigit()):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no client's number in FreshBooks, and no invoice's as invoice-NUMBER"
        )
    return _Subject(kind, int(number))


def _row(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no id of a row in Dataverse; it stands behind `id=` in the address "
            "of its page"
        ) from None


def _list(options: argparse.Namespace, app: Connector) -> int:
    connected = [business.id for business in app.businesses.list_all()]
    waiting = _of_business(options, app, app.review.list_held())
    if options.json:
        print(json.dumps([_as_json(each) for each in waiting], indent=2))
        return 0
    for each in waiting:
        _print_hold(each, several=len(connected) > 1)
    print(f"{len(waiting)} held" if waiting else "Nothing is held")
    return 1 if waiting else 0


def _of_business(
    options: argparse.Namespace, app: Connector, found: list[Waiting]
) -> list[Waiting]:
    chosen = chosen_business(options, app) if options.business else ""
    return [each for each in found if each.hold.business == (chosen or each.hold.business)]


def _link(options: argparse.Namespace, app: Connector) -> int:
    business, subject = chosen_business(options, app), options.subject
    if subject.kind is Kind.INVOICE:
        app.invoice_review.link(business, subject.number, options.row)
        print(f"Invoice {subject.number} is the row {options.row}; its lines and totals stay.")
        return 0
    count = app.review.link(business, subject.number, options.row)
    print(f"Client {subject.number} is linked; {count} records follow.")
    return 0


def _create(options: argparse.Namespace, app: Connector) -> int:
    business, subject = chosen_business(options, app), options.subject
    if subject.kind is Kind.INVOICE:
        app.invoice_review.create(business, subject.number)
        print(f"Invoice {subject.number} has a row of its own.")
        return 0
    count = app.review.create(business, subject.number)
    print(f"An account was created for client {subject.number}; {count} waiting records follow.")
    return 0


def _ignore(options: argparse.Namespace, app: Connector) -> int:
    business, subject = chosen_business(options, app), options.subject
    if subject.kind is Kind.INVOICE:
        app.invoice_review.ignore(business, subject.number)
        print(f"Invoice {subject.number} is ignored.")
        return 0
    count = app.review.ignore(business, subject.number)
    print(f"Client {subject.number} is ignored; {count} waiting records are skipped.")
    return 0


def _unlink(options: argparse.Namespace, app: Connector) -> int:
    business, subject = chosen_business(options, app), options.subject
    if subject.kind is Kind.INVOICE:
        row = app.invoice_review.unlink(business, subject.number)
        print(f"Invoice {subject.number} is not the row {row} any more, which stays as it is.")
        return 0
    name = app.review.unlink(business, subject.number)
    print(f"Client {subject.number} is not the account {printable(name)} any more, and waits.")
    print(f"  link:   {command_line('held', 'link', subject.number, 'ACCOUNT')}")
    return 0


def _list_ignored(options: argparse.Namespace, app: Connector) -> int:
    connected = [business.id for business in app.businesses.list_all()]
    ignored = _of_business(options, app, app.review.list_ignored())
    if options.json:
        print(json.dumps([_as_json(each) for each in ignored], indent=2))
        return 0
    for each in ignored:
        hold = each.hold
        number, business = hold.awaited.name, hold.business if len(connected) > 1 else ""
        invoice = hold.awaited.kind is AwaitedKind.CHOSEN
        what, word = (Kind.INVOICE, f"{_INVOICE}{number}") if invoice else (Kind.CLIENT, number)
        name = printable(hold.name) or f"{what.capitalize()} {number}"
        print(f"{name}  ({hold.business} {what} {number}, since {hold.since:%Y-%m-%d %H:%M} UTC)")
        if each.records:
            print(f"  left out: {', '.join(f'{r.kind} {r.number}' for r in each.records)}")
        print(f"  take back: {command_line('held', 'unignore', word, business=business)}")
    print(f"{len(ignored)} ignored" if ignored else "No client is ignored")
    return 0


def _unignore(options: argparse.Namespace, app: Connector) -> int:
    business, subject = chosen_business(options, app), options.subject
    if subject.kind is Kind.INVOICE:
        app.invoice_review.unignore(business, subject.number)
        print(f"Invoice {subject.number} is looked at again.")
        return 0
    count = app.review.unignore(business, subject.number)
    print(f"Client {subject.number} is looked at again; {count} waiting records follow it.")
    return 0


def _print_hold(waiting: Waiting, *, several: bool) -> None:
    hold = waiting.hold
    since = f"since {hold.since:%Y-%m-%d %H:%M} UTC"
    print(f"{printable(hold.name)}  ({hold.business} {hold.awaited}, {since})")
    print(f"  {printable(hold.reason)}")
    if waiting.records:
        print(f"  waiting: {', '.join(f'{r.kind} {r.number}' for r in waiting.records)}")
    for candidate in hold.candidates:
        note = f" ({printable(candidate.note)})" if candidate.note else ""
        print(f"  candidate: {candidate.account}  {printable(candidate.name)}{note}")
    words = {
        AwaitedKind.CLIENT: hold.awaited.name,
        AwaitedKind.EXISTING: f"{_INVOICE}{hold.awaited.name}",
    }
    word, business = words.get(hold.awaited.kind), hold.business if several else ""
    if word is not None:
        for row in [str(each.account) for each in hold.candidates] or ["ACCOUNT"]:
            print(f"  link:   {command_line('held', 'link', word, row, business=business)}")
        print(f"  create: {command_line('held', 'create', word, business=business)}")
        print(f"  ignore: {command_line('held', 'ignore', word, business=business)}")


def _as_json(waiting: Waiting) -> dict[str, object]:
    hold = waiting.hold
    return {
        "account": hold.business,
        "subject": str(hold.awaited),
        "name": hold.name,
        "reason": hold.reason,
        "since": hold.since.isoformat(),
        "candidates": [
            {"account": str(c.account), "name": c.name, "note": c.note} for c in hold.candidates
        ],
        "waiting": [{"kind": str(r.kind), "record": r.number} for r in waiting.records],
    }
