"""`python -m shared held`: clients and currencies that wait for a person, and the decisions.

Never decides by itself.
"""

import argparse
import json
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
from shared.core.identity import AwaitedKind
from shared.sync.review import Waiting


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    held = add_command(
        commands,
        "held",
        "clients that wait for a decision",
        details="Without a further word it lists them, with the decisions there are.",
        examples=(
            "python -m shared held",
            "python -m shared held link CLIENT ACCOUNT",
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
    link = add_command(decisions, "link", "the client is this account")
    _add_client(link)
    link.add_argument(
        "row", type=_row, metavar="ACCOUNT", help="id of the account in Dataverse, a GUID"
    )
    link.set_defaults(command=_link)
    create = add_command(decisions, "create", "make an account for the client")
    _add_client(create)
    create.set_defaults(command=_create)
    ignore = add_command(decisions, "ignore", "leave the client and its records out")
    _add_client(ignore)
    ignore.set_defaults(command=_ignore)
    unlink = add_command(
        decisions,
        "unlink",
        "take the client's account from it",
        details="The client waits for a decision then; what is in Sales stays where it is until "
        "the client is linked again.",
    )
    _add_client(unlink)
    unlink.set_defaults(command=_unlink)
    ignored = add_command(decisions, "ignored", "list the clients that are left out")
    add_account(ignored)
    add_json(ignored)
    ignored.set_defaults(command=_list_ignored)
    unignore = add_command(decisions, "unignore", "take back that the client is left out")
    _add_client(unignore)
    unignore.set_defaults(command=_unignore)


def _add_client(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("client", type=int, metavar="CLIENT", help="its number in FreshBooks")
    add_account(parser)


def _row(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no id of an account in Dataverse; it stands behind `id=` in the address "
            "of the account's page"
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
    count = app.review.link(chosen_business(options, app), options.client, options.row)
    print(f"Client {options.client} is linked; {count} records follow.")
    return 0


def _create(options: argparse.Namespace, app: Connector) -> int:
    count = app.review.create(chosen_business(options, app), options.client)
    print(f"An account was created for client {options.client}; {count} waiting records follow.")
    return 0


def _ignore(options: argparse.Namespace, app: Connector) -> int:
    count = app.review.ignore(chosen_business(options, app), options.client)
    print(f"Client {options.client} is ignored; {count} waiting records are skipped.")
    return 0


def _unlink(options: argparse.Namespace, app: Connector) -> int:
    business = chosen_business(options, app)
    name = app.review.unlink(business, options.client)
    print(f"Client {options.client} is not the account {printable(name)} any more, and waits.")
    print(f"  link:   {command_line('held', 'link', options.client, 'ACCOUNT')}")
    return 0


def _list_ignored(options: argparse.Namespace, app: Connector) -> int:
    connected = [business.id for business in app.businesses.list_all()]
    ignored = _of_business(options, app, app.review.list_ignored())
    if options.json:
        print(json.dumps([_as_json(each) for each in ignored], indent=2))
        return 0
    for each in ignored:
        hold = each.hold
        client, business = hold.awaited.name, hold.business if len(connected) > 1 else ""
        name = printable(hold.name) or f"Client {client}"
        print(f"{name}  ({hold.business} client {client}, since {hold.since:%Y-%m-%d %H:%M} UTC)")
        if each.records:
            print(f"  left out: {', '.join(f'{r.kind} {r.number}' for r in each.records)}")
        print(f"  take back: {command_line('held', 'unignore', client, business=business)}")
    print(f"{len(ignored)} ignored" if ignored else "No client is ignored")
    return 0


def _unignore(options: argparse.Namespace, app: Connector) -> int:
    count = app.review.unignore(chosen_business(options, app), options.client)
    print(f"Client {options.client} is looked at again; {count} waiting records follow it.")
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
    if hold.awaited.kind is AwaitedKind.CLIENT:
        client, business = hold.awaited.name, hold.business if several else ""
        for account in [str(each.account) for each in hold.candidates] or ["ACCOUNT"]:
            print(f"  link:   {command_line('held', 'link', client, account, business=business)}")
        print(f"  create: {command_line('held', 'create', client, business=business)}")
        print(f"  ignore: {command_line('held', 'ignore', client, business=business)}")


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
