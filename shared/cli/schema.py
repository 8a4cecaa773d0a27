"""`python -m shared schema`: the connector's tables, columns and keys in Dataverse.

Never changes anything that is there already; `check` changes nothing at all.
"""

import argparse

from shared.app import Connector
from shared.cli.commands import Commands


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    schema = commands.add_parser("schema", help="tables, columns and keys in Dataverse")
    schema_commands = schema.add_subparsers(required=True, metavar="apply|check")
    apply = schema_commands.add_parser("apply", help="create what is missing")
    apply.add_argument("--wait", type=float, default=300, help="seconds to wait for keys")
    apply.set_defaults(command=_apply)
    check = schema_commands.add_parser("check", help="name what is missing or different")
    check.set_defaults(command=_check)


def _apply(options: argparse.Namespace, app: Connector) -> int:
    for line in app.schema.apply(wait=options.wait):
        print(line)
    return _check(options, app)


def _check(_options: argparse.Namespace, app: Connector) -> int:
    differences = app.schema.check()
    for line in differences:
        print(line)
    print(f"{len(differences)} differences" if differences else "Dataverse has everything it needs")
    return 1 if differences else 0
