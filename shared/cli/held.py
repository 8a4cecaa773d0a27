"""`python -m shared held`: clients and currencies that wait for a person, and the decisions.

Never decides by itself.
"""

import argparse
import json
from uuid import UUID

from shared.app import Connector
from shared.cli.commands import Commands, chosen_business, printable
from shared.core.identity import AwaitedKind
from shared.sync.review import Waiting


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    held = commands.add_parser("held", help="clients that wait for a decision")
    held.add_argument(
        "--account", dest="business", help="FreshBooks account id, if several are connected"
    )
    held.add_argument("--json", action="store_true", help="print JSON")
    held.set_defaults(command=_list)
    decisions = held.add_subparsers(metavar="link|create|ignore")
    link = decisions.add_parser("link", help="the client is this account")
    link.add_argument("client", type=int)
    link.add_argument("row", type=UUID, metavar="ACCOUNT", help="id of the account in Dataverse")
    link.set_defaults(command=_link)
    create = decisions.add_parser("create", help="make an account for the client")
    create.add_argument("client", type=int)
    create.set_defaults(command=_create)
    ignore = decisions.add_parser("ignore", help="leave the client and its records out")
    ignore.add_argument("client", type=int)
    ignore.set_defaults(command=_ignore)


def _list(options: argparse.Namespace, app: Connector) -> int:
    waiting = app.review.list_held()
    if options.json:
        print(json.dumps([_as_json(each) for each in waiting], indent=2))
        return 0
    for each in waiting:
        _print_hold(each)
    print(f"{len(waiting)} held" if waiting else "Nothing is held")
    return 1 if waiting else 0


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


def _print_hold(waiting: Waiting) -> None:
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
        client = hold.awaited.name
        print(f"  decide: held link {client} ACCOUNT | held create {client} | held ignore {client}")


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
