"""`python -m shared schema`: what the connector has in Dataverse, from tables to an app.

Never changes anything of the firm's; `check` changes nothing at all, and `remove` nothing
before everything that would be lost was named.
"""

import argparse
from pathlib import Path

from shared.app import Connector
from shared.cli.commands import Commands, add_command, printable
from shared.cli.forms import FOLDER, keeping
from shared.core.removal import refusal
from shared.errors import NotPossibleError
from shared.sync.doctor import Finding, Level
from shared.sync.doctor.columns import check_columns


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    schema = add_command(
        commands, "schema", "tables, columns, keys, role, views and forms in Dataverse"
    )
    schema_commands = schema.add_subparsers(required=True, metavar="apply|check|export|remove")
    apply = add_command(
        schema_commands,
        "apply",
        "create what is missing",
        details="Tables, columns, keys and the role, views, forms, charts and an app. It needs the "
        "rights of a System Administrator, for the role, and changes nothing that is the firm's or "
        "that somebody made of the connector's own views and forms.",
        examples=("python -m shared schema apply", "python -m shared schema apply --restore"),
    )
    apply.add_argument(
        "--restore",
        action="store_true",
        help="put the connector's views and forms in place of what somebody made of them",
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
    export = add_command(
        schema_commands,
        "export",
        "write the connector's solution into a file",
        details="It is imported into another environment in Power Apps or by a pipeline: managed "
        "for test and production, unmanaged for another one in which people build.",
        examples=("python -m shared schema export --managed",),
    )
    export.add_argument("--managed", action="store_true", help="for test and production")
    export.add_argument(
        "--folder", type=Path, default=Path(), metavar="FOLDER", help="where (default: here)"
    )
    export.set_defaults(command=_export)
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
    for line in app.customizing.schema.apply(wait=options.wait, restore=options.restore):
        print(line)
    return _check(options, app)


def _check(_options: argparse.Namespace, app: Connector) -> int:
    found = list(check_columns(app.settings.chosen_columns, app.environment))
    differences = app.customizing.schema.check() + _told(found, Level.FAILURE)
    for line in [
        *app.customizing.schema.notes(),
        *_told(found, Level.WARNING),
        *_told(found, Level.OK),
    ]:
        print(printable(line))
    for line in differences:
        print(printable(line))
    print(f"{len(differences)} differences" if differences else "Dataverse has everything it needs")
    return 1 if differences else 0


def _export(options: argparse.Namespace, app: Connector) -> int:
    folder: Path = options.folder
    if not folder.is_dir():
        raise NotPossibleError(f"{folder} is no folder: make it, or name another one by --folder.")
    solution = app.customizing.export.export(managed=options.managed)
    file = folder / solution.name
    file.write_bytes(solution.content)
    kind = "managed" if solution.managed else "unmanaged"
    print(printable(f"{file}: {kind}, version {solution.version}, {len(solution.content):,} bytes"))
    return 0


def _told(findings: list[Finding], level: Level) -> list[str]:
    found = (each for each in findings if each.level is level)
    return [f"{each.text} {each.advice}".strip() for each in found]


def _remove(options: argparse.Namespace, app: Connector) -> int:
    plan = app.customizing.removal.plan()
    if not plan.steps and not plan.obstacle:
        print(f"Nothing of the connector is in {plan.address}.")
        return 0
    print(printable(f"In {plan.organization or 'the environment'} at {plan.address}:"))
    for step in plan.steps:
        print(f"  {step}")
    if problem := refusal(plan, lose_data=options.lose_data, environment=options.environment):
        raise NotPossibleError(problem)
    keep = keeping(FOLDER, app.world.clock)
    for line in app.customizing.removal.run(keep=keep):
        print(printable(line), flush=True)
    print("Nothing of the connector is left; now remove its application user in the admin centre.")
    return 0
