"""`python -m shared webhooks`: our callbacks in FreshBooks, listed, repaired, removed.

Never shows the last part of an address: it is known to FreshBooks and the app only.
"""

import argparse
import time

from shared.app import Connector
from shared.cli.commands import Commands, add_account, add_command, chosen_business
from shared.core.connections import Registration
from shared.core.webhook_address import webhook_prefix
from shared.errors import NeedsPersonError

PATIENCE = 60.0  # seconds


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    webhooks = add_command(
        commands,
        "webhooks",
        "our webhooks in FreshBooks",
        details="Without a further word it lists them as FreshBooks has them now.",
        examples=(
            "python -m shared webhooks",
            "python -m shared webhooks repair",
            "python -m shared webhooks remove --account ACCOUNT",
        ),
    )
    add_account(webhooks)
    webhooks.set_defaults(command=_list)
    actions = webhooks.add_subparsers(metavar="repair|remove")
    repair = add_command(actions, "repair", "register what is missing, verify what is not")
    add_account(repair)
    repair.set_defaults(command=_repair)
    remove = add_command(
        actions,
        "remove",
        "delete them in FreshBooks and stop syncing the business",
        details="Its rows in Dataverse stay as they are.",
    )
    add_account(remove)
    remove.set_defaults(command=_remove)


def _list(options: argparse.Namespace, app: Connector) -> int:
    fine = True
    for business in _businesses(options, app):
        states = app.webhooks.inspect(business)
        for registration in states:
            print(_line(registration, app))
        fine = fine and all(each.is_live for each in states)
    return 0 if fine else 1


def _repair(options: argparse.Namespace, app: Connector) -> int:
    businesses = _businesses(options, app)
    for business in businesses:
        app.webhooks.repair(business)
    deadline = time.monotonic() + PATIENCE
    while {each.business for each in app.webhooks.settle()}.intersection(businesses):
        if time.monotonic() > deadline:
            break
        time.sleep(0.5)
    return _list(options, app)


def _remove(options: argparse.Namespace, app: Connector) -> int:
    business = chosen_business(options, app)
    try:
        count = app.webhooks.remove(business)
        done = f"{count} webhooks of {business} are deleted and it is no longer synced."
    except NeedsPersonError as error:
        app.webhooks.forget(business)
        done = (
            f"{business} is no longer synced. Its webhooks could not be deleted in FreshBooks "
            f"({error}) Whatever they still report is refused."
        )
    app.businesses.delete(business)
    print(
        f"{done} Its rows in Dataverse stay as they are; `python -m shared connect` syncs it again."
    )
    return 0


def _businesses(options: argparse.Namespace, app: Connector) -> list[str]:
    if options.business:
        return [chosen_business(options, app)]
    return [business.id for business in app.businesses.list_all()] or [
        chosen_business(options, app)
    ]


def _line(registration: Registration, app: Connector) -> str:
    where = registration.uri.rpartition("/")[0]
    shown = where.removeprefix(webhook_prefix(app.settings.public_url).rstrip("/"))
    since, seen = registration.since, registration.seen
    when = f" since {since:%Y-%m-%d %H:%M} UTC" if since else ""
    if not since and seen:  # nobody knows since when, but somebody noticed
        when = f", noticed {seen:%Y-%m-%d %H:%M} UTC"
    number = registration.callback or "none"
    return f"{shown.lstrip('/')}  {registration.state}{when}  (callback {number})"
