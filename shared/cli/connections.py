"""`python -m shared connections`: every login to FreshBooks, and how it stands.

Never shows a token. Exit codes: 0 all can be used, 1 somebody has to log in,
2 it could not be told.
"""

import argparse
import json

from shared.app import Connector
from shared.cli.commands import Commands, add_command, add_json, printable
from shared.core.connections import CONNECT, ConnectionStatus


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    connections = add_command(
        commands,
        "connections",
        "every login to FreshBooks",
        details="Which businesses it reads, how it stands, and who has to do what.",
        examples=("python -m shared connections", "python -m shared connections --json"),
    )
    add_json(connections)
    connections.set_defaults(command=_list)


def _list(options: argparse.Namespace, app: Connector) -> int:
    statuses = app.connections.list_statuses()
    if options.json:
        print(json.dumps([_as_json(status) for status in statuses], indent=2))
    else:
        for status in statuses:
            _print_status(status)
        if not statuses:
            print(f"No FreshBooks business is connected. {CONNECT}")
    if statuses and all(status.works for status in statuses):
        return 0
    return 1 if not statuses or any(status.needs_login for status in statuses) else 2


def _print_status(status: ConnectionStatus) -> None:
    ends = status.expires_at
    until = f", its access token until {ends:%Y-%m-%d %H:%M} UTC" if status.works and ends else ""
    print(f"{status.id}  {status.state}{until}")
    for business in status.businesses:
        print(f"  {business.id}  {printable(business.name)}")
    for line in filter(None, (status.problem, status.advice)):
        print(f"  {printable(line)}")


def _as_json(status: ConnectionStatus) -> dict[str, object]:
    return {
        "connection": status.id,
        "state": status.state,
        "businesses": [{"id": each.id, "name": each.name} for each in status.businesses],
        "expires_at": status.expires_at.isoformat() if status.expires_at else None,
        "scopes": status.scope.split(),
        "webhooks": [
            {
                "business": each.business,
                "noun": each.noun,
                "state": each.state,
                "seen": each.seen.isoformat() if each.seen else None,
            }
            for each in status.registrations
        ],
        "problem": status.problem,
        "advice": status.advice,
    }
