"""What the commands share: how one is added, which business is meant, what is printed.

Never prints.
"""

import argparse
import itertools
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeAlias

from shared.app import Connector
from shared.errors import NotPossibleError

# Text, because the class takes no parameter at run time.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # no public name

PROGRAM: Final = "python -m shared"
_WITH_VALUE: Final = {"--account", "--settings"}
_FLAGS: Final = {"--json", "--verbose", "-v"}


def add_command(
    commands: Commands, name: str, summary: str, *, details: str = "", examples: Iterable[str] = ()
) -> argparse.ArgumentParser:
    """Add a command, or a group of them, and return its parser.

    Args:
        commands: what it belongs to.
        name: the word it is called by.
        summary: what it does, for the list of commands.
        details: what its own help says beside that.
        examples: whole command lines.
    """
    shown = "\n".join(f"  {each}" for each in examples)
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. {details}".strip(),
        epilog=f"examples:\n{shown}" if shown else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="read the settings from a local.settings.json or a file of NAME=value lines",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="say on standard error what is being done"
    )
    return parser


def add_account(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which FreshBooks business is meant."""
    parser.add_argument(
        "--account",
        dest="business",
        metavar="ACCOUNT",
        help="FreshBooks account id, if several are connected",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option for programs that read what is printed."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def words_first(arguments: Iterable[str]) -> list[str]:
    """Return a command line with the options that all commands share behind its words.

    There the parser of the command takes them, wherever they were written; what does not belong
    to the command is its usage error.

    >>> words_first(["webhooks", "--account", "xazq5", "remove"])
    ['webhooks', 'remove', '--account', 'xazq5']
    """
    words: list[str] = []
    options: list[str] = []
    rest = iter(arguments)
    for each in rest:
        if each == "--":
            return [*words, *options, each, *rest]
        name, equals, _ = each.partition("=")
        if name in _WITH_VALUE:
            options += [each] if equals else [each, *itertools.islice(rest, 1)]
        elif each in _FLAGS:
            options.append(each)
        else:
            words.append(each)
    return [*words, *options]


def chosen_business(options: argparse.Namespace, app: Connector) -> str:
    """Return the FreshBooks business a command is about.

    Raises:
        NotPossibleError: the one named is not connected, or several are and none was named.
    """
    businesses = [business.id for business in app.businesses.list_all()]
    if options.business:
        if options.business not in businesses:
            raise NotPossibleError(
                f"{options.business} is not connected; connected: "
                f"{', '.join(businesses) or 'none'}."
            )
        return str(options.business)
    if len(businesses) != 1:
        raise NotPossibleError(
            "Name the FreshBooks account with --account; connected: "
            f"{', '.join(businesses) or 'none, run `python -m shared connect` first'}."
        )
    return businesses[0]


def command_line(*words: object, business: str = "") -> str:
    """Return a command that can be pasted into a terminal as it is.

    Args:
        words: behind the program's name.
        business: the FreshBooks account it is about, "" where it need not be said.
    """
    account = ("--account", business) if business else ()
    return " ".join([PROGRAM, *(shlex.quote(str(word)) for word in (*words, *account))])


def printable(text: str) -> str:
    """Return a text in one line: names and services' words come from outside.

    Nothing in them may steer the terminal.
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
