"""`python -m shared schema`: the connector's tables, columns, keys and role in Dataverse.

Never changes anything that is there already; `check` changes nothing at all, and `remove` nothing
before everything that would be lost was named.
"""

import argparse

from shared.app import Connector
from shared.cli.commands import Commands, add_command, printable
from shared.core.removal import refusal
from shared.errors import NotPossibleError
from shared.sync.doctor import Finding, Level
from shared.sync.doctor.columns import check_columns


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    schema = add_command(commands, "schema", "tables, columns, keys and role in Dataverse")
    schema_commands = schema.add_subparsers(required=True, metavar="apply|check|remove")
    apply = add_command(
        schema_commands,
        "apply",
        "create what is missing",
        details="It needs the rights of a System Administrator, for the role, and changes nothing "
        "that is there.",
        examples=("python -m shared schema apply",),
    )
    apply.add_argument(
        "--wait",
        type=float,
        default=300,
        metavar="SECONDS",
        help="how long to wait for keys to become active (default: %(default)s)",
    )
    apply.set_defaults(command=_apply)
    check = add_command(
        schema_commands,
        "check",
        "name what is missing or different",
        details="It changes nothing.",
        examples=("python -m shared schema check",),
    )
    check.set_defaults(command=_check)
    remove = add_command(
        schema_commands,
        "remove",
        "take the connector out of Dataverse",
        details="It says what goes, and refuses while figures would be lost unless it is told so.",
        examples=("python -m shared schema remove --lose-data --environment NAME",),
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
    found = list(check_columns(app.settings.chosen_columns, app.environment))
    differences = app.schema.check() + _told(found, Level.FAILURE)
    for line in [*app.schema.notes(), *_told(found, Level.WARNING), *_told(found, Level.OK)]:
        print(printable(line))
    for line in differences:
        print(printable(line))
    print(f"{len(differences)} differences" if differences else "Dataverse has everything it needs")
    return 1 if differences else 0


def _told(findings: list[Finding], level: Level) -> list[str]:
    found = (each for each in findings if each.level is level)
    return [f"{each.text} {each.advice}".strip() for each in found]


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
