"""`python -m shared connections`: every login to FreshBooks, and how it stands.

Never shows a token. Exit codes: 0 all can be used, 1 somebody has to log in,
2 it could not be told.
"""

import argparse
import json
from collections.abc import Mapping

from shared.app import Connector
from shared.cli.commands import Commands, add_command, add_json, printable
from shared.cli.progress import as_json
from shared.core.connections import CONNECT, ConnectionStatus
from shared.core.histories import History, say


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    connections = add_command(
        commands,
        "connections",
        "every login to FreshBooks",
        details="Which businesses it reads, how it stands, how far their histories are, and who "
        "has to do what.",
        examples=("python -m shared connections", "python -m shared connections --json"),
    )
    add_json(connections)
    connections.set_defaults(command=_list)


def _list(options: argparse.Namespace, app: Connector) -> int:
    statuses = app.connections.list_statuses()
    histories: dict[str | None, History] = {
        each.business: each for each in app.backfills.histories().shown
    }
    if options.json:
        print(json.dumps([_as_json(status, histories) for status in statuses], indent=2))
    else:
        for status in statuses:
            _print_status(status, histories)
        if not statuses:
            print(f"No FreshBooks business is connected. {CONNECT}")
    if statuses and all(status.works for status in statuses):
        return 0
    return 1 if not statuses or any(status.needs_login for status in statuses) else 2


def _print_status(status: ConnectionStatus, histories: Mapping[str | None, History]) -> None:
    ends = status.expires_at
    until = f", its access token until {ends:%Y-%m-%d %H:%M} UTC" if status.works and ends else ""
    print(f"{status.id}  {status.state}{until}")
    for business in status.businesses:
        print(f"  {business.id}  {printable(business.name)}")
        if (history := histories.get(business.id)) is not None:
            print(f"    history {history.standing}: {printable(say(history))}")
    for line in filter(None, (status.problem, status.advice)):
        print(f"  {printable(line)}")


def _as_json(
    status: ConnectionStatus, histories: Mapping[str | None, History]
) -> dict[str, object]:
    return {
        "connection": status.id,
        "state": status.state,
        "businesses": [
            {"id": each.id, "name": each.name, "history": _history(histories.get(each.id))}
            for each in status.businesses
        ],
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


def _history(history: History | None) -> dict[str, object] | None:
    if history is None:
        return None
    return {"standing": history.standing.value, **as_json(history.progress)}
