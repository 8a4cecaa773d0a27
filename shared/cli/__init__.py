"""`python -m shared`: what the administrator does from a terminal.

Reads the same settings as the app. Exit codes: 0 done, 1 something needs attention, 2 it could not
be done; the text says what to do next. 130 after Ctrl-C, 141 when nobody reads what it prints.
"""

import argparse
import contextlib
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from shared import __version__
from shared.app import Connector, build
from shared.azure_access import load_access
from shared.cli import (
    backfill,
    backup,
    connect,
    connections,
    doctor,
    forms,
    held,
    letters,
    plan,
    reconcile,
    records,
    rows,
    schema,
    sync,
    waiting,
    webhooks,
)
from shared.cli.commands import PROGRAM, printable, words_first
from shared.cli.environment import find_source, merge, resolve
from shared.cli.logs import shown
from shared.errors import ConfigurationError, ConnectorError
from shared.intake import identity_of, intake_world
from shared.settings import Settings, process_environment
from shared.world import real_world

_log = logging.getLogger(__name__)

_INTERRUPTED = 130  # as a shell reports a program that Ctrl-C ended
_NOBODY_READS = 141  # as a shell reports a program whose pipe was closed
# What tells the app where to send its telemetry; a terminal tells the person who looks at it.
_OF_THE_APP = {"TELEMETRY", "APPLICATIONINSIGHTS_CONNECTION_STRING"}
_LONGEST = 500
_EVERYWHERE = """\
every command takes, before or after its words:
  --settings FILE  settings from a local.settings.json or a file of NAME=value lines; without it
                   the chosen azd environment counts, else local.settings.json in this folder, and
                   what the environment says goes over each
  -v, --verbose    say on standard error what is being done
and where it helps --account ACCOUNT (which FreshBooks account) and --json.

exit codes: 0 done, 1 something needs attention, 2 it could not be done; reconcile also 3.
"""


def main(
    arguments: Sequence[str] | None = None, *, build: Callable[[], Connector] | None = None
) -> int:
    """Run one command and return the exit code.

    Args:
        arguments: the command line; None takes that of the process.
        build: returns the connector, or raises what is wrong with the settings; None builds it
            from the settings that are found from here.
    """
    given = words_first(sys.argv[1:] if arguments is None else arguments)
    whole = parser()
    options = whole.parse_args(given)
    if "lacking" in options and (said := options.lacking(options)):
        whole.error(said)
    with shown(verbose=options.verbose):
        try:
            code = _run(options, build or (lambda: connector_from(options.settings)))
            sys.stdout.flush()
        except KeyboardInterrupt:
            return _INTERRUPTED
        except BrokenPipeError:
            _stop_printing()
            return _NOBODY_READS
        except ConnectorError as error:
            return _failed(f"{_name(error)}: {error}")
        except Exception as error:  # noqa: BLE001  # whatever happens, the terminal gets a sentence
            if options.verbose:
                traceback.print_exception(error)
            return _failed(_unexpected(error))
        return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, without its options in front of the words."""
    whole = argparse.ArgumentParser(
        prog=PROGRAM,
        description=__doc__.splitlines()[0],
        epilog=_EVERYWHERE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    whole.add_argument(
        "--version", action="version", version=f"freshbooks-dynamics365-connector {__version__}"
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    doctor.add_to(commands)
    schema.add_to(commands)
    forms.add_to(commands)
    connect.add_to(commands)
    connections.add_to(commands)
    webhooks.add_to(commands)
    waiting.add_to(commands)
    held.add_to(commands)
    plan.add_to(commands)
    backfill.add_to(commands)
    sync.add_to(commands)
    reconcile.add_to(commands)
    records.add_to(commands)
    letters.add_to(commands)
    rows.add_to(commands)
    backup.add_backup_to(commands)
    backup.add_restore_to(commands)
    return whole


def connector_from(file: Path | None) -> Connector:
    """Return the connector, built from the settings that are found from this folder.

    Args:
        file: what `--settings` names.

    Raises:
        ConfigurationError: what is missing or wrong, and where it was looked for.
        NotPossibleError: the settings cannot be read, or a vault that one of them stands in.
    """
    process = process_environment()
    source = find_source(file, folder=Path(), process=process)
    values = merge(source, process)
    where = f"The settings come from {source.name}."
    _log.info("%s", where)
    try:
        identity = identity_of(load_access(values))
        values = resolve(values, identity)
        values = {name: each for name, each in values.items() if name not in _OF_THE_APP}
        settings = Settings.load(values)
    except ConfigurationError as error:
        raise ConfigurationError(f"{error} {where}") from error
    return build(settings, real_world(settings, intake_world(settings, identity)))


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


def _failed(text: str) -> int:
    print(printable(text), file=sys.stderr)
    return 2


def _unexpected(error: Exception) -> str:
    said = f": {printable(str(error))[:_LONGEST].rstrip('.')}" if str(error) else ""
    return f"Unexpected: {type(error).__name__}{said}. With --verbose it says where."


def _stop_printing() -> None:
    # What is left in the buffer would be complained about when Python ends.
    with contextlib.suppress(OSError), Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def _name(error: Exception) -> str:
    """Return what an error is called in words: `NotPossibleError` reads "Not possible"."""
    words = re.findall("[A-Z]+(?![a-z])|[A-Z][a-z]*", type(error).__name__.removesuffix("Error"))
    return " ".join(words).capitalize()
