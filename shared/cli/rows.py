"""`python -m shared rows`: stored rows this release cannot read, named and removed.

Never shows what a row holds, and never removes one that can be read. Exit codes: 0 all can be read,
1 some cannot, 2 it could not be told.
"""

import argparse
import json

from shared.app import Connector
from shared.cli.commands import Commands, add_command, add_json, printable
from shared.sync.doctor.rows import MOST_ROWS


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    rows = add_command(
        commands,
        "rows",
        "stored rows that cannot be read",
        details="They are in nobody's way; what is in them is never shown.",
        examples=("python -m shared rows", "python -m shared rows delete TABLE PARTITION KEY"),
    )
    add_json(rows)
    rows.set_defaults(command=_list)
    actions = rows.add_subparsers(metavar="delete")
    delete = add_command(
        actions,
        "delete",
        "remove a row that cannot be read",
        details="One that can be read is not removed.",
        examples=("python -m shared rows delete TABLE PARTITION KEY",),
    )
    delete.add_argument("table", metavar="TABLE")
    delete.add_argument("partition", metavar="PARTITION")
    delete.add_argument("key", metavar="KEY")
    delete.set_defaults(command=_delete)


def _list(options: argparse.Namespace, app: Connector) -> int:
    surveys = list(app.world.rows.survey(most=MOST_ROWS))
    unreadable = [row for survey in surveys for row in survey.unreadable]
    if options.json:
        print(json.dumps([vars(row) for row in unreadable], indent=2))
    else:
        for row in unreadable:
            print(printable(f"{row.table} {row.partition} {row.key}: {row.why}"))
        read = sum(sum(survey.versions.values()) for survey in surveys)
        print(f"{len(unreadable)} of {read} rows cannot be read")
    return 1 if unreadable else 0


def _delete(options: argparse.Namespace, app: Connector) -> int:
    app.world.rows.delete_unreadable(options.table, options.partition, options.key)
    print(f"The row {options.partition}/{options.key} of the table {options.table} is deleted.")
    return 0
