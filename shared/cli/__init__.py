"""`python -m shared`: what the administrator does from a terminal.

Reads the same settings as the app. Exit codes: 0 done, 1 something needs attention, 2 it could not
be done; the text says what to do next.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence

from shared.app import Connector
from shared.cli import connect, connections, doctor, held, records, schema, webhooks
from shared.cli.commands import printable
from shared.connector import connector
from shared.errors import ConfigurationError, ConnectorError


def main(
    arguments: Sequence[str] | None = None, *, build: Callable[[], Connector] = connector
) -> int:
    """Run one command and return the exit code.

    Args:
        arguments: the command line; None takes that of the process.
        build: returns the connector, or raises what is wrong with the settings.
    """
    options = _parser().parse_args(arguments)
    try:
        return _run(options, build)
    except (ConnectorError, ValueError) as error:
        print(printable(f"{_name(error)}: {error}"), file=sys.stderr)
        return 2


def _run(options: argparse.Namespace, build: Callable[[], Connector]) -> int:
    command: Callable[[argparse.Namespace, Connector], int] = options.command
    try:
        app = build()
    except ConfigurationError as problem:
        # Wrong settings are a finding to the doctor, the end to every other command.
        if "unsettled" not in options:
            raise
        unsettled: Callable[[argparse.Namespace, ConfigurationError], int] = options.unsettled
        return unsettled(options, problem)
    return command(options, app)


def _name(error: Exception) -> str:
    """Return what an error is called in words: `NotPossibleError` reads "Not possible"."""
    words = re.findall("[A-Z]+(?![a-z])|[A-Z][a-z]*", type(error).__name__.removesuffix("Error"))
    return " ".join(words).capitalize()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    doctor.add_to(commands)
    schema.add_to(commands)
    connect.add_to(commands)
    connections.add_to(commands)
    webhooks.add_to(commands)
    held.add_to(commands)
    records.add_history_to(commands)
    records.add_dead_letters_to(commands)
    return parser
