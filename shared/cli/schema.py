"""`python -m shared schema`: the connector's tables, columns, keys and role in Dataverse.

Never changes anything that is there already; `check` changes nothing at all, and `remove` nothing
before everything that would be lost was named.
"""

import argparse

from shared.app import Connector
from shared.cli.commands import Commands, printable
from shared.core.removal import refusal
from shared.errors import NotPossibleError


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    schema = commands.add_parser("schema", help="tables, columns, keys and role in Dataverse")
    schema_commands = schema.add_subparsers(required=True, metavar="apply|check|remove")
    apply = schema_commands.add_parser("apply", help="create what is missing")
    apply.add_argument("--wait", type=float, default=300, help="seconds to wait for keys")
    apply.set_defaults(command=_apply)
    check = schema_commands.add_parser("check", help="name what is missing or different")
    check.set_defaults(command=_check)
    remove = schema_commands.add_parser(
        "remove", help="take the connector out of Dataverse; refuses while data would be lost"
    )
    remove.add_argument("--lose-data", action="store_true", help="its figures may be lost")
    remove.add_argument(
        "--environment", metavar="NAME", help="the environment meant: its address or its name"
    )
    remove.set_defaults(command=_remove)


def _apply(options: argparse.Namespace, app: Connector) -> int:
    for line in app.schema.apply(wait=options.wait):
        print(line)
    return _check(options, app)


def _check(_options: argparse.Namespace, app: Connector) -> int:
    for line in app.schema.notes():
        print(printable(line))
    differences = app.schema.check()
    for line in differences:
        print(printable(line))
    print(f"{len(differences)} differences" if differences else "Dataverse has everything it needs")
    return 1 if differences else 0


def _remove(options: argparse.Namespace, app: Connector) -> int:
    plan = app.schema_removal.plan()
    if not plan.steps and not plan.obstacle:
        print(f"Nothing of the connector is in {plan.address}.")
        return 0
    print(printable(f"In {plan.organization or 'the environment'} at {plan.address}:"))
    for step in plan.steps:
        print(f"  {step}")
    if problem := refusal(plan, lose_data=options.lose_data, environment=options.environment):
        raise NotPossibleError(problem)
    for line in app.schema_removal.run():
        print(printable(line), flush=True)
    print("Nothing of the connector is left; now remove its application user in the admin centre.")
    return 0
