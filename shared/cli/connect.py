"""`python -m shared connect`: the login to FreshBooks and its webhooks.

Never shows the code, the state or a token after they were used.
"""

import argparse
import secrets
import sys
import time
from urllib.parse import parse_qs, urlsplit

from shared.app import Connector
from shared.cli.commands import Commands
from shared.errors import ConfigurationError

HANDSHAKE_PATIENCE = 60.0  # seconds


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    connect = commands.add_parser("connect", help="log in to FreshBooks and register the webhooks")
    connect.add_argument("--account", help="FreshBooks account id, if the login has several")
    connect.set_defaults(command=_connect)


def _connect(options: argparse.Namespace, app: Connector) -> int:
    state = secrets.token_urlsafe(24)
    print("Open this address, log in to FreshBooks and allow the access:\n")
    print(f"  {app.connect.authorize_url(state)}\n")
    print("Then paste the address your browser was sent to:", flush=True)
    answer = parse_qs(urlsplit(sys.stdin.readline().strip()).query)
    if answer.get("error"):
        raise ConfigurationError(
            f"FreshBooks did not allow it: {answer['error'][0]}. Run the command again."
        )
    if not secrets.compare_digest(answer.get("state", [""])[0].encode(), state.encode()):
        raise ConfigurationError(
            "The address belongs to another attempt. Run the command again and use its address."
        )
    if not answer.get("code"):
        raise ConfigurationError("The address holds no code. Paste it whole, with its query.")
    business = app.connect.finish(answer["code"][0], account=options.account)
    print(f"Connected to {business.name} ({business.account}).")
    app.connect.register(business.account or "")
    return _wait_for_webhooks(app)


def _wait_for_webhooks(app: Connector) -> int:
    deadline = time.monotonic() + HANDSHAKE_PATIENCE
    while pending := app.connect.settle():
        if time.monotonic() > deadline:
            print(
                f"{len(pending)} webhooks are not verified yet. FreshBooks must reach "
                f"{app.settings.public_url}; the next poll tries again."
            )
            return 1
        time.sleep(0.5)
    for registration in app.registrations.list_all():
        print(f"Webhook {registration.noun} is {registration.state}: {registration.uri}")
    return 0
