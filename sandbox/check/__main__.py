"""Compares a running sandbox and prints what differs: `python -m sandbox.check`.

Never says that both sides are equal when it could not look: exit 2, and 1 where something differs.
"""

import argparse
import sys
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import requests

from sandbox.check.asking import count, differences
from sandbox.check.policies import Policies
from sandbox.ports import Ports
from sandbox.remotes import RefusedError, RemoteBooks, RemoteRows
from sandbox.services import IDENTITY_HEADER, addresses

_SETTINGS = tuple(field.name for field in fields(Policies))


def main(arguments: list[str] | None = None) -> int:
    """Print one sentence for each difference and return the exit code."""
    chosen = _parser().parse_args(arguments)
    policies: dict[str, Any] = {name: getattr(chosen, name) for name in _SETTINGS}
    books = RemoteBooks(chosen.freshbooks)
    rows = RemoteRows(chosen.dataverse, identity=chosen.identity, header=IDENTITY_HEADER)
    try:
        found = differences(books, rows, held=chosen.held, policies=Policies(**policies))
        compared = count(books)
    except (RefusedError, requests.RequestException) as error:
        print(f"Could not compare: {error}", file=sys.stderr)
        return 2
    print("\n".join(found) or f"No difference in {compared} records.")
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.check", description=__doc__)
    where = addresses(Ports())
    for service in ("freshbooks", "dataverse", "identity"):
        parser.add_argument(f"--{service}", default=getattr(where, service), metavar="ADDRESS")
    parser.add_argument("--held", nargs="*", default=[], type=_client, metavar="CLIENT")
    hints, defaults = get_type_hints(Policies), Policies()
    for name in _SETTINGS:
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            choices=_words(hints[name]) or None,
            default=getattr(defaults, name),
        )
    return parser


def _words(hint: Any) -> list[str]:
    """Return the texts that a setting may be, where they are told one by one."""
    if isinstance(hint, str):
        return [hint]
    return [word for choice in get_args(hint) for word in _words(choice)]


def _client(text: str) -> int | str:
    return int(text) if text.isdigit() else text


if __name__ == "__main__":
    sys.exit(main())
